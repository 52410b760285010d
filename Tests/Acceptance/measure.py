"""Figures of a mesh that is killed, scaled and swapped under load: `benchmarks run NAME` starts this.

    python measure.py NAME [--quick]

Clients stream greedy completions one after the other; what happens to their tokens is the figure. Prints
one line of JSON: value, baseline, notes.
"""

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from itertools import zip_longest
from pathlib import Path

import soak
from cluster import Cluster, Request
from load import Load
from mesh import ROOT, fetch_weights
from process import until

CLIENTS = 4
TOKENS = 24
PROMPTS = [
    "The history of printing begins", "def fibonacci(n):", "Water boils at a lower", "Once upon a time"]
# The rate is full again when so many steps come at this share of the rate before.
FULL_STEPS = 6
FULL_SHARE = 0.8
NOTICED_SECONDS = 120
# A worker that has sent so much has computed rows: its heartbeats are a thousand times smaller.
RESULT_BYTES = 100_000
MEGABYTE = 1 << 20


class StreamLoad(Load):
    """Streams of a cluster, and when each of their tokens came."""

    def __init__(self, cluster):
        super().__init__(CLIENTS)
        self.cluster = cluster
        self.expected = self.undisturbed()
        self.requests = []

    def __enter__(self):
        super().__enter__()
        until(lambda: len(self.times()) > CLIENTS, NOTICED_SECONDS, "the load has begun")
        return self

    def undisturbed(self):
        """A whole answer to each prompt."""
        requests = [self.cluster.start_request(prompt, TOKENS) for prompt in PROMPTS]
        for request in requests:
            request.join()
            request.check()
        return {request.prompt: request for request in requests}

    def ask(self, client, turn):
        request = Request(self.cluster, PROMPTS[(client + turn) % len(PROMPTS)], TOKENS)
        self.requests.append(request)
        request.run()

    def go_on(self, seconds):
        """The load is what takes time here. Returns when it began and when it ended."""
        began = time.monotonic()
        self.is_over.wait(seconds)
        return began, time.monotonic()

    def times(self):
        return sorted(moment for request in list(self.requests) for moment in list(request.times))

    def rate(self, began, ended):
        """Tokens per second."""
        return sum(began < moment <= ended for moment in self.times()) / (ended - began)

    def gaps(self, began, ended):
        """Milliseconds between a token and the next of its request, for those that end in the span."""
        for request in list(self.requests):
            times = list(request.times)
            for before, moment in zip(times, times[1:]):
                if began < moment <= ended:
                    yield 1000 * (moment - before)

    def lost(self):
        """Every request that has ended and was not answered as always."""
        return [
            request for request in list(self.requests) if request.seconds is not None
            and (request.error or request.text != self.expected[request.prompt].text)]

    def assert_none_lost(self):
        lost = self.lost()
        if lost:
            raise AssertionError(
                f"{len(lost)} of {len(self.requests)} requests were lost, the first after "
                f"{lost[0].text!r}: {lost[0].error!r}")

    def wrong_tokens(self):
        """Tokens of lost requests that are missing or are not as always."""
        return sum(
            sum(piece != right for piece, right in zip_longest(
                request.pieces, self.expected[request.prompt].pieces))
            for request in self.lost())

    def full_again(self, since, rate):
        """When, after `since`, the first steps came that were as fast as before; None: not yet."""
        times = [moment for moment in self.times() if moment > since]
        span = FULL_STEPS * CLIENTS / rate
        for place, moment in enumerate(times):
            if moment + span > time.monotonic():
                return None
            if bisect_right(times, moment + span) - place >= FULL_SHARE * FULL_STEPS * CLIENTS:
                return moment
        return None


def cluster_of(workers, replicas=2, flags=()):
    """In fixed order, so that no placement changes a token."""
    return Cluster(
        workers, ["--order", "fixed", "--replicas", replicas, *flags], replicas=replicas)


# Kills

