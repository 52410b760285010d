"""Workers on several hosts."""

import socket
import unittest

import mesh
from case import available
from cluster import Cluster


class HostTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        available(mesh.fetch_weights)

    def test_copies(self):
        """the two copies of an expert live on two hosts, where workers say where they are"""
        cluster = Cluster(3)
        for worker, host in zip(cluster.workers, ("near", "near", "far")):
            worker.flags += ["--host", host]
        with cluster:
            hosts = {report["name"]: report["host"] for report in cluster.status()["workers"]}
            self.assertEqual(sorted(hosts.values()), ["far", "near", "near"])
            for layer in cluster.router.admin("/admin/experts")["layers"]:
                for expert in layer["experts"]:
                    self.assertEqual({hosts[name] for name in expert["workers"]}, {"near", "far"})

    def test_default(self):
        """a worker that is told nothing names the machine"""
        with Cluster(1) as cluster:
            self.assertEqual(cluster.status()["workers"][0]["host"], socket.gethostname())
