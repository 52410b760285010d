"""Asks a real mesh questions about the held-out articles: demo.py gold|retrieved DATA [SECONDS]

gold: each question is asked of a vector store that holds its own paragraph, and no other.
retrieved: of one store with every paragraph of every article; one question in four is unanswerable.

Prints one JSON object. SECONDS bounds the asking, and then the store holds few paragraphs. Needs the
`openai` package, as the acceptance tests do.
"""

import json
import math
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path += [str(ROOT / "Tests/Acceptance"), str(ROOT / "Shared/DemoModel")]

import mesh as processes  # noqa: E402
import scoring  # noqa: E402
from articles import read_articles  # noqa: E402

TOGETHER = 4  # requests that share the mesh's steps
# Drawn from all that are held out: the standard error is then about 2.5 points.
QUESTIONS = 300
QUICK_QUESTIONS = 60
QUICK_PARAGRAPHS = 40


class Library:
    """Vector stores of paragraphs; a paragraph's file is known by the paragraph's text."""

    def __init__(self, client):
        self.client = client
        self.files = {}

    def store(self, paragraphs):
        store = self.client.vector_stores.create(name="benchmark")
        with ThreadPoolExecutor(TOGETHER) as pool:
            ids = list(pool.map(self.upload, paragraphs))
        for start in range(0, len(ids), 100):
            batch = self.client.vector_stores.file_batches.create_and_poll(
                store.id, file_ids=ids[start:start + 100], poll_interval_ms=100)
            assert batch.file_counts.failed == 0, batch
        return store.id

    def upload(self, paragraph):
        file = self.client.files.create(
            file=("paragraph.txt", paragraph.encode()), purpose="assistants")
        self.files[file.id] = paragraph
        return file.id


class Asker:
    """Puts questions to the mesh and keeps what came back: (question, answer, cited paragraphs)."""

    def __init__(self, mesh, library, store_of):
        self.mesh, self.library, self.store_of = mesh, library, store_of

    def ask(self, question):
        store = self.store_of(question)
        response = self.mesh.client.responses.create(
            model=self.mesh.model, input=question["question"], temperature=0,
            tools=[{"type": "file_search", "vector_store_ids": [store]}])
        message = response.output[-1].content[0]
        cited = [self.library.files[note.file_id] for note in message.annotations]
        return question, message.text, cited

    def ask_all(self, questions, seconds):
        """As many answers as fit into the time, in the order of the questions."""
        end = time.monotonic() + seconds
        asked = []
        with ThreadPoolExecutor(TOGETHER) as pool:
            for start in range(0, len(questions), TOGETHER):
                if time.monotonic() > end:
                    break
                asked += pool.map(self.ask, questions[start:start + TOGETHER])
        return asked


def count(seconds):
    return QUESTIONS if seconds is None else QUICK_QUESTIONS


def gold(mesh, data, seconds):
    questions = scoring.held_out_questions(data, count(seconds), True)
    library, stores = Library(mesh.client), {}

    def store_of(question):
        text = question["context"]
        stores[text] = stores.get(text) or library.store([text])
        return stores[text]

    return answered(Asker(mesh, library, store_of).ask_all(questions, seconds or math.inf))


def retrieved(mesh, data, seconds):
    answerable = scoring.held_out_questions(data, count(seconds), True)
    missing = scoring.held_out_questions(data, len(answerable) // 3, False)
    questions = answerable + missing
    random.Random(scoring.SEED).shuffle(questions)
    texts = {paragraph["context"].strip() for article in read_articles(data, "1.1")
             for paragraph in article["paragraphs"]}
    if seconds is not None:
        # The paragraphs that the first questions need, and strangers.
        near = [question["context"] for question in questions[:QUICK_PARAGRAPHS // 2]]
        others = random.Random(scoring.SEED).sample(sorted(texts), QUICK_PARAGRAPHS // 2)
        questions, texts = questions[:QUICK_PARAGRAPHS // 2], {*near, *others}
    library = Library(mesh.client)
    store = library.store(sorted(texts))
    asked = Asker(mesh, library, lambda _: store).ask_all(questions, seconds or math.inf)
    with_answer = [entry for entry in asked if entry[0]["answers"]]
    without = [entry for entry in asked if not entry[0]["answers"]]
    falsely, rightly = (
        sum(scoring.is_refusal(text) for _, text, _ in entries) for entries in (with_answer, without))
    return answered(with_answer) | {
        "paragraphs": len(texts),
        "refusal": scoring.refusal_scores(falsely, len(with_answer), rightly, len(without)),
    }


def answered(asked):
    """Exact match, F1 and right citations, in percent: a refused question counts as wrong."""
    exact = f1 = right = given = 0
    for question, text, cited in asked:
        if scoring.is_refusal(text):
            continue
        given += 1
        plain = scoring.CITATION.sub("", text)
        f1 += max(scoring.word_f1(plain, answer) for answer in question["answers"])
        exact += any(
            scoring.normalized(plain) == scoring.normalized(answer)
            for answer in question["answers"])
        right += any(paragraph == question["context"] for paragraph in cited)
    return {
        "questions": len(asked), "given": given, "f1": scoring.percent(f1, len(asked)),
        "exact": scoring.percent(exact, len(asked)), "cited": scoring.percent(right, given),
    }


def main():
    task, data = {"gold": gold, "retrieved": retrieved}[sys.argv[1]], Path(sys.argv[2])
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else None
    processes.fetch_weights()
    with processes.Mesh() as mesh:
        print(json.dumps(task(mesh, data, seconds)))


if __name__ == "__main__":
    main()
