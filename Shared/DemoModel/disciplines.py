#!/usr/bin/env python3
"""Measure the shipped weights as a language model, and what its experts divide among themselves.

    python disciplines.py --model DIR --data ../../../shared/data [--record]

Perplexity on held-out sections of each discipline group and on wikitext-2-test, base against
upcycled; the load of the experts; the mutual information of discipline and expert.
"""

import argparse
import json
import math
import random
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

import textbooks
from base import Configuration, base_path, load_base, load_tokenizer
from evaluate import SEED
from export import load_exported, read_manifest, write_manifest
from fetch import default_cache
from model import UpcycledModel
from sequences import Tree, packed
from trees import plain

BLOCK_TOKENS = 256
BLOCKS_PER_GROUP = 20
WIKITEXT_BLOCKS = 60


def held_out_blocks(folder, tokenizer):
    """Held-out blocks of token ids per discipline group, and of wikitext-2-test."""
    generator = random.Random(SEED)
    blocks = {}
    for group, books in textbooks.GROUPS.items():
        found = [section for book in books for section in textbooks.sections(folder, book, True)]
        blocks[group] = [
            textbooks.block(found, tokenizer, generator, BLOCK_TOKENS)
            for _ in range(BLOCKS_PER_GROUP)]
    text = (Path(folder) / "text" / "wikitext-2-test.txt").read_text(encoding="utf-8")
    ids = tokenizer.encode(text[:WIKITEXT_BLOCKS * BLOCK_TOKENS * 6]).ids
    blocks["wikitext-2-test"] = [
        ids[start:start + BLOCK_TOKENS]
        for start in range(0, WIKITEXT_BLOCKS * BLOCK_TOKENS, BLOCK_TOKENS)]
    return blocks


@torch.no_grad()
def measure(model, blocks):
    """Perplexity over blocks, and how often each layer chose each expert: [layers, E]."""
    sizes = model.configuration
    counts = torch.zeros(sizes.num_hidden_layers, sizes.num_local_experts)
    total = tokens = 0
    for ids in blocks:
        hidden, trace = model(packed([Tree(plain(ids))]))
        total += float(cross_entropy(
            model.logits(hidden[:-1]), torch.tensor(ids[1:]), reduction="sum"))
        tokens += len(ids) - 1
        for row, routing in zip(counts, trace):
            row += torch.bincount(routing.experts.reshape(-1), minlength=len(row))
    return math.exp(total / tokens), counts


def mutual_information(counts):
    """Bits that the expert tells about the group: counts [groups, E] -> Σ p log₂ (p / p_g p_e)."""
    joint = counts / counts.sum()
    product = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    present = joint > 0
    return float((joint[present] * (joint[present] / product[present]).log2()).sum())


def expert_scores(counts_by_group):
    """Load and division of labour per layer from counts [groups, layers, E]."""
    counts = torch.stack(counts_by_group)
    load = counts.sum(0)
    busiest = (load.max(1).values / load.mean(1)).tolist()
    bits = [mutual_information(counts[:, layer]) for layer in range(counts.shape[1])]
    return {
        "busiestOverMean": [round(value, 2) for value in busiest],
        "neverChosen": int((load == 0).sum()),
        "mutualInformationBits": [round(value, 3) for value in bits],
        "mutualInformationBitsMean": round(sum(bits) / len(bits), 3),
    }


def language_scores(base, upcycled):
    """Perplexities side by side; `base` and `upcycled` map a set's name to `measure`'s result."""
    return {
        name: {
            "base": round(base[name][0], 2),
            "upcycled": round(upcycled[name][0], 2),
            "changePercent": round(100 * (upcycled[name][0] / base[name][0] - 1), 2),
        }
        for name in base
    }


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--record", action="store_true", help="store in manifest.json")
    options = parser.parse_args()
    sizes = Configuration()
    blocks = held_out_blocks(options.data, load_tokenizer(options.cache))
    model = UpcycledModel(load_base(base_path(options.cache), sizes), sizes, seed=0)
    base = {name: measure(model, found) for name, found in blocks.items()}
    load_exported(model, options.model)
    upcycled = {name: measure(model, found) for name, found in blocks.items()}
    scores = {
        "perplexity": language_scores(base, upcycled),
        "experts": expert_scores([upcycled[group][1] for group in textbooks.GROUPS]),
    }
    print(json.dumps(scores, indent=2))
    if options.record:
        content = read_manifest(options.model)
        content["scores"] |= scores
        write_manifest(options.model, content)


if __name__ == "__main__":
    main()
