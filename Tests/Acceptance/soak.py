"""Mixed load and random faults for as long as you like: `make soak MINUTES=30`.

Three workers, two replicas, a knowledge-store. Every few seconds something is killed, stopped, drained or
cut off, and put right again; which and when is drawn from the seed. Every answer is greedy and is
compared with the one that was given before the first fault. What only the knowledge-store can answer may
be refused while it is the one at fault; nothing else may.

Ends with one line of JSON, and with status 1 when a request failed or an answer was wrong.
"""

import argparse
import json
import os
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Callable

import openai
from case import DOCUMENTS, store_of
from cluster import Cluster
from load import Load
from mesh import fetch_weights

CLIENTS = 4
SAMPLE_SECONDS = 5
# In fixed order, so that no placement changes a token.
SETTINGS = {"workers": 3, "router_flags": ["--order", "fixed"], "knowledge": True}


# What is asked

def completion(cluster, prompt):
    stream = cluster.client.completions.create(
        model=cluster.model, prompt=prompt, max_tokens=24, temperature=0, stream=True)
    chunks = [choice for chunk in stream for choice in chunk.choices]
    if not any(choice.finish_reason for choice in chunks):
        raise openai.APIError("a stream without an end", request=None, body=None)
    return "".join(choice.text for choice in chunks)


def chat(cluster, question):
    answer = cluster.client.chat.completions.create(
        model=cluster.model, max_tokens=24, temperature=0,
        messages=[{"role": "user", "content": question}])
    return answer.choices[0].message.content


def embedding(cluster, text):
    answer = cluster.client.embeddings.create(model=cluster.encoder, input=[text])
    return answer.data[0].embedding


def answer_from_documents(cluster, question):
    response = cluster.client.responses.create(
        model=cluster.model, input=question, temperature=0, max_output_tokens=24,
        tools=[{"type": "file_search", "vector_store_ids": [cluster.store.id]}])
    return response.output_text


@dataclass(frozen=True)
class Question:
    ask: Callable
    text: str
    needs_knowledge: bool = False


QUESTIONS = [
    *(Question(completion, text) for text in (
        "The history of printing begins", "def fibonacci(n):", "Water boils at a lower",
        "The printing press was made by a man who liked books. " * 8)),
    *(Question(chat, text) for text in ("Name three colours.", "Why is the sky blue?")),
    *(Question(embedding, text, True) for text in ("A cat sleeps.", "Taxes are due in April.")),
    *(Question(answer_from_documents, text, True) for text in (
        "When did the 1973 oil crisis begin?", "How hot is the water for green tea?")),
]


class MixedLoad(Load):
    """Clients that ask all kinds of questions, each in an order of its own."""

    def __init__(self, cluster, seed):
        super().__init__(CLIENTS)
        self.cluster = cluster
        self.lock = threading.Lock()
        self.counts = Counter()
        self.slowest = 0.0
        self.fault = None           # what is going wrong, for the log
        self.knowledge_fault = 0    # grows when one begins and when it has ended: odd while it lasts
        self.expected = {question: question.ask(cluster, question.text) for question in QUESTIONS}
        self.dice = [random.Random(f"{seed} {number}") for number in range(CLIENTS)]

    def ask(self, client, turn):
        question = self.dice[client].choice(QUESTIONS)
        fault, began = self.knowledge_fault, time.monotonic()
        outcome, note = self.outcome(question)
        seconds = time.monotonic() - began
        was_away = fault % 2 == 1 or self.knowledge_fault != fault
        if outcome == "failed" and question.needs_knowledge and was_away:
            outcome = "refused"
        with self.lock:
            self.counts[outcome] += 1
            if seconds > self.slowest + 1:
                note = note or "the slowest so far"
            self.slowest = max(self.slowest, seconds)
        if note and outcome != "refused":
            say(f"{outcome} after {seconds:.1f} s, last fault {self.fault}: "
                f"{question.ask.__name__} {question.text[:40]!r}: {note}")

    def outcome(self, question):
        try:
            answer = question.ask(self.cluster, question.text)
        except Exception as error:  # Whatever it is, the request has failed.
            return "failed", repr(error)
        if answer != self.expected[question]:
            return "wrong", f"{str(answer)[:200]!r}"
        return "right", None


# What goes wrong

def mortal(cluster, dice):
    """The last worker is never ended, so that one of them grows old."""
    return dice.choice(cluster.workers[:-1])


def kill(cluster, dice, load):
    worker = mortal(cluster, dice)
    worker.kill()
    cluster.wait_for(lambda: worker.name not in cluster.joined(), "the router misses the worker")
    worker.start()


def drain(cluster, dice, load):
    worker = mortal(cluster, dice)
    status = worker.terminate()
    assert status == 0, f"{worker.name} ended with {status} when asked to stop"
    worker.start()


