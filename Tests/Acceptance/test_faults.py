"""Real processes are killed, stopped and cut off while they work. docs/FAULTS.md is this table in words.

Every row of a table is a test: a fault, and what was under way when it struck. A run counts only if
requests were answered before and after, if the work under way was where the row says, and if the
fault has left its trace: a lost connection in the metrics, a flipped bit, a byte that was late.
"""

import math
import subprocess
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable

import mesh
import openai
from case import DOCUMENTS, available, store_of
from cluster import Cluster
from process import until

SHORT = ["The history of printing begins", "def fibonacci(n):"]
LONG = "The history of the printing press begins with a man who liked books. " * 9
TOKENS = 12
GONE = ("closed_by_peer", "truncated", "system")
CHANGED = ("corrupt", "malformed")
NOTICED_SECONDS = 10


@dataclass(frozen=True)
class Fault:
    """What happens, in words, and how it is undone and seen."""

    words: str
    inject: Callable[[Cluster], None]
    repair: Callable[[Cluster], None]
    traces: Callable[[Cluster], float]


def endings(process, *reasons):
    """How many connections a process has lost for one of these reasons."""
    return sum(process.metric("mesh_connections_ended", reason=reason) for reason in reasons)


def lost_by_router(*reasons):
    return lambda cluster: endings(cluster.router, *reasons)


def lost_by_any(*reasons):
    return lambda cluster: sum(endings(process, *reasons) for process in cluster.processes)


def set_link(name, value, *ways):
    """`up` is what the worker says, `down` what it hears."""
    def change(cluster):
        for way in ways or ("up", "down"):
            setattr(getattr(cluster.link, way), name, value)
    return change


def drain(cluster):
    status = cluster.workers[0].terminate()
    assert status == 0, f"the worker ended with {status}"


def heal(cluster):
    cluster.link.heal()


KILL = Fault(
    "kill -9 of a worker", lambda c: c.workers[0].kill(), lambda c: c.workers[0].start(),
    lost_by_router(*GONE))
TERMINATE = Fault(
    "SIGTERM to a worker", drain, lambda c: c.workers[0].start(),
    lost_by_router(*GONE))
PAUSE = Fault(
    "a worker that stands still (SIGSTOP)", lambda c: c.workers[0].pause(),
    lambda c: c.workers[0].resume(), lost_by_router("silent"))
HALF_OPEN = Fault(
    "a link that carries nothing any more", lambda c: c.link.cut(), heal, lost_by_router("silent"))
MUTE = Fault(
    "a worker that is no longer heard", lambda c: c.link.up.cut(), heal, lost_by_router("silent"))
DEAF = Fault(
    "a worker that no longer hears", lambda c: c.link.down.cut(), heal,
    lost_by_any("silent"))
RESET = Fault("a reset connection", lambda c: c.link.reset(), heal, lost_by_router(*GONE))
CORRUPT_REPLIES = Fault(
    "a link that flips bits of replies", set_link("flip", 50_000, "up"), heal,
    lost_by_router(*CHANGED))
CORRUPT_REQUESTS = Fault(
    "a link that flips bits of requests", set_link("flip", 50_000, "down"), heal,
    lambda c: endings(c.workers[0], *CHANGED))
SLOW = Fault(
    "a link that is late by 5 ms", set_link("delay", 0.005), heal,
    lambda c: c.link.up.delayed + c.link.down.delayed)
LATE = Fault(
    "a link that is late by 200 ms", set_link("delay", 0.2), heal,
    lambda c: c.link.up.delayed + c.link.down.delayed)
SLICED = Fault(
    "a link that carries a few bytes at a time", set_link("slice", 7), heal,
    lambda c: c.link.up.sliced + c.link.down.sliced)

IDLE, LOAD, PREFILL, DECODE = "idle", "load", "prefill", "decode"
MOMENTS = {
    IDLE: "while nothing is under way", LOAD: "while a worker joins",
    PREFILL: "while prompts are read", DECODE: "while tokens are made",
}


