"""The reference sentence encoder: encoder.py DIRECTORY ROUNDS < sentences, one a line

transformers in float32 on one thread, batches of 32 by length, mean pooling, unit length: what
sentence-transformers does. Waits for a line before each round, embeds all sentences, prints the
seconds that it took. Needs torch and transformers.
"""

import sys
import time

import torch
from transformers import AutoModel, AutoTokenizer

BATCH = 32
TOKENS_MAX = 256


def embed(model, tokenizer, sentences):
    ordered = sorted(sentences, key=len, reverse=True)
    for start in range(0, len(ordered), BATCH):
        batch = tokenizer(
            ordered[start:start + BATCH], padding=True, truncation=True, max_length=TOKENS_MAX,
            return_tensors="pt")
        hidden = model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        mean = (hidden * mask).sum(1) / mask.sum(1)
        torch.nn.functional.normalize(mean)


def main():
    directory, count = sys.argv[1], int(sys.argv[2])
    sentences = [sys.stdin.readline().rstrip("\n") for _ in range(count)]
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    tokenizer, model = AutoTokenizer.from_pretrained(directory), AutoModel.from_pretrained(directory)
    embed(model, tokenizer, sentences[:BATCH])
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.monotonic()
        embed(model, tokenizer, sentences)
        print(time.monotonic() - start, flush=True)


if __name__ == "__main__":
    main()
