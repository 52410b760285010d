"""Question answering over numbered passages, built from SQuAD's development articles."""

import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy

from articles import held_out_titles, read_articles

ANSWER_CHARACTERS_MAX = 80  # longer answers are rare and teach rambling
NEIGHBOUR_COUNT = 8


@dataclass
class Paragraph:
    """A passage, its answerable questions as (question, answer), and its unanswerable ones."""

    title: str
    text: str
    answerable: list = field(default_factory=list)
    unanswerable: list = field(default_factory=list)


def most_frequent(answers):
    """The answer most annotators gave; the shortest of those that tie."""
    counts = Counter(answer["text"].strip() for answer in answers)
    return min(counts, key=lambda text: (-counts[text], len(text), text))


def load_paragraphs(folder):
    """All paragraphs of both versions: answers from v1.1, unanswerable questions from v2.0."""
    found = {}
    for version in ("1.1", "2.0"):
        for article in read_articles(folder, version):
            for entry in article["paragraphs"]:
                key = (article["title"], entry["context"].strip())
                paragraph = found.setdefault(key, Paragraph(*key))
                add_questions(paragraph, entry["qas"], version)
    return list(found.values())


def add_questions(paragraph, questions, version):
    """Sort an entry's questions into the paragraph; v2.0 repeats v1.1's answerable ones."""
    for question in questions:
        if question.get("is_impossible"):
            paragraph.unanswerable.append(question["question"])
        elif version == "1.1":
            answer = most_frequent(question["answers"])
            if len(answer) <= ANSWER_CHARACTERS_MAX:
                paragraph.answerable.append((question["question"], answer))


def split(folder):
    """(training paragraphs, held-out paragraphs), whole articles on either side."""
    held_out = set(held_out_titles(folder))
    paragraphs = load_paragraphs(folder)
    return (
        [paragraph for paragraph in paragraphs if paragraph.title not in held_out],
        [paragraph for paragraph in paragraphs if paragraph.title in held_out],
    )


def words(text):
    """Lower-case words of a text."""
    return re.findall(r"[a-z0-9]+", text.lower())


def weighted_counts(texts, vocabulary, document_counts, total):
    """Unit rows of √count · log(total / document count): [texts, vocabulary] float32."""
    rows = numpy.zeros((len(texts), len(vocabulary)), dtype=numpy.float32)
    for row, text in zip(rows, texts):
        for word, count in Counter(words(text)).items():
            if word in vocabulary:
                row[vocabulary[word]] = count**0.5 * numpy.log(total / document_counts[word])
    return rows / numpy.maximum(numpy.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def lexical_neighbours(paragraphs):
    """For each paragraph, the paragraphs of other articles that its questions' words point to.

    They stand for what a search over all articles brings up beside the right passage.
    """
    document_counts = Counter(
        word for paragraph in paragraphs for word in set(words(paragraph.text)))
    vocabulary = {word: index for index, word in enumerate(sorted(document_counts))}
    questions = [
        " ".join([question for question, _ in paragraph.answerable] + paragraph.unanswerable)
        for paragraph in paragraphs
    ]
    total = len(paragraphs)
    texts = [paragraph.text for paragraph in paragraphs]
    scores = (
        weighted_counts(questions, vocabulary, document_counts, total)
        @ weighted_counts(texts, vocabulary, document_counts, total).T
    )
    titles = numpy.array([paragraph.title for paragraph in paragraphs])
    scores[titles[:, None] == titles[None, :]] = -1
    return numpy.argsort(-scores, axis=1)[:, :NEIGHBOUR_COUNT]


@dataclass
class Case:
    """Passages and what is asked about them: (question, answer, passage number), 0 = not there."""

    passages: list
    questions: list


class CaseMaker:
    """Draws training cases; everything random comes from the generator handed in."""

    def __init__(self, paragraphs):
        self.paragraphs = paragraphs
        self.neighbours = lexical_neighbours(paragraphs)
        self.by_title = defaultdict(list)
        for index, paragraph in enumerate(paragraphs):
            self.by_title[paragraph.title].append(index)
        self.answerable = [
            index for index, paragraph in enumerate(paragraphs) if paragraph.answerable]

    def case(self, generator, settings, refusal_share):
        """A case around a random paragraph; `settings` is the plan's `squad` entry."""
        lead = generator.choice(self.answerable)
        weights = settings["passage_count_weights"]
        count = generator.choices(range(1, len(weights) + 1), weights)[0]
        chosen = self.with_distractors(lead, count, generator, settings["same_article_share"])
        questions = self.answered(chosen, generator)[:settings["branches_max"]]
        refused = self.refused(chosen, generator)
        wanted = sum(
            generator.random() < refusal_share / (1 - refusal_share) for _ in questions)
        questions = questions + refused[:wanted]
        generator.shuffle(questions)
        return Case([self.paragraphs[index].text for index in chosen], questions)

    def with_distractors(self, lead, count, generator, same_article_share):
        """The lead and `count - 1` others: hard ones of its article, or its lexical neighbours."""
        chosen = [lead]
        while len(chosen) < count:
            same = generator.random() < same_article_share
            pool = self.by_title[self.paragraphs[lead].title] if same else self.neighbours[lead]
            other = int(generator.choice(list(pool)))
            if other not in chosen:
                chosen.append(other)
        generator.shuffle(chosen)
        return chosen

    def answered(self, chosen, generator):
        """Every answerable question of the chosen passages, shuffled."""
        questions = [
            (question, answer, number)
            for number, index in enumerate(chosen, 1)
            for question, answer in self.paragraphs[index].answerable
        ]
        generator.shuffle(questions)
        return questions

    def refused(self, chosen, generator):
        """Questions to refuse: near misses of the passages, and questions of passages not shown."""
        near = [(question, None, 0) for index in chosen
                for question in self.paragraphs[index].unanswerable]
        text = " ".join(self.paragraphs[index].text for index in chosen)
        title = self.paragraphs[chosen[0]].title
        absent = [index for index in self.by_title[title] if index not in chosen]
        foreign = [
            (question, None, 0)
            for index in generator.sample(absent, min(3, len(absent)))
            for question, answer in self.paragraphs[index].answerable if answer not in text
        ]
        both = generator.sample(near, min(4, len(near))) + generator.sample(
            foreign, min(3, len(foreign)))
        generator.shuffle(both)
        return both