def pause(cluster, dice, load):
    """Shorter than what a peer is given, or longer."""
    process = dice.choice([*cluster.workers, cluster.router])
    process.pause()
    last(dice.uniform(0.2, 3))
    process.resume()


def cut(cluster, dice, load):
    dice.choice([cluster.link.cut, cluster.link.up.cut, cluster.link.down.cut])()
    last(dice.uniform(0.5, 3))
    cluster.link.heal()


def flip(cluster, dice, load):
    dice.choice([cluster.link.up, cluster.link.down]).flip = 30_000
    last(dice.uniform(1, 4))
    cluster.link.heal()


def reset(cluster, dice, load):
    cluster.link.reset()


def lose_knowledge(cluster, dice, load):
    load.knowledge_fault += 1
    if dice.random() < 0.5:
        cluster.knowledge.kill()
        cluster.knowledge.start()
    else:
        cluster.knowledge.pause()
        last(dice.uniform(0.2, 3))
        cluster.knowledge.resume()
    cluster.wait_until_whole()
    load.knowledge_fault += 1


FAULTS = [kill, kill, drain, pause, pause, cut, flip, reset, lose_knowledge]


def last(seconds):
    """How long a fault lasts; nothing waits for anything here."""
    time.sleep(seconds)


# What is watched

class Watch:
    """Memory and descriptors of every process, since it was last started."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.began = time.monotonic()
        self.samples = defaultdict(list)   # (name, process number) → (minutes, bytes, descriptors)
        self.file_counts = []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.is_over.wait(SAMPLE_SECONDS):
            minutes = (time.monotonic() - self.began) / 60
            for process in self.cluster.processes:
                self.sample(process, minutes)
            files = sum(len(names) for _, _, names in os.walk(self.cluster.folder))
            self.file_counts.append(files)

    def sample(self, process, minutes):
        try:
            sample = (minutes, process.resident_bytes(), process.descriptor_count())
        except OSError:
            return  # It has just been killed.
        self.samples[process.name, process.pid].append(sample)

    def finish(self):
        self.is_over.set()
        self.thread.join()

    def lives(self):
        """Of each process the longest life, without its first minute, if at least one is left."""
        longest = {}
        for (name, _), samples in self.samples.items():
            settled = [s for s in samples if s[0] - samples[0][0] >= 1]
            is_long = len(settled) > 1 and settled[-1][0] - settled[0][0] >= 1
            if is_long and len(settled) > len(longest.get(name, [])):
                longest[name] = settled
        return longest


def slope(points):
    """By least squares."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


# The run

def say(text):
    print(text, file=sys.stderr, flush=True)


def run(cluster, minutes, seed):
    cluster.store = store_of(cluster.client, DOCUMENTS, "soak")
    names = [model.id for model in cluster.client.models.list().data]
    cluster.encoder = next(name for name in names if name != cluster.model)
    watch, faults, broken = Watch(cluster), Counter(), None
    with MixedLoad(cluster, seed) as load:
        watch.thread.start()
        try:
            strike(cluster, load, faults, time.monotonic() + minutes * 60, seed)
        except AssertionError as error:
            broken = str(error)
            say(broken)
    watch.finish()
    return report(load, watch, faults, broken, seed)


def strike(cluster, load, faults, end, seed):
    dice = random.Random(seed)
    while time.monotonic() < end:
        fault = dice.choice(FAULTS)
        last(dice.uniform(2, 8))
        load.fault = fault.__name__
        fault(cluster, dice, load)
        cluster.wait_until_whole()
        faults[fault.__name__] += 1
        say(f"{max(0, end - time.monotonic()):5.0f} s left, {dict(load.counts)}, "
            f"{sum(faults.values())} faults, last: {fault.__name__}")


def report(load, watch, faults, broken, seed):
    lives = watch.lives()
    return {
        "seed": seed,
        "requests": sum(load.counts.values()),
        "failed": load.counts["failed"],
        "refused_without_knowledge_store": load.counts["refused"],
        "wrong": load.counts["wrong"],
        "slowest_seconds": round(load.slowest, 1),
        "faults": dict(faults),
        "broken": broken,
        "rss_bytes_per_minute": {
            name: round(slope([(x, y) for x, y, _ in samples])) for name, samples in lives.items()},
        "descriptors": {name: [s[0][2], s[-1][2]] for name, s in lives.items()},
        "files": [watch.file_counts[0], watch.file_counts[-1]] if watch.file_counts else [],
    }


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=30)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = options.parse_args()
    fetch_weights()
    say(f"seed {chosen.seed}")
    with Cluster(seed=chosen.seed, **SETTINGS) as cluster:
        result = run(cluster, chosen.minutes, chosen.seed)
        if result["failed"] or result["wrong"] or result["broken"]:
            say(cluster.tails())
    print(json.dumps(result))
    return 1 if result["failed"] or result["wrong"] or result["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
