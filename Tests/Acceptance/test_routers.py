"""Two routers share workers, a knowledge-store and a catalog in PostgreSQL; either may die.

docs/OPERATING.md says how such a mesh is set up and what it promises.
"""

import json
import shutil
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mesh
import openai
from case import DOCUMENTS, available, store_of
from cluster import REQUEST_SECONDS, Cluster
from load import Load
from postgres import Postgres
from process import Process, until
from tiny_model import imported

PROMPTS = ["ABC", "once upon", "2+2=", "def f(x):", "Q: why?"]
TOKENS = 24
CLIENTS = 4
# A lock is free at once when a process dies; another router looks every second.
ELECTION_SECONDS = 5
# A leader that stands still loses its session after ten.
STILL_SECONDS = 20
HEARD_SECONDS = 5


class Routers(Cluster):
    """Two routers, two workers that dial both, a knowledge-store, a catalog that all share."""

    def __init__(self, server, model):
        self.server = server
        super().__init__(0, knowledge=True, model=model, router_flags=["--name", "router"])
        address = f"unix:{self.folder}/router-2.sock"
        self.second = Process("router-2", "router", self.folder, [
            "--listen", "127.0.0.1:0", "--mesh-listen", address, "--model-directory", model,
            *self.knowledge_flags(), "--name", "router-2"])
        self.workers = [
            self.worker(number, f"{self.link.address},{address}") for number in (1, 2)]

    def knowledge_flags(self):
        return [
            "--knowledge-store", self.knowledge_link.address, "--catalog", self.server.url,
            "--artifacts", self.folder / "artifacts"]

    @property
    def routers(self):
        return [self.router, self.second]

    @property
    def processes(self):
        return [*super().processes, self.second]

    def start(self, router):
        """Starts a router where it was before."""
        router.start()
        router.set("--listen", router.address("http"))

    def __enter__(self):
        super().__enter__()
        self.second.set("--listen", self.second.address("http"))
        return self

    def is_whole(self):
        """Every router serves from both workers, and all agree on who leads."""
        return all(process.is_running for process in self.processes) and all(
            router.is_ready() and self.is_placed(router) for router in self.routers
        ) and self.leader() is not None

    def is_placed(self, router):
        status = router.admin("/admin/status")
        return status["knowledge"]["connected"] and len(status["workers"]) == 2 and all(
            len(workers) == 2 for workers in self.placement(router))

    def placement(self, router):
        """For each expert the workers that hold it for this router."""
        return [set(expert["workers"]) for layer in router.admin("/admin/experts")["layers"]
                for expert in layer["experts"]]

    def leader(self):
        """The router that leads; None unless there is one, and all that run know it."""
        running = [router for router in self.routers if router.is_running]
        reports = [router.admin("/admin/status")["catalog"] for router in running]
        leading = [router for router, report in zip(running, reports) if report["leading"]]
        names = {report["leader"] for report in reports}
        return leading[0] if len(leading) == 1 and len(names) == 1 else None

    def other(self, router):
        return self.second if router is self.router else self.router

    def client_of(self, router):
        return openai.OpenAI(
            base_url=f"http://{router.address('http')}/v1", api_key="unused", max_retries=0,
            timeout=REQUEST_SECONDS)

    def meshctl_of(self, router, *arguments):
        """A command to one of the routers."""
        self.address, former = router.address("http"), self.address
        first, self.router = self.router, router
        try:
            return self.meshctl(*arguments)
        finally:
            self.address, self.router = former, first


class RouterLoad(Load):
    """Requests to one router; what each got, by prompt and revision."""

    def __init__(self, case, router):
        super().__init__(CLIENTS)
        self.case, self.openai = case, case.cluster.client_of(router)
        self.results, self.failures = [], []

    def ask(self, client, turn):
        prompt = PROMPTS[(client + turn) % len(PROMPTS)]
        try:
            self.results.append((prompt, *self.case.ask(self.openai, prompt)))
        except Exception as error:  # Whatever it is, the test judges it.
            self.failures.append(repr(error))

    def wait_for(self, count):
        """Returns when so many more requests have been answered."""
        end = len(self.results) + count
        until(lambda: self.failures or len(self.results) >= end, 30, f"{count} more answers")


class RouterTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        available(mesh.fetch_weights)
        cls.server = available(Postgres)
        cls.addClassCleanup(cls.server.close)
        cls.folder = Path(tempfile.mkdtemp(prefix="routers-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.served = imported(cls.folder, "served")
        cls.edited = imported(cls.folder, "edited", negate_all)
        cls.cluster = Routers(cls.server, cls.served)
        cls.cluster.__enter__()
        cls.addClassCleanup(cls.cluster.__exit__)
        cls.before = cls.answers(cls.cluster.router)

    def setUp(self):
        """Every test begins with two routers that serve what was imported."""
        leader = self.cluster.leader()
        if self.revisions(leader)["candidate"] is not None:
            self.cluster.meshctl_of(leader, "discard", self.revisions(leader)["candidate"])
        if self.answers(leader) != self.before:
            self.cluster.meshctl_of(leader, "swap", self.served)
        self.wait_for_serving(self.revisions(leader)["serving"])

    # What the tests do

    @classmethod
    def ask(cls, client, prompt):
        """A greedy answer, and the revision that gave it."""
        answer = client.completions.create(
            model=cls.cluster.model, prompt=prompt, max_tokens=TOKENS, temperature=0)
        return answer.choices[0].text, int(answer.mesh["revision"])

    @classmethod
    def answers(cls, router):
        client = cls.cluster.client_of(router)
        return {prompt: cls.ask(client, prompt)[0] for prompt in PROMPTS}

    def revisions(self, router):
        return router.admin("/admin/revisions")

    def wait_for_serving(self, revision):
        until(
            lambda: all(
                self.revisions(router)["serving"] == revision for router in self.cluster.routers
                if router.is_running),
            HEARD_SECONDS, f"every router serves revision {revision}")

    def wait_for_leader(self, router, seconds):
        """How long it took until it leads."""
        began = time.monotonic()
        until(lambda: self.cluster.leader() is router, seconds,
              lambda: f"{router.name} leads\n{self.cluster.tails()}")
        return time.monotonic() - began

    # The tests

    def test_files(self):
        """a file that one router took is listed, searched and deleted through the other"""
        first, second = map(self.cluster.client_of, self.cluster.routers)
        store = store_of(first, DOCUMENTS)
        names = {file.filename for file in second.files.list()}
        self.assertEqual(names, set(DOCUMENTS))
        self.assertEqual(second.vector_stores.retrieve(store.id).file_counts.completed, 3)
        found = second.vector_stores.search(store.id, query="What came in 1973?")
        self.assertEqual(found.data[0].filename, "oil.txt")
        for file in second.files.list():
            second.files.delete(file.id)
        self.assertEqual(list(first.files.list()), [])

    def test_swap(self):
        """a swap staged and promoted through either router is served by both, token for token"""
        leader = self.cluster.leader()
        for router in (self.cluster.other(leader), leader):
            result = self.cluster.meshctl_of(router, "swap", self.edited, "--stage-only")
            candidate = result["revision"]
            until(lambda: all(
                self.revisions(each)["candidate"] == candidate for each in self.cluster.routers),
                HEARD_SECONDS, "both know the candidate")
            self.cluster.meshctl_of(self.cluster.other(router), "promote", candidate)
            self.wait_for_serving(candidate)
            changed = self.answers(self.cluster.router)
            self.assertNotEqual(changed, self.before)
            self.assertEqual(self.answers(self.cluster.second), changed)
            self.cluster.meshctl_of(router, "rollback")
            self.wait_for_serving(self.revisions(router)["serving"])
            for each in self.cluster.routers:
                self.assertEqual(self.answers(each), self.before)

    def test_steps_at_once(self):
        """of two promotions at the same time one is carried out, the other is refused and says why"""
        candidate = self.cluster.meshctl_of(
            self.cluster.router, "swap", self.edited, "--stage-only")["revision"]
        until(lambda: self.revisions(self.cluster.second)["candidate"] == candidate,
              HEARD_SECONDS, "both know the candidate")
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(
                lambda router: router.send("POST", f"/admin/revisions/{candidate}/promote"),
                self.cluster.routers))
        self.assertEqual(sorted(status for status, _ in answers), [200, 409], answers)
        self.wait_for_serving(candidate)

    def test_status(self):
        """every router says who leads: in its readiness, to programs, and to people"""
        leader = self.cluster.leader()
        for router in self.cluster.routers:
            self.assertEqual(json.loads(router.get("/readyz"))["leader"], leader.name)
            report = self.cluster.meshctl_of(router, "status")["router"]["catalog"]
            self.assertEqual(report["leader"], leader.name)
            self.assertEqual(report["leading"], router is leader)

    def test_leader_dies(self):
        """kill -9 of the leader under load: the other leads, loses no request, and promotes"""
        leader = self.cluster.leader()
        survivor = self.cluster.other(leader)
        candidate = self.cluster.meshctl_of(
            leader, "swap", self.edited, "--stage-only")["revision"]
        with RouterLoad(self, survivor) as load:
            load.wait_for(2 * CLIENTS)
            leader.kill()
            seconds = self.wait_for_leader(survivor, ELECTION_SECONDS)
            load.wait_for(2 * CLIENTS)
            self.cluster.meshctl_of(survivor, "promote", candidate)
            load.wait_for(4 * CLIENTS)
        print(f"    another leads {seconds:.2f} s after kill -9 of the leader", flush=True)
        self.assertEqual(load.failures, [])
        after = self.answers(survivor)
        self.assertNotEqual(after, self.before)
        for prompt, text, revision in load.results:
            expected = after if revision == candidate else self.before
            self.assertEqual(text, expected[prompt])
        self.cluster.start(leader)
        self.cluster.wait_until_whole()
        self.assertIs(self.cluster.leader(), survivor)
        self.assertEqual(self.answers(leader), after)

    def test_leader_stands_still(self):
        """a leader that stands still is replaced; when it goes on it follows, and writes nothing"""
        leader = self.cluster.leader()
        survivor = self.cluster.other(leader)
        leader.pause()
        try:
            until(lambda: survivor.admin("/admin/status")["catalog"]["leading"], STILL_SECONDS,
                  "the other leads")
            result = self.cluster.meshctl_of(survivor, "swap", self.edited)
        finally:
            leader.resume()
        self.wait_for_serving(result["revision"])
        self.wait_for_leader(survivor, HEARD_SECONDS)
        self.assertEqual(self.answers(leader), self.answers(survivor))

    def test_catalog_away(self):
        """without PostgreSQL requests go on, what needs it gets 503, and all recovers by itself"""
        with RouterLoad(self, self.cluster.second) as load:
            load.wait_for(CLIENTS)
            self.server.obey("stop")
            try:
                load.wait_for(4 * CLIENTS)
                for router in self.cluster.routers:
                    self.assert_away(router)
            finally:
                self.server.obey("start")
            until(lambda: self.cluster.leader() is not None, ELECTION_SECONDS, "one leads again")
            load.wait_for(CLIENTS)
        self.assertEqual(load.failures, [])
        result = self.cluster.meshctl_of(self.cluster.router, "swap", self.edited)
        self.wait_for_serving(result["revision"])

    def assert_away(self, router):
        with self.assertRaises(openai.InternalServerError) as caught:
            self.cluster.client_of(router).files.list()
        self.assertEqual(caught.exception.status_code, 503)
        self.assertIn("the catalog is away", str(caught.exception))
        self.assertIn("retry-after", caught.exception.response.headers)
        status, error = router.send("POST", "/admin/revisions/rollback")
        self.assertIn(status, (409, 503), error)
        self.assertEqual(router.send("GET", "/admin/revisions")[0], 503)
        self.assertTrue(router.is_ready(), "it can do what does not need the catalog")
        until(lambda: not router.admin("/admin/status")["catalog"]["connected"], HEARD_SECONDS,
              "the router notices")


def negate_all(checkpoint):
    for layer in range(checkpoint.config["num_hidden_layers"]):
        checkpoint.negate(layer, range(checkpoint.config["num_local_experts"]))


if __name__ == "__main__":
    unittest.main()