def kills(replicas, rounds, seconds):
    """The load, milliseconds to the full rate after each kill, and tokens per second before."""
    recoveries, rates = [], []
    with cluster_of(2, replicas) as cluster:
        with StreamLoad(cluster) as load:
            for _ in range(rounds):
                rate = load.rate(*load.go_on(seconds))
                rates.append(rate)
                recoveries.append(kill(cluster, load, rate))
        return load, recoveries, rates


def kill(cluster, load, rate):
    """kill -9 of the worker that holds most. Milliseconds from then to the full rate; it returns after."""
    held = {report["name"]: report["expertCount"] for report in cluster.status()["workers"]}
    worker = max(cluster.workers, key=lambda worker: held[worker.name])
    began = time.monotonic()
    worker.kill()
    full = until(
        lambda: load.full_again(began, rate), NOTICED_SECONDS,
        lambda: f"the full rate\n{cluster.tails()}")
    worker.start()
    until(lambda: worker.name in cluster.joined(), NOTICED_SECONDS, "the worker is back")
    return 1000 * (full - began)


def recovery(replicas, quick):
    load, recoveries, rates = kills(replicas, 2 if quick else 10, 3 if quick else 10)
    load.assert_none_lost()
    held = "both workers hold every expert" if replicas == 2 else "each expert lives on one worker"
    return measured(
        statistics.median(recoveries),
        f"median of {len(recoveries)} kills of one of two workers, worst {max(recoveries):.0f} ms; {held}; "
        f"{CLIENTS} streams, {statistics.mean(rates):.0f} tokens/s before, so a step takes "
        f"{1000 * CLIENTS / statistics.mean(rates):.0f} ms; until {FULL_STEPS} steps come at "
        f"{FULL_SHARE:.0%} of that rate")


def recovery_with_replica(quick):
    return recovery(2, quick)


def recovery_without_replica(quick):
    return recovery(1, quick)


def lost_requests(quick):
    rounds = 3 if quick else 20
    load, _, _ = kills(2, rounds, 2 if quick else 5)
    return measured(
        len(load.lost()), f"of {len(load.requests)} streamed under {rounds} kills of one of two workers "
        "that both hold every expert; lost: ended early, or with another token than without faults")


# Scale

def scale(quick):
    times = [scaled() for _ in range(1 if quick else 5)]
    return measured(
        statistics.median(value for value, _ in times),
        f"from the start of two more processes until all four have sent results; {CLIENTS} streams; "
        f"slowest worker of {len(times)} runs listening after "
        f"{max(started for _, started in times):.0f} ms")


def scaled():
    """Milliseconds until four compute, and until the new ones listen."""
    with cluster_of(2) as cluster, StreamLoad(cluster) as load:
        links = [cluster.through_link(cluster.link.target) for _ in range(2)]
        more = [cluster.worker(3 + place, link.address) for place, link in enumerate(links)]
        cluster.workers += more
        began = time.monotonic()
        for worker in more:
            worker.launch()
        until(lambda: all(worker.listens() for worker in more), NOTICED_SECONDS, "they listen")
        started = time.monotonic()
        until(
            lambda: all(link.up.carried > RESULT_BYTES for link in links), NOTICED_SECONDS,
            lambda: f"four workers compute\n{cluster.tails()}")
        ended = time.monotonic()
        load.assert_none_lost()
        return 1000 * (ended - began), 1000 * (started - began)


# Swaps

def swaps(quick):
    """A load under which experts are swapped for themselves; the spans before and during; how often."""
    seconds = 6 if quick else 60
    with tempfile.TemporaryDirectory() as folder:
        with cluster_of(2, flags=["--catalog", f"{folder}/catalog.sqlite"]) as cluster:
            with StreamLoad(cluster) as load:
                load.go_on(1)
                before = load.go_on(seconds)
                began, count = time.monotonic(), 0
                while time.monotonic() < began + seconds:
                    swap(cluster)
                    count += 1
                return load, before, (began, time.monotonic()), count


