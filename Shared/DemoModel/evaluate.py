#!/usr/bin/env python3
"""Measure the shipped (rounded) weights on what was never trained on.

    python evaluate.py --model DIR --data ../../../shared/data [--retrieved FILE] [--questions 200]

Prints one JSON object and, with --record, stores it in the manifest's `scores`.

Answers are compared as SQuAD's own script does (lower case, no punctuation, no articles; best over
the annotators). A citation is right when it names the passage the question was asked about.
"""

import argparse
import json
import random
from collections import defaultdict
from pathlib import Path

import torch

import prompts
from base import Configuration, base_path, load_base, load_tokenizer
from export import load_exported, read_manifest, write_manifest
from fetch import default_cache
from generation import Prefix, greedy
from model import UpcycledModel
from scoring import (
    SEED, answer_scores, contexts_by_title, held_out_questions, is_refusal, percent, refusal_scores)

ANSWER_TOKENS_MAX = 28


def with_distractors(questions, contexts):
    """The gold passage and two others of its article, in random order."""
    generator = random.Random(SEED)
    for question in questions:
        others = [text for text in contexts[question["title"]] if text != question["context"]]
        passages = [question["context"], *generator.sample(others, 2)]
        generator.shuffle(passages)
        yield passages


def without_gold(questions, contexts):
    """Three passages of the article, none of which holds the gold answer's words."""
    generator = random.Random(SEED)
    for question in questions:
        others = [
            text for text in contexts[question["title"]]
            if not any(answer in text for answer in question["answers"])]
        yield generator.sample(others, min(3, len(others)))


class Answerer:
    """Greedy answers of a model to questions about passages."""

    def __init__(self, model, tokenizer, bias):
        self.model, self.tokenizer, self.bias = model, tokenizer, bias
        self.end = tokenizer.token_to_id(prompts.END)

    def answers(self, questions, passages):
        """One answer text per question; questions with the same passages share the prefix."""
        shared = defaultdict(list)
        for index, shown in enumerate(passages):
            shared[tuple(shown)].append(index)
        results = [""] * len(questions)
        for shown, indices in shared.items():
            prefix = Prefix(
                self.model, self.tokenizer.encode(prompts.passages_prefix(shown)).ids)
            branches = [
                self.tokenizer.encode(prompts.question_branch(questions[index]["question"])).ids
                for index in indices]
            found = greedy(
                self.model, prefix, branches, ANSWER_TOKENS_MAX, self.end, self.bias)
            for index, ids in zip(indices, found):
                results[index] = self.tokenizer.decode(ids)
        return results


def question_scores(answerer, folder, count):
    """All question-answering figures with passages of the question's own article."""
    contexts = contexts_by_title(folder)
    asked = held_out_questions(folder, count, answerable=True)
    near = held_out_questions(folder, count // 3, answerable=False)
    absent = asked[:count // 3]
    gold = [[question["context"]] for question in asked]
    three = list(with_distractors(asked, contexts))
    gold_answers = answerer.answers(asked, gold)
    three_answers = answerer.answers(asked, three)
    near_answers = answerer.answers(near, list(with_distractors(near, contexts)))
    absent_answers = answerer.answers(absent, list(without_gold(absent, contexts)))
    false = sum(map(is_refusal, three_answers))
    near_right, absent_right = (
        sum(map(is_refusal, answers)) for answers in (near_answers, absent_answers))
    return {
        "gold": answer_scores(asked, gold, gold_answers),
        "threeOfArticle": answer_scores(asked, three, three_answers),
        "nearMiss": {"questions": len(near), "refuses": percent(near_right, len(near))},
        "absent": {"questions": len(absent), "refuses": percent(absent_right, len(absent))},
        "refusal": refusal_scores(
            false, len(asked), near_right + absent_right, len(near) + len(absent)),
    }


def retrieved_scores(answerer, path):
    """The same with passages that a search over all articles returned.

    Each line of the file: {"question", "answers", "context" (gold), "passages": [text, …]}.
    """
    asked = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    passages = [question["passages"] for question in asked]
    return answer_scores(asked, passages, answerer.answers(asked, passages))


def load_model(folder, cache):
    """The shipped model and its tokenizer, as (model, tokenizer, manifest)."""
    sizes = Configuration()
    content = read_manifest(folder)
    model = UpcycledModel(
        load_base(base_path(cache), sizes), sizes, seed=0).requires_grad_(False)
    load_exported(model, folder)
    return model, load_tokenizer(cache), content


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--retrieved", type=Path, help="JSON lines of retrieved passages")
    parser.add_argument("--record", action="store_true", help="store in manifest.json")
    options = parser.parse_args()
    model, tokenizer, content = load_model(options.model, options.cache)
    refusal = content["refusal"]
    answerer = Answerer(model, tokenizer, (refusal["firstToken"], refusal["firstTokenBias"]))
    scores = question_scores(answerer, options.data, options.questions)
    if options.retrieved:
        scores["retrieved"] = retrieved_scores(answerer, options.retrieved)
    print(json.dumps(scores, indent=2))
    if options.record:
        content["scores"] |= scores
        write_manifest(options.model, content)


if __name__ == "__main__":
    main()
