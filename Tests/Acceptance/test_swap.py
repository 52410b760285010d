"""Experts are swapped on real processes while requests run; docs/REVISIONS.md says what is promised.

A tiny model of random weights serves: every token depends on every expert that it visits, so that a
wrong expert, a mixed revision or a lost request is seen at once.
"""

import hashlib
import json
import shutil
import tempfile
import unittest
from pathlib import Path

import mesh
import openai
from cluster import Cluster
from load import Load
from process import until
from tiny_model import imported

PROMPTS = ["ABC", "once upon", "2+2=", "def f(x):", "Q: why?"]
TOKENS = 24
LONG_TOKENS = 200
CLIENTS = 4
HIDDEN_SIZE = 32


class SwapLoad(Load):
    """What each request got, by prompt and revision."""

    def __init__(self, case):
        super().__init__(CLIENTS)
        self.case, self.results, self.failures = case, [], []

    def ask(self, client, turn):
        prompt = PROMPTS[(client + turn) % len(PROMPTS)]
        try:
            self.results.append((prompt, *self.case.ask(prompt)))
        except Exception as error:  # Whatever it is, the test judges it.
            self.failures.append(repr(error))

    def wait_for(self, revision, count=2 * CLIENTS):
        """Returns when so many requests have been answered by a revision."""
        until(
            lambda: self.failures or self.count(revision) >= count, 30,
            lambda: f"{count} answers of revision {revision}, not {self.count(revision)}")

    def count(self, revision):
        return sum(found == revision for _, _, found in self.results)


class SwapCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="swap-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.served = imported(cls.folder, "served")
        cls.edited = imported(cls.folder, "edited", negate_all)
        catalog = cls.folder / "catalog"
        catalog.mkdir()
        cls.cluster = Cluster(
            2, model=cls.served, router_flags=["--catalog", catalog / "catalog.sqlite"])
        cls.cluster.__enter__()
        cls.addClassCleanup(cls.cluster.__exit__)
        cls.before = {prompt: cls.ask(prompt)[0] for prompt in PROMPTS}

    def setUp(self):
        """Every test begins with the experts that the model was imported with, and no candidate."""
        if (candidate := self.revisions()["candidate"]) is not None:
            self.meshctl("discard", candidate)
        self.meshctl("swap", self.served)

    # What the tests do

    @classmethod
    def ask(cls, prompt, revision=None, tokens=TOKENS):
        """A greedy answer, and the revision that gave it."""
        headers = {} if revision is None else {"X-Mesh-Revision": str(revision)}
        answer = cls.cluster.client.completions.create(
            model=cls.cluster.model, prompt=prompt, max_tokens=tokens, temperature=0,
            extra_headers=headers)
        return answer.choices[0].text, int(answer.mesh["revision"])

    def answers(self, revision=None):
        return {prompt: self.ask(prompt, revision)[0] for prompt in PROMPTS}

    @classmethod
    def meshctl(cls, *arguments):
        return cls.cluster.meshctl(*arguments)

    def revisions(self):
        return self.cluster.router.admin("/admin/revisions")

    def state(self, revision):
        return next(r for r in self.revisions()["revisions"] if r["revision"] == revision)

    def send(self, method, path, body=b""):
        return self.cluster.router.send(method, path, body)

    def stage(self, directory):
        return self.meshctl("swap", directory, "--stage-only")["revision"]

    def new_digest(self):
        """An artifact of the edited model that the served one has not."""
        return next(
            path.name for path in (self.edited / "experts").iterdir()
            if not (self.served / "experts" / path.name).exists())

    def assert_loaded(self, load, expected):
        """Every request of the load came whole, from one revision: `expected` by revision."""
        self.assertEqual(load.failures, [])
        for prompt, text, revision in load.results:
            self.assertEqual(text, expected[revision][prompt], f"{prompt} by revision {revision}")


def negate_all(checkpoint):
    for layer in range(checkpoint.config["num_hidden_layers"]):
        checkpoint.negate(layer, range(checkpoint.config["num_local_experts"]))