def rows(test, promise, table):
    """A test per row of the table, named after fault and moment."""
    def fill(case):
        for name, fault, moment in table:
            def method(self, fault=fault, moment=moment):
                test(self, fault, moment)
            method.__doc__ = f"{fault.words} {MOMENTS[moment]}: {promise}"
            setattr(case, f"test_{name}_{moment}", method)
        return case
    return fill


class ClusterCase(unittest.TestCase):
    """Tests that share a cluster, which every test leaves whole."""

    settings = {}
    prompts = [*SHORT, LONG]

    @classmethod
    def setUpClass(cls):
        available(mesh.fetch_weights)
        cls.cluster = cls.made_cluster()
        cls.cluster.__enter__()
        cls.addClassCleanup(cls.cluster.__exit__)
        cls.expected = {p: cls.cluster.complete(p, TOKENS) for p in cls.prompts}

    @classmethod
    def made_cluster(cls):
        return Cluster(**cls.settings)

    def answer_undisturbed(self):
        """Before and after every fault: two requests, answered as always."""
        requests = [self.cluster.start_request(prompt, 4) for prompt in SHORT]
        for request in requests:
            self.assert_exact(request)

    def assert_exact(self, request):
        """Whole, and token for token what the mesh says without faults."""
        request.join()
        request.check()
        expected = self.expected[request.prompt]
        if request.tokens < TOKENS:
            self.assertTrue(request.text and expected.startswith(request.text), request.text)
        else:
            self.assertEqual(request.text, expected)

    def under_way(self, moment, tokens=TOKENS):
        """Requests that are where the moment says."""
        prompts = {IDLE: [], LOAD: SHORT, DECODE: SHORT, PREFILL: [LONG]}[moment]
        requests = [self.cluster.start_request(prompt, tokens) for prompt in prompts]
        if moment == LOAD:
            self.let_worker_join()
        elif moment == DECODE:
            self.until_all(requests, lambda: all(len(r.pieces) >= 2 for r in requests))
        elif moment == PREFILL:
            self.until_all(
                requests, lambda: self.cluster.status()["requests"]["running"] == len(requests))
            self.assertEqual([r.pieces for r in requests], [[]], "the prompt was read too fast")
        self.assertTrue(all(request.is_alive() for request in requests), "ended before the fault")
        return requests

    def until_all(self, requests, condition):
        until(lambda: any(r.error for r in requests) or condition(), 60, "the requests are on")
        self.assertEqual([r.error for r in requests], [None] * len(requests))

    def let_worker_join(self):
        """A worker has come back, and the router has begun to tell it what to hold."""
        worker = self.cluster.workers[0]
        worker.kill()
        until(lambda: worker.name not in self.cluster.joined(), 10, "the router misses the worker")
        heard = self.cluster.link.down.carried
        worker.launch()
        until(lambda: self.cluster.link.down.carried > heard + 1000, 30, "the worker is told")

    def until_traced(self, fault, before):
        until(lambda: fault.traces(self.cluster) > before, NOTICED_SECONDS,
              lambda: f"a trace of {fault.words}\n{self.cluster.tails()}")


def nobody_notices(self, fault, moment):
    cluster = self.cluster
    self.answer_undisturbed()
    requests = self.under_way(moment)
    before = fault.traces(cluster)
    fault.inject(cluster)
    try:
        if moment == IDLE:
            self.until_traced(fault, before)
            requests = [cluster.start_request(prompt, TOKENS) for prompt in SHORT]
        for request in requests:
            self.assert_exact(request)
        self.until_traced(fault, before)
    finally:
        fault.repair(cluster)
        cluster.wait_until_whole()
    self.answer_undisturbed()