def swap(cluster):
    """Stages the experts that serve under another number, and promotes them."""
    serving = cluster.router.admin("/admin/revisions")["serving"]
    layers = cluster.router.admin(f"/admin/revisions/{serving}")["layers"]
    body = {"layers": [{"layer": layer["layer"], "experts": layer["experts"]} for layer in layers]}
    revision = post(cluster, "/admin/revisions", body)["revision"]
    state = lambda: next(
        entry["state"] for entry in cluster.router.admin("/admin/revisions")["revisions"]
        if entry["revision"] == revision)
    until(lambda: state() == "staged", NOTICED_SECONDS, lambda: f"staged, not {state()}")
    post(cluster, f"/admin/revisions/{revision}/promote", {})


def post(cluster, path, body):
    status, answer = cluster.router.send("POST", path, json.dumps(body).encode(), NOTICED_SECONDS)
    if status != 200:
        raise AssertionError(f"POST {path}: {status}, {answer}")
    return answer


def swap_ratio(quick):
    load, before, during, count = swaps(quick)
    first, second = (percentile(load.gaps(*span), 0.99) for span in (before, during))
    return measured(
        second / first, f"p99 of the time per token, {second:.0f} ms while {count} revisions of identical "
        f"experts were staged and promoted one after the other, {first:.0f} ms in the span before, "
        f"{during[1] - during[0]:.0f} s each; {CLIENTS} streams", first)


def swap_wrong_tokens(quick):
    load, _, _, count = swaps(quick)
    return measured(
        load.wrong_tokens(), f"of {len(load.times())} streamed while {count} revisions of identical experts "
        "were staged and promoted one after the other")


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


# Others

def simulation_seeds(quick):
    """The time is the test's own, so that nothing of the build is in it."""
    count = 5_000 if quick else 50_000
    flags = os.environ.get(
        "SWIFT_FLAGS", "-c release -Xswiftc -enable-testing --no-color-diagnostics").split()
    ended = subprocess.run(
        ["swift", "test", *flags, "--disable-xctest", "--no-parallel", "--filter", "no seed violates"],
        cwd=ROOT, env={**os.environ, "SIMULATION_SEEDS": str(count)}, capture_output=True, text=True)
    found = re.search(r'Test "no seed violates.*" passed after ([\d.]+) seconds', ended.stdout)
    if found is None:
        raise AssertionError(f"the simulation did not pass: {(ended.stdout + ended.stderr)[-500:]}")
    seconds = float(found[1])
    return measured(
        60 * count / seconds, f"{count} seeds, every invariant after every event, in {seconds:.1f} s")


def soak_growth(quick):
    minutes = 3 if quick else 30
    with Cluster(seed=1, **soak.SETTINGS) as cluster:
        report = soak.run(cluster, minutes, seed=1)
    if report["broken"] or report["failed"] or report["wrong"]:
        raise AssertionError(f"the soak itself failed: {report}")
    growth = report["rss_bytes_per_minute"]["router"] / MEGABYTE
    return measured(
        growth, f"resident memory of the router, slope over {minutes - 1} minutes after the first; "
        f"{report['requests']} requests, {sum(report['faults'].values())} faults, none failed or wrong")


def measured(value, notes, baseline=None):
    """With how busy the machine was, the measurement included."""
    busy = f"load average {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"
    return {"value": value, "baseline": baseline, "notes": f"{notes}; {busy}"}


FIGURES = {
    "sim.seeds.per-minute": simulation_seeds,
    "kill.lost.requests": lost_requests,
    "kill.recovery.with-replica.ms": recovery_with_replica,
    "kill.recovery.without-replica.ms": recovery_without_replica,
    "scale.2to4.ms": scale,
    "swap.p99.ratio": swap_ratio,
    "swap.wrong.tokens": swap_wrong_tokens,
    "soak.rss.growth": soak_growth,
}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("name", choices=FIGURES)
    options.add_argument("--quick", action="store_true")
    chosen = options.parse_args()
    if chosen.name != "sim.seeds.per-minute":
        fetch_weights()
    print(json.dumps(FIGURES[chosen.name](chosen.quick)))


if __name__ == "__main__":
    sys.exit(main())
