"""A mesh whose processes are started one by one, so that each can be killed, stopped and cut off.

The first worker and the knowledge-store are reached through a `Link`; the others directly.
"""

import functools
import json
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import mesh
from link import Link
from openai import OpenAI
from process import Process, until

READY_SECONDS = 30
REQUEST_SECONDS = 60


@functools.cache
def imported_model():
    """The model directory, made anew once per run."""
    source = mesh.model_source()
    directory = mesh.model_directory(f"cluster-{source}")
    subprocess.run(
        [mesh.BINARIES / "meshctl", "import", source, "--into", directory],
        check=True, capture_output=True)
    return directory


def disk(path, size):
    """What to write before a command that shall see a small disk at `path`."""
    mount = f'mount -t tmpfs -o size={size} tmpfs "$0" && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, path]


class Cluster:
    """Router, workers and, when asked for, a knowledge-store. Use it in a `with` statement.

    `model` is the directory to serve, the model in the box unless given; `replicas` is what the
    router's flags ask for.
    """

    def __init__(
            self, workers, router_flags=(), knowledge=False, knowledge_disk=None, seed=1, model=None,
            replicas=2):
        self.folder = Path(tempfile.mkdtemp(prefix="cluster-"))
        self.seed, self.replicas = seed, replicas
        self.links = []
        self.knowledge = self.knowledge_link = None
        self.model_directory = model or imported_model()
        if knowledge:
            self.plan_knowledge(knowledge_disk)
        mesh_address = f"unix:{self.folder}/router.sock"
        self.router = Process("router", "router", self.folder, [
            "--listen", "127.0.0.1:0", "--mesh-listen", mesh_address,
            "--model-directory", self.model_directory, *self.knowledge_flags(), *router_flags])
        self.link = self.through_link(mesh_address)
        self.workers = [
            self.worker(number + 1, self.link.address if number == 0 else mesh_address)
            for number in range(workers)
        ]

    def plan_knowledge(self, disk_size):
        """With a size, the database lies on a disk of its own, which only the store sees."""
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        prefix = disk(self.disk, disk_size) if disk_size else []
        address = f"unix:{self.folder}/knowledge.sock"
        self.knowledge = Process("knowledge-store", "knowledge-store", self.folder, [
            "--listen", address, "--database", self.disk / "knowledge.sqlite",
            "--encoder", mesh.CACHE / "all-minilm-l6-v2"], prefix)
        self.knowledge_link = self.through_link(address)

    def knowledge_flags(self):
        if self.knowledge is None:
            return []
        return [
            "--knowledge-store", self.knowledge_link.address,
            "--catalog", self.folder / "catalog.sqlite"]

    def through_link(self, address):
        self.links.append(Link(address, self.seed + len(self.links)))
        return self.links[-1]

    def worker(self, number, routers):
        name = f"expert-worker-{number}"
        return Process(name, "expert-worker", self.folder, [
            "--name", name, "--routers", routers, "--model-directory", self.model_directory,
            "--artifact-cache", self.folder / f"cache-{number}"])

    def fetching_worker(self, number, disk_size=None, flags=()):
        """One that has no model, but a cache; with a size, on a disk of its own."""
        name = f"expert-worker-{number}"
        cache = self.folder / f"cache-{number}"
        cache.mkdir()
        return Process(name, "expert-worker", self.folder, [
            "--name", name, "--routers", self.link.address, "--artifact-cache", cache, *flags],
            disk(cache, disk_size) if disk_size else [])

    @property
    def processes(self):
        known = [self.knowledge, *self.workers, self.router]
        return [process for process in known if process is not None]

    # Life

    def __enter__(self):
        try:
            for process in self.processes:
                process.start()
            # Where clients look for it after a restart, too.
            self.address = self.router.address("http")
            self.router.set("--listen", self.address)
            self.client = OpenAI(
                base_url=f"http://{self.address}/v1", api_key="unused", max_retries=0,
                timeout=REQUEST_SECONDS)
            self.wait_until_whole()
            self.model = self.client.models.list().data[0].id
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.end()
        for link in self.links:
            link.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def status(self):
        return self.router.admin("/admin/status")

    def joined(self):
        return {worker["name"] for worker in self.status()["workers"]}

    def wait_until_whole(self):
        """Every process runs, and every worker holds all that it will hold."""
        self.wait_for(self.is_whole, "the mesh is whole")

    def wait_for(self, condition, what):
        until(condition, READY_SECONDS, lambda: f"{what}\n{self.tails()}")

    def is_whole(self):
        if not all(process.is_running for process in self.processes) or not self.router.is_ready():
            return False
        status = self.status()
        if self.knowledge is not None and not status["knowledge"]["connected"]:
            return False
        return self.placed(status["workers"])

    def placed(self, reports):
        """Every expert has as many copies as there can be."""
        experts = [expert for layer in self.router.admin("/admin/experts")["layers"]
                   for expert in layer["experts"]]
        copies = min(self.replicas, len(self.workers))
        return len(reports) == len(self.workers) and all(
            len(expert["workers"]) >= copies for expert in experts)

    def tails(self):
        """How each log ends, for who has to find out why."""
        return "\n".join(process.tail() for process in self.processes)

    def meshctl(self, *arguments):
        """The JSON value that a command prints."""
        return json.loads(self.text(*arguments, "--json"))

    def text(self, *arguments):
        """What a command prints for people."""
        admin = self.router.announced()["adminAddress"]
        return mesh.meshctl(
            *map(str, arguments), "--url", f"http://{self.address}", "--admin-url",
            f"http://{admin}")

    def start_request(self, prompt, tokens):
        request = Request(self, prompt, tokens)
        request.start()
        return request

    def complete(self, prompt, tokens):
        """The greedy continuation, streamed; fails unless it came whole."""
        request = self.start_request(prompt, tokens)
        request.join()
        request.check()
        return request.text


class Request(threading.Thread):
    """One streamed greedy completion, and what became of it."""

    def __init__(self, cluster, prompt, tokens):
        super().__init__(daemon=True)
        self.cluster, self.prompt, self.tokens = cluster, prompt, tokens
        self.pieces = []
        self.times = []             # when each piece came
        self.finish_reason = self.error = None
        self.began = time.monotonic()
        self.seconds = None

    def run(self):
        try:
            stream = self.cluster.client.completions.create(
                model=self.cluster.model, prompt=self.prompt, max_tokens=self.tokens,
                temperature=0, stream=True)
            for chunk in stream:
                for choice in chunk.choices:
                    if choice.text:
                        self.pieces.append(choice.text)
                        self.times.append(time.monotonic())
                    self.finish_reason = choice.finish_reason or self.finish_reason
        except Exception as error:  # Whatever it is, the test judges it.
            self.error = error
        self.seconds = time.monotonic() - self.began

    @property
    def text(self):
        return "".join(self.pieces)

    def check(self):
        if self.error is not None:
            raise AssertionError(f"a request failed after {self.pieces}: {self.error!r}")
        assert self.finish_reason in ("stop", "length"), self.finish_reason
