"""A mesh of real processes for the tests: started by meshctl, on free ports, in a folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from openai import OpenAI

ROOT = Path(__file__).resolve().parents[2]
BINARIES = ROOT / os.environ.get("BIN", ".build/release")
CACHE = Path(os.environ.get("EXPERTMESH_CACHE") or Path.home() / ".cache" / "expertmesh")
COMMAND_TIMEOUT = 600


class Unavailable(Exception):
    """Why no mesh can be started here; tests are skipped for this reason and no other."""


class CommandFailed(Exception):
    """A meshctl command ended with another status than 0."""


def fetch_weights():
    """Base and encoder into the cache, as `make demo` does; they are not part of the repository."""
    fetched = subprocess.run(
        [sys.executable, ROOT / "Shared/DemoModel/fetch.py"], capture_output=True, text=True)
    if fetched.returncode != 0:
        raise Unavailable(f"the demo's base cannot be fetched: {fetched.stderr.strip()}")


def ended(*arguments, **environment):
    """A meshctl command that has ended, whatever its status."""
    return subprocess.run(
        [BINARIES / "meshctl", *arguments], capture_output=True, text=True,
        timeout=COMMAND_TIMEOUT, env=os.environ | environment)


def meshctl(*arguments, **environment):
    """What a command prints."""
    command = ended(*arguments, **environment)
    if command.returncode != 0:
        raise CommandFailed(f"meshctl {arguments[0]}: {command.stderr.strip()}")
    return command.stdout


def default_settings():
    return json.loads((ROOT / "compose/mesh.json").read_text())


def model_source():
    """What the tests import: the model in the box, unless the environment names another."""
    source = ROOT / "compose" / default_settings()["model"]["source"]
    return os.environ.get("EXPERTMESH_TEST_MODEL", str(source))


class Mesh:
    """Router, knowledge-store and `workers` expert-workers. Use it in a `with` statement.

    With a `key` the front door opens to nobody else.
    """

    def __init__(self, workers=2, key=None):
        self.key = key
        self.environment = {} if key is None else {
            "EXPERTMESH_API_KEYS": key, "EXPERTMESH_API_KEY": key}
        self.folder = Path(tempfile.mkdtemp(prefix="mesh-"))
        self.state = self.folder / "state"
        self.config = self.folder / "mesh.json"
        settings = default_settings()
        settings["model"]["source"] = model_source()
        settings["model"]["directory"] = str(model_directory(settings["model"]["source"]))
        self.workers = workers
        self.config.write_text(json.dumps(settings))

    def __enter__(self):
        try:
            self.start()
        except Exception:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.meshctl("down")
        finally:
            self.remove()

    def start(self):
        self.record = self.meshctl(
            "up", "--detach", "--config", self.config, "--workers", str(self.workers),
            "--listen", "127.0.0.1:0")
        self.url = self.record["url"]
        self.client = OpenAI(
            base_url=f"{self.url}/v1", api_key=self.key or "unused", max_retries=0, timeout=COMMAND_TIMEOUT)
        self.model = self.client.models.list().data[0].id

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def meshctl(self, *arguments):
        """The JSON value that a command prints."""
        return json.loads(self.text(*arguments, "--json"))

    def text(self, *arguments):
        return meshctl(*arguments, "--state", self.state, **self.environment)

    def ended(self, *arguments):
        """A command that has ended, whatever its status."""
        return ended(*arguments, "--state", self.state, **self.environment)

    def kill(self, service):
        """kill -9 of one service."""
        processes = {entry["name"]: entry["process"]["pid"] for entry in self.record["services"]}
        os.kill(processes[service], signal.SIGKILL)

    def admin(self, path):
        with urllib.request.urlopen(self.record["adminURL"] + path, timeout=30) as answer:
            return json.load(answer)

    def complete(self, prompt, tokens=32):
        """Greedy continuation of a prompt: the same text from every mesh that serves the same model."""
        answer = self.client.completions.create(
            model=self.model, prompt=prompt, max_tokens=tokens, temperature=0)
        return answer.choices[0].text


def model_directory(source):
    """One import per source serves all meshes of a run."""
    name = "acceptance-" + "".join(c if c.isalnum() else "-" for c in str(source))[-60:]
    return CACHE / "models" / name


_shared = None


def shared():
    """The mesh that most tests use, started at the first call."""
    global _shared
    if _shared is None:
        fetch_weights()
        _shared = Mesh()
        _shared.__enter__()
    return _shared


def stop_shared():
    global _shared
    if _shared is not None:
        _shared.__exit__()
        _shared = None