class SwapTests(SwapCase):
    def test_identical(self):
        """the same experts under another number, under load: no token changes, no request fails"""
        serving = self.revisions()["serving"]
        layers = self.cluster.router.admin(f"/admin/revisions/{serving}")["layers"]
        body = json.dumps({"layers": [
            {"layer": layer["layer"], "experts": layer["experts"]} for layer in layers]})
        seen = {serving}
        with SwapLoad(self) as load:
            for _ in range(3):
                status, answer = self.send("POST", "/admin/revisions", body.encode())
                self.assertEqual(status, 200, answer)
                revision = answer["revision"]
                until(lambda: self.state(revision)["state"] == "staged", 10, "it is staged")
                self.meshctl("promote", revision)
                load.wait_for(revision)
                seen.add(revision)
        self.assert_loaded(load, {revision: self.before for revision in seen})

    def test_swap(self):
        """other experts under load: each answer comes from one revision, after a rollback as before"""
        with SwapLoad(self) as load:
            result = self.meshctl("swap", self.edited, "--note", "other signs")
            load.wait_for(result["revision"])
            after = self.answers()
            returned = self.meshctl("rollback")["serving"]
            load.wait_for(returned, load.count(returned) + CLIENTS)
        self.assertEqual(returned, result["former"])
        self.assertNotEqual(after, self.before)
        self.assert_loaded(load, {result["revision"]: after, returned: self.before})
        self.assertEqual(self.answers(), self.before)
        steps = [(entry["step"], entry["note"]) for entry in self.revisions()["journal"][:4]]
        self.assertEqual(
            steps, [("rolled back", ""), ("promoted", "other signs"), ("staged", ""),
                    ("staging", "other signs")])

    def test_pinned(self):
        """a request that runs during a promotion ends on the experts it began with"""
        prompt, whole = self.long_answer()
        candidate = self.stage(self.edited)
        stream = self.cluster.client.completions.create(
            model=self.cluster.model, prompt=prompt, max_tokens=LONG_TOKENS, temperature=0,
            stream=True)
        pieces, revision, promoted_at = [], None, None
        for chunk in stream:
            pieces += [choice.text for choice in chunk.choices]
            revision = (getattr(chunk, "mesh", None) or {}).get("revision", revision)
            if promoted_at is None:
                self.meshctl("promote", candidate)
                promoted_at = len(pieces)
        self.assertEqual("".join(pieces), whole)
        self.assertEqual(int(revision), self.revisions()["rollbackTarget"])
        self.assertEqual(self.ask(prompt)[1], candidate)

    def long_answer(self):
        for prompt in PROMPTS:
            text, _ = self.ask(prompt, tokens=LONG_TOKENS)
            if len(text) > LONG_TOKENS // 2:
                return prompt, text
        self.skipTest("the model ends every answer early")

    def test_one_expert(self):
        """one expert is replaced by its place, and only its artifact is uploaded"""
        one = imported(self.folder, "one", lambda checkpoint: checkpoint.negate(1, [3]))
        result = self.meshctl("swap", one, "--layer", 1, "--expert", 3)
        self.assertEqual(result["uploaded"], 1)
        self.assertEqual(
            result["layers"],
            [{"layer": 1, "experts": 8, "formerExperts": 8, "replaced": 1, "gate": False}])
        self.assertNotEqual(self.answers(), self.before)
        self.meshctl("rollback")
        self.assertEqual(self.answers(), self.before)

    def test_prune(self):
        """fewer experts in every layer, with their gates, under load"""
        kept = [0, 2, 3, 5, 6, 7]
        pruned = imported(self.folder, "pruned", lambda checkpoint: checkpoint.prune(kept))
        with SwapLoad(self) as load:
            result = self.meshctl("swap", pruned)
            load.wait_for(result["revision"])
            after = self.answers()
            returned = self.meshctl("rollback")["serving"]
            load.wait_for(returned, load.count(returned) + CLIENTS)
        self.assertEqual(result["uploaded"], 0)
        self.assertTrue(all(layer["gate"] for layer in result["layers"]))
        self.assertNotEqual(after, self.before)
        self.assert_loaded(load, {result["revision"]: after, returned: self.before})


class RefusalTests(SwapCase):
    def test_corrupt(self):
        """an artifact that is not what its name says is refused, and nothing changes"""
        former, digest = self.revisions(), self.new_digest()
        content = bytearray((self.edited / "experts" / digest).read_bytes())
        content[100] ^= 1
        for name, body in ((digest, content), (digest, content[:-1]), (digest, b"nothing"),
                           (hashlib.sha256(b"nothing").hexdigest(), b"nothing")):
            status, answer = self.send("PUT", f"/admin/artifacts/{name}", bytes(body))
            self.assertEqual(status, 400, answer)
            self.assertEqual(self.send("GET", f"/admin/artifacts/{name}")[0], 404)
        body = json.dumps({"layers": [{"layer": 1, "experts": [digest] * 8}]}).encode()
        status, answer = self.send("POST", "/admin/revisions", body)
        self.assertEqual((status, answer["error"]["code"]), (400, "missing_artifact"))
        self.assertEqual(answer["error"]["param"], "layers[0].experts[0]")
        self.assertEqual(self.revisions(), former)
        self.assertEqual(self.answers(), self.before)

    def test_steps(self):
        """what cannot be done is refused with the state that was found and what to do"""
        serving = self.revisions()["serving"]
        for arguments, words in (
                (["promote", 999], "there is no revision 999"),
                (["promote", serving], f"revision {serving} serves"),
                (["canary", serving, "--share", 0.1], f"revision {serving} serves"),
                (["canary", serving, "--share", 7], "--share takes a number from 0 to 1"),
                (["discard", serving], f"revision {serving} serves"),
                (["swap", self.folder], "manifest.json"),
                (["swap", self.edited, "--layer", 9], "--layer is one of 0 to 1"),
                (["drain", "nobody"], "no worker nobody is connected"),
                (["place"], "--dry-run")):
            with self.subTest(arguments), self.assertRaises(mesh.CommandFailed) as caught:
                self.meshctl(*arguments)
            self.assertIn(words, str(caught.exception))
        for revision, status in ((999, 404), (0, 400), ("x", 400)):
            with self.assertRaises(openai.APIStatusError) as caught:
                self.ask("A", revision)
            self.assertEqual(caught.exception.status_code, status)

    def test_no_catalog(self):
        """without a catalog nothing is staged, and the error says what to add"""
        with Cluster(1, model=self.served) as plain:
            with self.assertRaises(mesh.CommandFailed) as caught:
                plain.meshctl("swap", str(self.edited))
            self.assertIn("--catalog", str(caught.exception))


