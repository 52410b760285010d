"""Workers that have no model fetch their artifacts from the router."""

import unittest
from pathlib import Path

import mesh
from case import available
from cluster import Cluster
from process import until

PROMPT = "The history of printing begins"
TOKENS = 12
FETCH_SECONDS = 120


class ArtifactTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        available(mesh.fetch_weights)

    def report(self, cluster, worker):
        """What the router says of a worker, empty while it does not know it."""
        reports = [r for r in cluster.status()["workers"] if r["name"] == worker.name]
        return reports[0] if reports else {}

    def cached(self, worker):
        """The files in its cache, as the process sees them."""
        cache = worker.flags[worker.flags.index("--artifact-cache") + 1]
        return {path.name for path in Path(f"/proc/{worker.pid}/root{cache}").iterdir()}

    def add(self, cluster, worker):
        cluster.workers.append(worker)
        worker.start()

    def test_fetched(self):
        """a worker that is killed while it fetches goes on where it was, and answers as others do"""
        with Cluster(workers=1) as cluster:
            expected = cluster.complete(PROMPT, TOKENS)
            fetching = cluster.fetching_worker(2, flags=["--fetch-rate", "20MiB"])
            self.add(cluster, fetching)
            until(lambda: len(self.cached(fetching)) > 20, FETCH_SECONDS, "some are fetched")
            fetching.kill()
            kept = {path.name.removesuffix(".partial") for path in Path(fetching.flags[5]).iterdir()}
            fetching.start()
            until(cluster.is_whole, FETCH_SECONDS, lambda: f"all are fetched\n{cluster.tails()}")
            self.assertGreater(len(kept), 20)
            self.assertFalse(kept - self.cached(fetching))
            cluster.workers[0].terminate()
            self.assertEqual(cluster.complete(PROMPT, TOKENS), expected)

    def test_full_disk(self):
        """a worker whose disk is full says so, keeps nothing by halves, and works with what it has"""
        with Cluster(workers=1) as cluster:
            expected = cluster.complete(PROMPT, TOKENS)
            small = cluster.fetching_worker(2, disk_size="1m")
            self.add(cluster, small)
            failures = until(
                lambda: self.report(cluster, small).get("failures"), FETCH_SECONDS,
                lambda: f"the router knows\n{cluster.tails()}")
            self.assertTrue(any("the disk has" in failure for failure in failures), failures)
            self.assertTrue(small.is_running)
            self.assertGreater(self.report(cluster, small)["expertCount"], 0)
            until(
                lambda: not any(name.endswith(".partial") for name in self.cached(small)),
                FETCH_SECONDS, "nothing is kept by halves")
            self.assertEqual(cluster.complete(PROMPT, TOKENS), expected)


if __name__ == "__main__":
    unittest.main()
