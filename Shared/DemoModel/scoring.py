"""Questions about the held-out articles, and how their answers are scored. No packages needed."""

import random
import re
import string
from collections import Counter, defaultdict

import prompts
from articles import held_out_titles, read_articles

CITATION = re.compile(r"\s*\[(\d+)\]")
SEED = 7


def normalized(text):
    """An answer as SQuAD's evaluation compares it."""
    text = "".join(character for character in text.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def word_f1(answer, gold):
    """Harmonic mean of word precision and recall."""
    answer, gold = normalized(answer).split(), normalized(gold).split()
    common = sum((Counter(answer) & Counter(gold)).values())
    return 2 * common / (len(answer) + len(gold)) if common else 0.0


def held_out_questions(folder, count, answerable):
    """`count` held-out questions as dictionaries: title, context, question, answers."""
    titles = set(held_out_titles(folder))
    version = "1.1" if answerable else "2.0"
    found = [
        {"title": article["title"], "context": paragraph["context"].strip(),
         "question": entry["question"],
         "answers": sorted({answer["text"] for answer in entry["answers"]}) if answerable else []}
        for article in read_articles(folder, version)
        if article["title"] in titles
        for paragraph in article["paragraphs"]
        for entry in paragraph["qas"]
        if bool(entry.get("is_impossible")) != answerable
    ]
    return random.Random(SEED).sample(found, min(count, len(found)))


def contexts_by_title(folder):
    """The paragraphs of every held-out article, both versions."""
    found = defaultdict(set)
    for version in ("1.1", "2.0"):
        for article in read_articles(folder, version):
            for paragraph in article["paragraphs"]:
                found[article["title"]].add(paragraph["context"].strip())
    return {title: sorted(contexts) for title, contexts in found.items()}


def is_refusal(answer):
    """Whether an answer is the agreed refusal."""
    return answer.strip().startswith(prompts.REFUSAL.rstrip("."))


def answer_scores(questions, passages, answers):
    """EM, F1, citation and refusal shares of answerable questions, in percent."""
    exact = f1 = cited = correct = refused = 0
    for question, shown, answer in zip(questions, passages, answers):
        if is_refusal(answer):
            refused += 1
            continue
        match = CITATION.search(answer)
        plain = CITATION.sub("", answer)
        exact += any(normalized(plain) == normalized(gold) for gold in question["answers"])
        f1 += max(word_f1(plain, gold) for gold in question["answers"])
        if match:
            cited += 1
            number = int(match.group(1))
            correct += number <= len(shown) and shown[number - 1] == question["context"]
    count, given = len(questions), max(1, len(questions) - refused)
    return {
        "questions": count,
        "exactMatch": percent(exact, count), "f1": percent(f1, count),
        "f1OfGiven": percent(f1, given), "cites": percent(cited, given),
        "citationRight": percent(correct, given), "refuses": percent(refused, count),
    }


def percent(part, whole):
    """A share in percent with one decimal."""
    return round(100 * part / max(1, whole), 1)


def refusal_scores(falsely, answerable_count, rightly, unanswerable_count):
    """Precision, recall and F1 of refusing, over answerable and unanswerable questions."""
    precision = rightly / max(1, rightly + falsely)
    recall = rightly / unanswerable_count
    return {
        "answerable": answerable_count, "unanswerable": unanswerable_count,
        "precision": percent(precision, 1), "recall": percent(recall, 1),
        "f1": percent(2 * precision * recall / max(1e-9, precision + recall), 1),
    }
