#!/usr/bin/env python3
"""Choose the bias on the refusal's first token, on training articles, and store it.

    python calibrate.py --model DIR --data ../../../shared/data

Rounding and training leave the model a little too eager or too shy to refuse. One number added to
one logit of the first answer token sets the balance. It goes into manifest.json.
"""

import argparse
import json
import random
from pathlib import Path

import torch

import prompts
from evaluate import load_model
from export import write_manifest
from fetch import default_cache
from generation import Prefix, Prompts
from squad import CaseMaker, split

CASES = 30
REFUSAL_SHARE = 0.3
SETTINGS = {
    "passage_count_weights": [0.0, 0.5, 0.5], "same_article_share": 0.5, "branches_max": 6}
SEED = 11
BIASES = [step / 4 for step in range(-16, 17)]


def margins(model, tokenizer, case, token):
    """By how much the refusal's first token leads every other token, per question of a case."""
    prefix = Prefix(model, tokenizer.encode(prompts.passages_prefix(case.passages)).ids)
    branches = [
        tokenizer.encode(prompts.question_branch(question)).ids
        for question, _, _ in case.questions]
    logits = Prompts(model, prefix, branches).read()
    refusal = logits[:, token].clone()
    logits[:, token] = float("-inf")
    return (refusal - logits.max(1).values).tolist()


def f1_at(bias, pairs):
    """F1 of refusing when margin + bias > 0; pairs are (margin, whether to refuse)."""
    right = sum(margin + bias > 0 for margin, unanswerable in pairs if unanswerable)
    refused = sum(margin + bias > 0 for margin, _ in pairs)
    wanted = sum(unanswerable for _, unanswerable in pairs)
    return 2 * right / max(1, refused + wanted)


def best_bias(pairs):
    """The middle of the biases with the highest F1."""
    scores = {bias: f1_at(bias, pairs) for bias in BIASES}
    best = [bias for bias in BIASES if scores[bias] == max(scores.values())]
    return best[len(best) // 2], scores


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=default_cache())
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    model, tokenizer, content = load_model(options.model, options.cache)
    maker, generator = CaseMaker(split(options.data)[0]), random.Random(SEED)
    pairs = []
    for _ in range(CASES):
        case = maker.case(generator, SETTINGS, REFUSAL_SHARE)
        found = margins(model, tokenizer, case, content["refusal"]["firstToken"])
        pairs += [(margin, number == 0) for margin, (_, _, number) in zip(found, case.questions)]
    bias, scores = best_bias(pairs)
    print(json.dumps({"questions": len(pairs), "bias": bias, "f1ByBias": scores}))
    content["refusal"]["firstTokenBias"] = bias
    write_manifest(options.model, content)


if __name__ == "__main__":
    main()
