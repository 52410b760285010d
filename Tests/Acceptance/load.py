"""Clients that ask without a pause."""

import itertools
import threading


class Load:
    """Clients that call `ask` again and again until the end of a `with` statement.

    A subclass says what they ask, and what is written down about the answers.
    """

    def __init__(self, clients):
        self.is_over = threading.Event()
        self.clients = [
            threading.Thread(target=self.work, args=(number,), daemon=True)
            for number in range(clients)]

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for client in self.clients:
            client.join()

    def work(self, client):
        for turn in itertools.count():
            if self.is_over.is_set():
                return
            self.ask(client, turn)

    def ask(self, client, turn):
        """The `turn`th question of a client."""
        raise NotImplementedError
