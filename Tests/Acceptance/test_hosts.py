"""Workers on several hosts."""

import socket
import unittest

import mesh
import namespaces
from case import available
from cluster import Cluster
from namespaces import Hosts
from test_faults import DECODE, GONE, ClusterCase, Fault, lost_by_router, nobody_notices


class HostTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        available(mesh.fetch_weights)

    def test_copies(self):
        """the two copies of an expert live on two hosts, where workers say where they are"""
        cluster = Cluster(3)
        for worker, host in zip(cluster.workers, ("near", "near", "far")):
            worker.set("--host", host)
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


CABLE = Fault(
    "a pulled cable of a host", lambda c: c.hosts[0].cut(), lambda c: c.hosts[0].join(),
    lost_by_router("silent", *GONE))


class NetworkTests(ClusterCase):
    """Two workers on two hosts, which reach the router over cables of their own."""

    settings = {"workers": 2, "router_flags": ["--order", "fixed"], "seed": 41}

    @classmethod
    def made_cluster(cls):
        hosts = Hosts(2)
        try:
            hosts.__enter__()
        except namespaces.Unavailable as reason:
            raise unittest.SkipTest(str(reason))
        cls.addClassCleanup(hosts.__exit__)
        cluster = super().made_cluster()
        cluster.hosts = hosts
        address = f"{Hosts.address}:7000"
        cluster.router.set("--mesh-listen", address)
        for worker, host in zip(cluster.workers, hosts):
            worker.prefix = host.prefix
            worker.set("--routers", address)
            worker.set("--host", host.name)
        return cluster

    def test_cable(self):
        """a host whose cable is pulled while tokens are made: nobody notices, and it comes back"""
        nobody_notices(self, CABLE, DECODE)
