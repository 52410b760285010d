"""Hosts on one machine: network namespaces, each on a cable of its own to where the tests run.

    with Hosts(2) as hosts:
        subprocess.run([*hosts[0].prefix, "ping", Hosts.address])   # a command on the first host
        hosts[0].cut()                                              # its cable is pulled
        hosts[0].join()
"""

import os
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass


class Unavailable(Exception):
    """Why there can be no namespaces here."""


def ip(*arguments):
    try:
        ended = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    except FileNotFoundError as error:
        raise Unavailable("there is no command ip") from error
    if ended.returncode != 0:
        raise Unavailable(f"ip {' '.join(arguments)}: {ended.stderr.strip()}")


@dataclass(frozen=True)
class Host:
    number: int

    @property
    def name(self):
        return f"expertmesh-{os.getpid()}-{self.number}"

    @property
    def prefix(self):
        """What to write before a command."""
        return ["nsenter", f"--net=/run/netns/{self.name}"]

    def cut(self):
        """Nothing gets through any more, and the other end is not told."""
        ip("-n", self.name, "link", "set", "eth0", "down")

    def join(self):
        ip("-n", self.name, "link", "set", "eth0", "up")

    def connect(self):
        address, cable = f"198.18.0.{self.number + 1}", f"em{os.getpid()}-{self.number}"
        ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("addr", "add", Hosts.address, "peer", address, "dev", cable)
        ip("link", "set", cable, "up")
        ip("-n", self.name, "addr", "add", address, "peer", Hosts.address, "dev", "eth0")
        ip("-n", self.name, "link", "set", "eth0", "up")
        ip("-n", self.name, "link", "set", "lo", "up")


class Hosts:
    """Use it in a `with` statement. Raises `Unavailable` where namespaces cannot be made."""

    # Of the range for measurements (RFC 2544), which no network routes. All hosts reach us by it.
    address = "198.18.0.1"

    def __init__(self, count):
        self.hosts = [Host(number + 1) for number in range(count)]
        self.stack = ExitStack()

    def __enter__(self):
        with ExitStack() as stack:
            for host in self.hosts:
                ip("netns", "add", host.name)
                # The cable goes with the namespace.
                stack.callback(ip, "netns", "del", host.name)
                host.connect()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def __getitem__(self, place):
        return self.hosts[place]
