"""The mesh as such: placement, loss of processes, the operator's commands."""

import json
import os
import subprocess
import unittest
import urllib.error
from pathlib import Path

import mesh
from case import DOCUMENTS, MeshCase, available, upload

PROMPTS = [
    "The history of the printing press begins",
    "def fibonacci(n):",
    "Water boils at a lower temperature on a mountain because",
]


class PlacementTests(MeshCase):
    def test_workers(self):
        """one, two and four workers give the same tokens"""
        expected = [self.mesh.complete(prompt, 48) for prompt in PROMPTS]
        for workers in (1, 4):
            with self.subTest(workers=workers), mesh.Mesh(workers) as other:
                self.assertEqual([other.complete(prompt, 48) for prompt in PROMPTS], expected)


class LossTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        available(mesh.fetch_weights)

    def test_knowledge(self):
        """a document that was acknowledged survives kill -9 of the knowledge-store"""
        with mesh.Mesh(workers=1) as lost:
            store = lost.client.vector_stores.create(name="lasting")
            files = {}
            for title, text in DOCUMENTS.items():
                files[title] = upload(lost.client, title, text).id
                lost.client.vector_stores.files.create_and_poll(
                    file_id=files[title], vector_store_id=store.id)
            lost.kill("knowledge-store")
            lost.meshctl("down")
            lost.start()
            for title, text in DOCUMENTS.items():
                content = lost.client.files.content(files[title]).read()
                self.assertEqual(content, text.encode())
            found = lost.client.vector_stores.search(store.id, query="oil embargo").data
            self.assertEqual(found[0].filename, "oil.txt")


    def test_router(self):
        """without its router, status shows who is left and down stops them"""
        with mesh.Mesh(workers=1) as lost:
            lost.kill("router")
            status = lost.ended("status")
            self.assertEqual(status.returncode, 1)
            self.assertRegex(status.stdout, r"router +[0-9]+ +gone")
            self.assertRegex(status.stdout, r"expert-worker-1 +[0-9]+ +running")
            self.assertIn("the router does not answer: nothing answers at", status.stdout)
            report = json.loads(lost.ended("status", "--json").stdout)
            self.assertIsNone(report["router"])
            self.assertIn("nothing answers", report["error"])
            stopped = lost.meshctl("down")["stopped"]
            self.assertEqual(stopped, ["expert-worker-1", "knowledge-store"])
            lost.start()


class KeyTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        available(mesh.fetch_weights)

    def test_keys(self):
        """of two meshes started at once one wins, and its key opens the front door to commands"""
        other = mesh.Mesh(workers=1, key="s3cret")
        command = [
            mesh.BINARIES / "meshctl", "up", "--detach", "--config", other.config, "--workers", "1",
            "--listen", "127.0.0.1:0", "--state", other.state, "--json"]
        try:
            both = [
                subprocess.Popen(
                    command, env=os.environ | other.environment, text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                for _ in range(2)]
            texts = [process.communicate(timeout=mesh.COMMAND_TIMEOUT) for process in both]
            self.assertEqual(sorted(process.returncode for process in both), [0, 1], texts)
            loser = max(range(2), key=lambda index: both[index].returncode)
            self.assertIn("already running", texts[loser][1])

            (other.folder / "a.md").write_text("A cup holds tea.\n")
            self.assertEqual(other.meshctl("ingest", other.folder / "a.md")["added"], 1)
            other.environment["EXPERTMESH_API_KEY"] = "wrong"
            refused = other.ended("ingest", other.folder / "a.md")
            self.assertEqual(refused.returncode, 1)
            self.assertIn("EXPERTMESH_API_KEY", refused.stderr)
            self.assertNotIn("wrong", refused.stderr)
            given = other.meshctl("ingest", other.folder / "a.md", "--api-key", "s3cret")
            self.assertEqual(given["unchanged"], 1)
        finally:
            other.ended("down")
            other.remove()


class OperatorTests(MeshCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = cls.mesh.folder / "documents"
        cls.folder.mkdir()
        for title, text in DOCUMENTS.items():
            (cls.folder / title).write_text(text)

    def test_status(self):
        """status shows every process and worker"""
        status = self.mesh.meshctl("status")
        names = [process["name"] for process in status["processes"] if process["running"]]
        self.assertEqual(len(names), 5)
        workers = {worker["name"] for worker in status["router"]["workers"]}
        self.assertEqual(workers, {"expert-worker-1", "expert-worker-2"})
        self.assertIn("expert-worker-2", self.mesh.text("status"))

    def test_ingest_and_ask(self):
        """documents are ingested once, and an answer is followed by where it comes from"""
        first = self.mesh.meshctl("ingest", self.folder, "--collection", "operator")
        self.assertEqual((first["added"], first["unchanged"]), (3, 0))
        again = self.mesh.meshctl("ingest", self.folder, "--collection", "operator")
        self.assertEqual((again["added"], again["unchanged"]), (0, 3))
        changed = self.folder / "tea.html"
        times = changed.stat()
        changed.write_text(DOCUMENTS["tea.html"].replace("Green", "White"))
        os.utime(changed, ns=(times.st_atime_ns, times.st_mtime_ns))
        third = self.mesh.meshctl("ingest", self.folder, "--collection", "operator")
        self.assertEqual((third["replaced"], third["unchanged"]), (1, 2))

        question = "When did the 1973 oil crisis begin?"
        text = self.mesh.text("ask", question, "--collection", "operator", "--experts")
        self.assertIn("oil.txt, bytes ", text)
        self.assertIn(" layers:", text)
        self.assertIn("expert-worker-1", text)

    def test_bad_documents(self):
        """documents that cannot be read are listed, the others are ingested, and the status is 1"""
        folder = self.mesh.folder / "mixed"
        folder.mkdir()
        (folder / "good.md").write_text("# Good\n\nA cup holds tea.\n")
        (folder / "latin.txt").write_bytes(b"caf\xe9 au lait\n")
        Path(os.fsdecode(bytes(folder) + b"/caf\xe9.md")).write_text("A name that is not UTF-8.\n")
        for added, unchanged in ((1, 0), (0, 1)):
            ended = self.mesh.ended("ingest", folder, "--collection", "mixed", "--json")
            self.assertEqual(ended.returncode, 1, ended.stderr)
            result = json.loads(ended.stdout)
            self.assertEqual((result["added"], result["unchanged"]), (added, unchanged))
            self.assertEqual(len(result["failed"]), 2)
            self.assertIn("UTF-8", result["failed"][0]["reason"])
            self.assertTrue(result["failed"][1]["path"].endswith("latin.txt"))

    def test_experts(self):
        """the counters of the experts grow with the rows that they compute"""
        def rows():
            layers = self.mesh.meshctl("experts")["layers"]
            return sum(e["rowCount"] for layer in layers for e in layer["experts"])

        before = rows()
        self.mesh.complete("Counting", 8)
        self.assertGreater(rows(), before)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.mesh.admin("/admin/experts?from=1")
        self.assertEqual(caught.exception.code, 400)

    def test_second_mesh(self):
        """a second mesh in the same place is refused, and the first lives on"""
        with self.assertRaises(mesh.CommandFailed) as caught:
            self.mesh.meshctl("up", "--detach", "--config", self.mesh.config)
        self.assertIn("already running", str(caught.exception))
        self.assertTrue(self.mesh.complete("Hello", 2))
