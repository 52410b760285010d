"""A PostgreSQL server of the tests' own."""

import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import mesh

SCRIPT = mesh.ROOT / "Tests/Support/postgres.sh"


class Postgres:
    """Started at once; it ends with `close`, or with this process, however that ends."""

    def __init__(self):
        with tempfile.TemporaryDirectory() as folder:
            answers = Path(folder) / "answers"
            os.mkfifo(answers)
            self.child = subprocess.Popen([SCRIPT, answers], stdin=subprocess.PIPE, text=True)
            self.answers = answers.open()
        word, _, rest = self.answers.readline().strip().partition(" ")
        if word != "ready":
            self.close()
            raise mesh.Unavailable(rest)
        self.url = f"postgres://mesh@{quote(rest, safe='')}/postgres"

    def obey(self, order):
        """`stop` or `start`; returns when it is done."""
        self.child.stdin.write(f"{order}\n")
        self.child.stdin.flush()
        answer = self.answers.readline().strip()
        assert answer == "done", answer

    def close(self):
        self.child.stdin.close()
        self.answers.close()
        self.child.wait(timeout=30)