@rows(nobody_notices, "with a second replica nobody notices", [
    ("kill", KILL, IDLE), ("kill", KILL, LOAD), ("kill", KILL, PREFILL), ("kill", KILL, DECODE),
    ("pause", PAUSE, IDLE), ("pause", PAUSE, LOAD), ("pause", PAUSE, PREFILL),
    ("pause", PAUSE, DECODE),
    ("half_open", HALF_OPEN, IDLE), ("half_open", HALF_OPEN, PREFILL),
    ("half_open", HALF_OPEN, DECODE),
    ("mute", MUTE, DECODE), ("deaf", DEAF, DECODE),
    ("corrupt_replies", CORRUPT_REPLIES, PREFILL), ("corrupt_replies", CORRUPT_REPLIES, DECODE),
    ("corrupt_requests", CORRUPT_REQUESTS, DECODE),
    ("slow", SLOW, DECODE), ("late", LATE, DECODE), ("sliced", SLICED, DECODE), ("reset", RESET, DECODE),
    ("terminate", TERMINATE, DECODE),
])
class WorkerFaultTests(ClusterCase):
    """Two workers; each expert lives on both."""

    settings = {"workers": 2, "router_flags": ["--order", "fixed"], "seed": 11}


def error_names_what_is_missing(self, fault, moment):
    cluster = self.cluster
    self.answer_undisturbed()
    streams = self.under_way(moment)
    with ThreadPoolExecutor() as pool:
        plain = pool.submit(self.plain_request)
        self.until_all(
            streams, lambda: cluster.status()["requests"]["running"] == len(streams) + 1)
        before = fault.traces(cluster)
        fault.inject(cluster)
        try:
            seconds, error = plain.result(timeout=60)
            self.assertIsInstance(error, openai.InternalServerError)
            self.assertEqual(error.status_code, 503)
            self.assertGreaterEqual(int(error.response.headers["retry-after"]), 1)
            self.assert_names_expert(error)
            self.assertLessEqual(seconds, self.limit)
            for stream in streams:
                stream.join()
                self.assertIsNone(stream.finish_reason)
                self.assert_names_expert(stream.error)
                self.assertLessEqual(stream.seconds, self.limit)
                self.assertTrue(self.expected[stream.prompt].startswith(stream.text))
            self.until_traced(fault, before)
        finally:
            fault.repair(cluster)
            cluster.wait_until_whole()
    self.answer_undisturbed()


@rows(error_names_what_is_missing, "without a second replica the error says what is missing", [
    ("kill", KILL, PREFILL), ("kill", KILL, DECODE), ("pause", PAUSE, DECODE),
    ("half_open", HALF_OPEN, DECODE),
])
class LastReplicaTests(ClusterCase):
    """One worker: nobody else has its experts."""

    settings = {"workers": 1, "router_flags": ["--order", "fixed"], "seed": 23}

    @classmethod
    def setUpClass(cls):
        """Requests get four seconds, or on a busy machine three times what they take."""
        super().setUpClass()
        began = time.monotonic()
        cls.cluster.complete(LONG, TOKENS)
        deadline = math.ceil(max(4, 3 * (time.monotonic() - began)))
        cls.limit = deadline * (1 + 0.25 / 4)
        router = cls.cluster.router
        router.terminate()
        router.set("--request-time", f"{deadline}s")
        router.start()
        cls.cluster.wait_until_whole()

    def plain_request(self):
        """How long a request took that is not streamed, and its error."""
        began = time.monotonic()
        try:
            self.cluster.client.completions.create(
                model=self.cluster.model, prompt=SHORT[0], max_tokens=1000, temperature=0)
        except openai.OpenAIError as error:
            return time.monotonic() - began, error
        return time.monotonic() - began, None

    def assert_names_expert(self, error):
        self.assertIsInstance(error, openai.APIError)
        self.assertRegex(error.message, rf"{self.cluster.model} needs expert \d+ of layer \d+")

    def comes_back(self, fault):
        """Requests that are under way when the worker leaves and comes back wait for it."""
        self.answer_undisturbed()
        requests = self.under_way(DECODE)
        before = fault.traces(self.cluster)
        fault.inject(self.cluster)
        self.until_traced(fault, before)
        self.assertTrue(all(request.is_alive() for request in requests))
        fault.repair(self.cluster)
        for request in requests:
            self.assert_exact(request)
        self.cluster.wait_until_whole()
        self.answer_undisturbed()

    def test_kill_and_return(self):
        """a worker that is killed and started again within the deadline: nobody notices"""
        self.comes_back(KILL)

    def test_pause_and_return(self):
        """a worker that stands still and goes on within the deadline: nobody notices"""
        self.comes_back(PAUSE)