class CanaryTests(SwapCase):
    def test_share(self):
        """a canary gets its share, and whoever names it; its answers are compared with what serves"""
        serving = self.revisions()["serving"]
        candidate = self.stage(self.edited)
        changed = self.answers(candidate)
        self.assertNotEqual(changed, self.before)
        self.assertEqual(self.answers(), self.before, "staged is not served")
        self.meshctl("canary", candidate, "--share", 1)
        self.assertEqual(self.answers(), changed)
        self.assertEqual(self.answers(serving), self.before)
        self.meshctl("canary", candidate, "--share", 0)
        self.assertEqual(self.answers(), self.before)
        self.meshctl("canary", candidate, "--share", 0.5)
        drawn = [self.ask("A", tokens=1)[1] for _ in range(100)]
        # Six standard deviations to either side.
        self.assertTrue(20 <= drawn.count(candidate) <= 80, drawn.count(candidate))
        until(lambda: self.state(candidate)["pinned"] == 0, 10, "no request runs")
        divergence = self.state(candidate)["divergence"]
        self.assertGreater(divergence["tokens"], 2 * len(PROMPTS))
        self.assertGreater(divergence["meanKL"], 0)
        self.assertLess(divergence["agreement"], 1)
        self.assertGreater(divergence["tokenMilliseconds"], 0)
        self.assertIn(f"revision {candidate} against {serving}", self.cluster.text("revisions"))
        self.meshctl("promote", candidate)
        self.assertEqual(self.answers(), changed)

    def test_discard(self):
        """a candidate that is given up answers nobody, and workers and disk let go of it"""
        held, artifact = self.resident(), f"/admin/artifacts/{self.new_digest()}"
        candidate = self.stage(self.edited)
        self.assertGreater(self.resident(), held)
        self.assertEqual(self.send("GET", artifact)[0], 200)
        self.meshctl("discard", candidate)
        with self.assertRaises(openai.ConflictError):
            self.ask("A", candidate)
        until(lambda: self.resident() <= held, 10, lambda: f"{self.resident()} of {held} bytes")
        until(lambda: self.send("GET", artifact)[0] == 404, 10, "its uploads are removed")
        self.assertEqual(self.answers(), self.before)

    def resident(self):
        return sum(worker["residentBytes"] for worker in self.cluster.status()["workers"])


class LossTests(SwapCase):
    def test_router(self):
        """after kill -9 of the router what was last promoted serves, and can be rolled back"""
        result = self.meshctl("swap", self.edited)
        self.cluster.router.kill()
        self.cluster.router.start()
        self.cluster.wait_until_whole()
        self.assertEqual(self.revisions()["serving"], result["revision"])
        self.assertNotEqual(self.answers(), self.before)
        self.meshctl("rollback")
        self.cluster.router.kill()
        self.cluster.router.start()
        self.cluster.wait_until_whole()
        self.assertEqual(self.answers(), self.before)

    def test_canary(self):
        """a canary goes on after kill -9 of the router"""
        candidate = self.stage(self.edited)
        self.meshctl("canary", candidate, "--share", 1)
        changed = self.answers(candidate)
        self.cluster.router.kill()
        self.cluster.router.start()
        self.cluster.wait_until_whole()
        until(lambda: self.ask("A")[1] == candidate, 10, "the canary is held again")
        self.assertEqual(self.answers(), changed)

    def test_worker(self):
        """a worker that is drained gives everything away, and no request fails"""
        plan = self.meshctl("place", "--dry-run", "--without", "expert-worker-2")
        self.assertEqual((plan["homelessCount"], plan["fewestCopies"]), (0, 1))
        serving = self.revisions()["serving"]
        with SwapLoad(self) as load:
            load.wait_for(serving)
            self.assertTrue(self.meshctl("drain", "expert-worker-2")["drained"])
            self.assertEqual(self.cluster.workers[1].terminate(), 0)
            load.wait_for(serving, load.count(serving) + CLIENTS)
            with self.assertRaises(mesh.CommandFailed) as caught:
                self.meshctl("drain", "expert-worker-1")
            self.assertIn("no other worker can take expert 0 of layer 0", str(caught.exception))
            self.assertFalse(self.meshctl("drain", "expert-worker-1", "--cancel")["leaving"])
            load.wait_for(serving, load.count(serving) + CLIENTS)
        self.assert_loaded(load, {serving: self.before})
        self.cluster.workers[1].start()
        self.cluster.wait_until_whole()


if __name__ == "__main__":
    unittest.main()
