#!/usr/bin/env python3
"""Write what transformers computes with the demo model, for tests to compare with.

    python reference.py --model CACHE/demo/huggingface --out demo-golden.json

For each prompt of reference-prompts.json: the token ids, the 32 largest logits of the last
position, the experts each layer chose for the last token (heaviest first) with their weights, and
32 greedy tokens. Float32 on the shipped (rounded) weights.
"""

import argparse
import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import prompts

PROMPTS = Path(__file__).with_name("reference-prompts.json")
LOGIT_COUNT = 32
GREEDY_TOKEN_COUNT = 32


def prompt_text(entry):
    """The text of a prompt as the model reads it."""
    if entry["kind"] == "chat":
        return prompts.chat_prompt(entry["message"])
    return prompts.passages_prefix(entry["passages"]) + prompts.question_branch(entry["question"])


class RoutingRecorder:
    """Collects (experts, weights) of the last token from every router of a forward pass."""

    def __init__(self, model):
        self.choices = []
        for module in model.modules():
            if type(module).__name__.endswith("TopKRouter"):
                module.register_forward_hook(self.record)

    def record(self, module, inputs, outputs):
        """Hook: outputs are (logits [T, E], weights [T, K], experts [T, K])."""
        _, weights, experts = outputs
        self.choices.append({
            "experts": experts[-1].tolist(),
            "weights": [rounded(weight) for weight in weights[-1].tolist()],
        })


def rounded(value):
    """Seven significant digits: float32 without noise."""
    return float(f"{value:.7g}")


def greedy(model, ids):
    """The next most likely tokens, one at a time with the cache, the end token not special."""
    tokens, past, step = [], None, torch.tensor([ids])
    for _ in range(GREEDY_TOKEN_COUNT):
        output = model(step, past_key_values=past, use_cache=True)
        past = output.past_key_values
        tokens.append(int(output.logits[0, -1].argmax()))
        step = torch.tensor([tokens[-1:]])
    return tokens


@torch.no_grad()
def golden(model, tokenizer, recorder, entry):
    """The reference record of one prompt."""
    text = prompt_text(entry)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    recorder.choices.clear()
    logits = model(torch.tensor([ids]), use_cache=False).logits[0, -1]
    layers = list(recorder.choices)
    values, indices = logits.topk(LOGIT_COUNT)
    return {
        "kind": entry["kind"], "text": text, "ids": ids,
        "topTokens": indices.tolist(),
        "topLogits": [rounded(value) for value in values.tolist()],
        "layers": layers,
        "greedy": greedy(model, ids),
    }


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="directory of assemble.py")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    model = AutoModelForCausalLM.from_pretrained(
        options.model, dtype=torch.float32, attn_implementation="eager",
        experts_implementation="eager").eval()
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    recorder = RoutingRecorder(model)
    entries = json.loads(PROMPTS.read_text(encoding="utf-8"))
    records = [golden(model, tokenizer, recorder, entry) for entry in entries]
    lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    options.out.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