GRACE_SECONDS = 10  # HomelessArtifacts.grace


class HomelessExpertTests(ClusterCase):
    """Half of the experts live on each worker, and the router gives requests five minutes."""

    settings = {
        "workers": 2, "router_flags": ["--order", "fixed", "--replicas", "1"], "seed": 29,
        "replicas": 1}

    def test_kill_and_replace(self):
        """kill -9 of the only holder of experts that another worker has room for: a pause, the same tokens"""
        self.answer_undisturbed()
        requests = self.under_way(DECODE)
        KILL.inject(self.cluster)
        for request in requests:
            self.assert_exact(request)
        KILL.repair(self.cluster)
        self.cluster.wait_until_whole()
        self.answer_undisturbed()

    def test_kill_all(self):
        """when nobody can take an expert, requests end after ten seconds, and new ones at once"""
        cluster = self.cluster
        self.answer_undisturbed()
        requests = self.under_way(DECODE, tokens=1000)
        for worker in cluster.workers:
            worker.kill()
        killed = time.monotonic()
        for request in requests:
            request.join()
            self.assert_homeless(request.error)
        self.assertAlmostEqual(time.monotonic() - killed, GRACE_SECONDS, delta=1.5)
        began = time.monotonic()
        with self.assertRaises(openai.InternalServerError) as caught:
            cluster.client.completions.create(model=cluster.model, prompt=SHORT[0])
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual(caught.exception.status_code, 503)
        self.assertGreaterEqual(int(caught.exception.response.headers["retry-after"]), 1)
        self.assert_homeless(caught.exception)
        for worker in cluster.workers:
            worker.start()
        cluster.wait_until_whole()
        self.answer_undisturbed()

    def assert_homeless(self, error):
        self.assertIsInstance(error, openai.APIError)
        self.assertRegex(
            error.message, rf"{self.cluster.model} needs expert \d+ of layer \d+.*, which no worker "
            "holds and none can take: start an expert-worker")


class RouterFaultTests(ClusterCase):
    """The router is one; its clients see when it is gone."""

    settings = {"workers": 2, "router_flags": ["--order", "fixed"], "seed": 37}

    def killed(self, moment):
        self.answer_undisturbed()
        requests = self.under_way(moment)
        plain = ThreadPoolExecutor().submit(
            self.cluster.client.completions.create, model=self.cluster.model, prompt=SHORT[0],
            max_tokens=100, temperature=0)
        self.until_all(
            requests, lambda: self.cluster.status()["requests"]["running"] == len(requests) + 1)
        self.cluster.router.kill()
        try:
            with self.assertRaises(openai.APIConnectionError):
                plain.result(timeout=10)
            for request in requests:
                request.join()
                self.assertIsNotNone(request.error, "a stream that broke looks complete")
                self.assertIsNone(request.finish_reason)
                self.assertTrue(self.expected[request.prompt].startswith(request.text))
            for worker in self.cluster.workers:
                until(lambda: not worker.is_ready(), 10, "the worker says that it has no router")
        finally:
            self.cluster.router.start()
            self.cluster.wait_until_whole()
        self.answer_undisturbed()

    def test_kill_prefill(self):
        """kill -9 of the router while prompts are read: clients see it, and can go on after a restart"""
        self.killed(PREFILL)

    def test_kill_decode(self):
        """kill -9 of the router while tokens are made: streams break and never look complete"""
        self.killed(DECODE)

    def test_pause(self):
        """a router that stands still until its workers have left goes on where it was"""
        self.answer_undisturbed()
        requests = self.under_way(DECODE)
        lost = [endings(worker, "silent") for worker in self.cluster.workers]
        self.cluster.router.pause()
        try:
            for worker, before in zip(self.cluster.workers, lost):
                until(lambda: endings(worker, "silent") > before, NOTICED_SECONDS,
                      "the worker has given the router up")
        finally:
            self.cluster.router.resume()
        for request in requests:
            self.assert_exact(request)
        self.cluster.wait_until_whole()
        self.answer_undisturbed()

    def test_terminate(self):
        """SIGTERM to the router while tokens are made: what is under way is finished first"""
        self.answer_undisturbed()
        requests = self.under_way(DECODE)
        self.assertEqual(self.cluster.router.terminate(), 0)
        for request in requests:
            self.assert_exact(request)
        self.cluster.router.start()
        self.cluster.wait_until_whole()
        self.answer_undisturbed()


