#!/usr/bin/env python3
"""Starts the mesh of compose/compose.yaml in an engine that runs, uses it, and takes it down.

Ends with one line: `N passed, N failed, N skipped`. Called by check.sh.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "Acceptance"))

import stack
from case import DOCUMENTS, store_of
from load import QUESTION, Load
from openai import OpenAI

LIBEVENT_MIN = "2.1.12-stable-8+deb12u1"
IMAGE_BYTE_COUNT_MAX = 180 << 20
WORKER_COUNT = 4
ROLL_TIMEOUT = 300


def expect(condition, what):
    if not condition:
        raise stack.Failed(what)


class Check:
    """The steps, in order; each needs those before it."""

    def images(self):
        """three images are built, small, with the fixed libevent"""
        stack.build_images()
        for product in stack.PRODUCTS:
            size = stack.inspect(f"expertmesh/{product}:check")["Size"]
            expect(size < IMAGE_BYTE_COUNT_MAX, f"{product} is small, and it has {size} bytes")
        stack.docker(
            "run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", "expertmesh/router:check",
            "-c", 'dpkg --compare-versions "$(dpkg-query --show --showformat=\'${Version}\' '
            f'libevent-core-2.1-7)" ge "{LIBEVENT_MIN}"')

    def up(self):
        """docker compose up: every container becomes healthy"""
        stack.import_model()
        stack.compose("up", "--detach", "--no-build")
        for service in stack.PRODUCTS:
            stack.wait_for(lambda: stack.are_healthy(service), f"{service} is healthy")

    def confinement(self):
        """no container has root, a capability, or a root file system that it can write to"""
        for service in stack.PRODUCTS:
            container = stack.containers(service)[0]
            rights = stack.docker(
                "exec", container, "/bin/sh", "-c",
                "id -u; grep CapEff /proc/1/status; grep NoNewPrivs /proc/1/status; "
                "touch /probe 2>/dev/null && echo writable || echo read-only")
            expected = ["10001", "CapEff:\t0000000000000000", "NoNewPrivs:\t1", "read-only"]
            expect(rights.splitlines() == expected, f"{service} is confined: {rights}")

    def chat(self):
        """a question is answered over the published port"""
        self.client = OpenAI(base_url=stack.published_url(), api_key="unused", max_retries=0)
        self.model = self.client.models.list().data[0].id
        answer = self.client.chat.completions.create(
            model=self.model, messages=[{"role": "user", "content": "Say hello."}], max_tokens=16)
        expect(answer.choices[0].message.content.strip(), "the answer has words")

    def citation(self):
        """an answer from an uploaded document cites it"""
        self.store = store_of(self.client, DOCUMENTS, "containers")
        response = self.client.responses.create(
            model=self.model, input=QUESTION, temperature=0, max_output_tokens=48,
            tools=[{"type": "file_search", "vector_store_ids": [self.store.id]}])
        message = next(item for item in response.output if item.type == "message")
        cited = {note.filename for note in message.content[0].annotations}
        expect("oil.txt" in cited, f"oil.txt is cited, in {response.output_text!r}: {cited}")

    def scale(self):
        """--scale expert-worker=4 adds workers that hold experts"""
        stack.compose(
            "up", "--detach", "--no-build", "--no-recreate", "--scale",
            f"expert-worker={WORKER_COUNT}")
        stack.wait_for(lambda: len(self.holders()) == WORKER_COUNT, f"{WORKER_COUNT} workers hold")

    def holders(self):
        return [w["name"] for w in stack.status()["workers"] if w["expertCount"] > 0]

    def roll(self):
        """replacing every container in turn under load loses no request"""
        before = {service: set(stack.containers(service)) for service in stack.PRODUCTS}
        with Load(self.model, self.store.id) as load:
            for service in ("expert-worker", "router", "knowledge-store"):
                stack.run(stack.ROOT / "compose/roll.sh", service, timeout=ROLL_TIMEOUT)
        figure = {
            "name": "containers.roll.failed-requests", "failed": len(load.failures),
            "requests": load.request_count, "counts": load.counts, "seconds": load.seconds,
            "replaced": sum(map(len, before.values())),
        }
        print(f"figure {json.dumps(figure)}")
        expect(load.request_count > 0, "there was a load")
        failures = "\n".join(load.failures[:10])
        expect(not load.failures, f"{len(load.failures)} of {load.request_count}:\n{failures}")
        for service, old in before.items():
            new = set(stack.containers(service))
            expect(not old & new, f"every {service} is a new one")
            expect(len(old) == len(new), f"{len(old)} of {service} were replaced, by {len(new)}")

    def kill(self):
        """a worker that is killed is started again, and serves"""
        killed = stack.containers("expert-worker")[0]
        os.kill(stack.inspect(killed)["State"]["Pid"], signal.SIGKILL)
        stack.wait_for(lambda: stack.inspect(killed)["RestartCount"] == 1, "it is restarted")
        stack.wait_for(lambda: stack.is_healthy(killed), "it is healthy again")
        stack.wait_for(lambda: len(self.holders()) == WORKER_COUNT, f"{WORKER_COUNT} workers hold")

    def down(self):
        """docker compose down leaves nothing running"""
        stack.compose("stop")
        for service in stack.PRODUCTS:
            for container in stack.containers(service, "--all"):
                code = stack.inspect(container)["State"]["ExitCode"]
                expect(code == 0, f"{service} ends with status 0, and it was {code}")
        stack.remove()
        left = stack.docker("ps", "--quiet", "--filter", f"name={stack.PROJECT}")
        expect(not left, f"nothing runs, and there is {left}")

    steps = (images, up, confinement, chat, citation, scale, roll, kill, down)


def report(check):
    """How many steps passed before one failed."""
    for passed, step in enumerate(check.steps):
        began = time.monotonic()
        try:
            step(check)
        except Exception as error:
            print(f"✘ {step.__doc__} ({time.monotonic() - began:.1f} s)\n{error}", flush=True)
            print(stack.testimony(), file=sys.stderr)
            return passed
        print(f"✔ {step.__doc__} ({time.monotonic() - began:.1f} s)", flush=True)
    return len(check.steps)


def main():
    check = Check()
    try:
        passed = report(check)
    finally:
        stack.remove()
    failed = int(passed < len(check.steps))
    skipped = len(check.steps) - passed - failed
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed


if __name__ == "__main__":
    sys.exit(main())
