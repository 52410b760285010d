"""llama.cpp on one thread: llama.py MODEL.gguf PROMPT_TOKENS NEW_TOKENS

Waits for a line before each round, reads a prompt and then decodes tokens one by one, prints the
seconds of each. Needs llama-cpp-python.
"""

import sys
import time

from llama_cpp import Llama


def main():
    path, prompt_count, new_count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    model = Llama(
        path, n_ctx=prompt_count + new_count, n_batch=prompt_count, n_ubatch=prompt_count,
        n_threads=1, n_threads_batch=1, verbose=False)
    # What the tokens say does not matter; the same ones are fed on our side.
    prompt = [1000 + number for number in range(prompt_count)]
    print("ready", flush=True)
    for _ in sys.stdin:
        model.reset()
        start = time.monotonic()
        model.eval(prompt)
        middle = time.monotonic()
        for number in range(new_count):
            model.eval([2000 + number])
        print(middle - start, time.monotonic() - middle, flush=True)


if __name__ == "__main__":
    main()