STORE_KILL = Fault(
    "kill -9 of the knowledge-store", lambda c: c.knowledge.kill(), lambda c: c.knowledge.start(),
    lost_by_router(*GONE))
STORE_PAUSE = Fault(
    "a knowledge-store that stands still", lambda c: c.knowledge.pause(),
    lambda c: c.knowledge.resume(), lost_by_router("silent"))
STORE_HALF_OPEN = Fault(
    "a dead link to the knowledge-store", lambda c: c.knowledge_link.cut(),
    lambda c: c.knowledge_link.heal(), lost_by_router("silent"))
QUERY = "oil embargo"
STORE_LOSS_SECONDS = 2.0


class KnowledgeCase(ClusterCase):
    """A cluster with documents."""

    prompts = SHORT

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = store_of(cls.cluster.client, DOCUMENTS, "faults")
        cls.found = cls.search()
        assert cls.found[0][0] == "oil.txt", cls.found

    @classmethod
    def search(cls):
        """File, score and passages of each result."""
        answer = cls.cluster.client.vector_stores.search(cls.store.id, query=QUERY)
        return [
            (entry.filename, entry.score, [part.text for part in entry.content])
            for entry in answer.data
        ]

    def assert_refused(self, call):
        """503, naming the knowledge-store, with the time after which to try again."""
        began = time.monotonic()
        with self.assertRaises(openai.InternalServerError) as caught:
            call()
        self.assertEqual(caught.exception.status_code, 503)
        self.assertIn("knowledge-store", caught.exception.body["message"])
        self.assertGreaterEqual(int(caught.exception.response.headers["retry-after"]), 1)
        self.assertLessEqual(time.monotonic() - began, STORE_LOSS_SECONDS)

    def ask(self):
        return self.cluster.client.responses.create(
            model=self.cluster.model, input="When did the oil crisis begin?", max_output_tokens=4,
            tools=[{"type": "file_search", "vector_store_ids": [self.store.id]}])


def searches_are_refused(self, fault, moment):
    cluster = self.cluster
    requests = self.under_way(moment)
    before = fault.traces(cluster)
    fault.inject(cluster)
    try:
        self.assert_refused(self.search)
        self.assert_refused(self.ask)
        self.until_traced(fault, before)
        for request in requests:
            self.assert_exact(request)
    finally:
        fault.repair(cluster)
        cluster.wait_until_whole()
    self.assertEqual(self.search(), self.found)
    self.assertTrue(self.ask().output)


