"""A steady load on the routers, and the count of what failed."""

import threading
import time

import httpx2
import openai
import stack

QUESTION = "When did the 1973 oil crisis begin?"
REQUEST_TIMEOUT = 60
CONNECT_TIMEOUT = 1
# Between two requests of one client: a steady load, and not as much as there can be.
PAUSE = 0.2


class Load:
    """Clients that ask one question after the other until they are stopped.

    Each client goes about the routers as clients of one name with several addresses do: the next
    address when a connection is refused, and the name once more when all are. A request that no
    router accepts then has failed, and so has one that was sent and got anything but a whole
    answer: none is sent twice.
    """

    def __init__(self, model, store_id):
        self.kinds = [self.chat, self.streamed_chat, self.search]
        self.model = model
        self.store_id = store_id
        self.failures = []
        self.counts = {kind.__name__: 0 for kind in self.kinds}
        self.is_stopping = threading.Event()
        self.threads = [threading.Thread(target=self.ask_on, args=(kind,)) for kind in self.kinds]

    def __enter__(self):
        self.began = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_stopping.set()
        for thread in self.threads:
            thread.join()
        self.seconds = time.monotonic() - self.began

    @property
    def request_count(self):
        return sum(self.counts.values())

    def ask_on(self, kind):
        routers = Routers()
        while not self.is_stopping.wait(PAUSE):
            began = time.monotonic() - self.began
            try:
                routers.ask(kind)
            except (openai.APIError, httpx2.HTTPError, stack.Failed, AssertionError) as error:
                cause = f" ({error.__cause__!r})" if error.__cause__ else ""
                self.failures.append(f"{kind.__name__} at {began:.1f} s: {error!r}{cause}")
            self.counts[kind.__name__] += 1

    def chat(self, client):
        answer = client.chat.completions.create(
            model=self.model, messages=[{"role": "user", "content": "Say hello."}], max_tokens=4)
        assert answer.choices[0].finish_reason in ("stop", "length")

    def streamed_chat(self, client):
        chunks = list(client.chat.completions.create(
            model=self.model, messages=[{"role": "user", "content": "Count to ten."}],
            max_tokens=8, stream=True))
        assert chunks[-1].choices[0].finish_reason in ("stop", "length")

    def search(self, client):
        found = client.vector_stores.search(self.store_id, query=QUESTION).data
        assert found[0].filename == "oil.txt"


class Routers:
    """The routers' addresses, as their name gives them, and a client for the one in use."""

    def __init__(self):
        self.addresses = []

    def ask(self, request):
        for addresses in (lambda: self.addresses, self.resolve):
            for address in addresses():
                try:
                    with client_of(address) as client:
                        return request(client)
                except openai.APIConnectionError as error:
                    if not isinstance(error.__cause__, (httpx2.ConnectError, httpx2.ConnectTimeout)):
                        raise
        raise stack.Failed(f"no router accepts a connection at {self.addresses}")

    def resolve(self):
        found = [stack.address(router) for router in stack.containers("router")]
        self.addresses = [address for address in found if address]
        return self.addresses


def client_of(address):
    return openai.OpenAI(
        base_url=f"http://{address}:8080/v1", api_key="unused", max_retries=0,
        timeout=httpx2.Timeout(REQUEST_TIMEOUT, connect=CONNECT_TIMEOUT))
