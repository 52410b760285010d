"""One real process that a test may start, kill, stop, continue and look into."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from mesh import BINARIES

START_SECONDS = 30


def until(condition, seconds, what):
    """The first true value of `condition`, which is asked again and again; fails when time is up.

    `what` says what was waited for: a text, or a function that makes one.
    """
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.01)


class Process:
    """A service with flags of its own. Its log goes on when it is started again."""

    def __init__(self, name, program, folder, flags, prefix=()):
        self.name, self.program, self.flags, self.prefix = name, program, flags, prefix
        self.log = Path(folder) / f"{name}.log"
        self.ready_file = Path(folder) / f"{name}.ready"
        self.child = None

    def set(self, flag, value):
        """Has it started with another value of a flag."""
        if flag in self.flags:
            self.flags[self.flags.index(flag) + 1] = value
        else:
            self.flags += [flag, value]

    def start(self):
        """Starts, and returns when it listens."""
        self.launch()
        until(self.listens, START_SECONDS, lambda: f"{self.name} listens\n{self.tail()}")

    def launch(self):
        self.ready_file.unlink(missing_ok=True)
        command = [
            *self.prefix, BINARIES / self.program, *map(str, self.flags),
            "--admin-address", "127.0.0.1:0", "--ready-file", self.ready_file,
        ]
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def listens(self):
        if self.child.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.child.returncode}: {self.tail()}")
        return self.ready_file.exists()

    @property
    def pid(self):
        return self.child.pid

    @property
    def is_running(self):
        return self.child is not None and self.child.poll() is None

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def terminate(self):
        """SIGTERM: it drains. Returns its exit status."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(timeout=START_SECONDS)

    def pause(self):
        """SIGSTOP, and returns when no thread of it runs any more."""
        self.child.send_signal(signal.SIGSTOP)
        until(lambda: self.stat(2) == "T", 10, f"{self.name} is stopped")

    def resume(self):
        self.child.send_signal(signal.SIGCONT)

    def end(self):
        """Whatever state it is in."""
        if self.is_running:
            self.kill()

    # What it says of itself.

    def announced(self):
        return json.loads(self.ready_file.read_text())

    def address(self, name):
        return self.announced()["addresses"][name]

    def get(self, path, timeout=10):
        url = f"http://{self.announced()['adminAddress']}{path}"
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.read().decode()

    def admin(self, path):
        return json.loads(self.get(path))

    def send(self, method, path, body=b"", timeout=60):
        """Status and JSON of a request to the admin port."""
        url = f"http://{self.announced()['adminAddress']}{path}"
        request = urllib.request.Request(url, method=method, data=body or None)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def is_ready(self):
        try:
            return bool(self.get("/readyz"))
        except (urllib.error.HTTPError, OSError):
            return False

    def metric(self, name, **labels):
        """The sum over all series of that name which have these labels."""
        total = 0.0
        for line in self.get("/metrics").splitlines():
            found = re.fullmatch(rf"{name}(?:_total)?(?:{{(.*)}})? (\S+)", line)
            if found and all(f'{k}="{v}"' in (found[1] or "") for k, v in labels.items()):
                total += float(found[2])
        return total

    def tail(self, lines=5):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    # What the system says of it.

    def stat(self, field):
        """A field of /proc/PID/stat, numbered as in proc(5) less one."""
        text = Path(f"/proc/{self.pid}/stat").read_text()
        return text[text.rindex(")") + 2:].split()[field - 2]

    def resident_bytes(self):
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def descriptor_count(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))