@rows(searches_are_refused, "searches are refused, everything else goes on, nothing is lost", [
    ("kill", STORE_KILL, DECODE), ("pause", STORE_PAUSE, DECODE),
    ("half_open", STORE_HALF_OPEN, DECODE),
])
class KnowledgeFaultTests(KnowledgeCase):
    settings = {
        "workers": 1, "router_flags": ["--order", "fixed"], "knowledge": True, "seed": 51,
    }

    def test_corrupt(self):
        """a link to the knowledge-store that flips bits: a search is right or refused, never wrong"""
        link = self.cluster.knowledge_link
        before = lost_by_any(*CHANGED)(self.cluster)
        link.up.flip = link.down.flip = 2_000
        answers = []
        until(lambda: answers.append(self.outcome()) or
              (lost_by_any(*CHANGED)(self.cluster) >= before + 3 and len(answers) >= 20),
              60, "three frames were changed")
        link.heal()
        self.cluster.wait_until_whole()
        for answer in answers:
            self.assertIn(answer, (self.found, 503))
        self.assertEqual(self.search(), self.found)

    def outcome(self):
        try:
            return self.search()
        except openai.APIStatusError as error:
            return error.status_code

    def test_terminate(self):
        """SIGTERM to the knowledge-store: a search waits for the one that takes its place"""
        self.assertEqual(self.cluster.knowledge.terminate(), 0)
        with ThreadPoolExecutor() as pool:
            search = pool.submit(self.search)
            with self.assertRaises(TimeoutError):
                search.result(timeout=1)
            self.cluster.knowledge.start()
            self.assertEqual(search.result(timeout=30), self.found)

    def test_kill_while_documents_come_in(self):
        """kill -9 of the knowledge-store while documents come in: all are found once it is back"""
        client = self.cluster.client
        store = client.vector_stores.create(name="arriving")
        count = 12
        for number in range(count):
            text = f"Report {number}.\n\n" + f"The harvest of field {number} was good. " * 40
            file = client.files.create(file=(f"{number}.txt", text.encode()), purpose="assistants")
            client.vector_stores.files.create(store.id, file_id=file.id)
        completed = lambda: client.vector_stores.retrieve(store.id).file_counts.completed
        until(lambda: completed() >= 2, 30, "the first documents are in")
        self.cluster.knowledge.kill()
        self.assertLess(completed(), count, "all documents were in before the fault")
        self.cluster.knowledge.start()
        until(lambda: completed() == count, 30, "all documents are in")
        for number in range(count):
            found = client.vector_stores.search(store.id, query=f"Report {number}.").data
            self.assertIn(f"{number}.txt", [entry.filename for entry in found])


class DiskFaultTests(KnowledgeCase):
    """The knowledge-store's database lies on a disk of 3 MB."""

    settings = {"workers": 1, "knowledge": True, "knowledge_disk": "3m", "seed": 67}
    prompts = []

    @classmethod
    def setUpClass(cls):
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
            raise unittest.SkipTest("no mounts of our own are allowed here")
        super().setUpClass()

    def on_disk(self, *command):
        """Runs a command where the knowledge-store's disk can be seen."""
        pid = str(self.cluster.knowledge.pid)
        return subprocess.run(
            ["nsenter", "--target", pid, "--mount", *command], capture_output=True, text=True)

    def test_full(self):
        """a full disk: reading goes on, writing waits, and is done when there is room again"""
        client = self.cluster.client
        filler = self.cluster.disk / "filler"
        filled = self.on_disk("dd", "if=/dev/zero", f"of={filler}", "bs=4k")
        self.assertIn("No space left", filled.stderr)
        text = "The harvest of field seven was good. " * 40
        file = client.files.create(file=("harvest.txt", text.encode()), purpose="assistants")
        client.vector_stores.files.create(self.store.id, file_id=file.id)
        status = lambda: client.vector_stores.files.retrieve(
            file.id, vector_store_id=self.store.id).status
        until(lambda: "No space left" in self.cluster.router.tail(3), 30, "a write was refused")
        self.assertEqual(status(), "in_progress")
        self.assertEqual(self.search(), self.found)
        self.on_disk("rm", filler)
        until(lambda: status() == "completed", 10, "the document is in")
        found = client.vector_stores.search(self.store.id, query="harvest of field seven").data
        self.assertEqual(found[0].filename, "harvest.txt")
