"""Asks a mesh three questions about its documents: python demo.py URL COLLECTION [QUESTION…]

Uses the official OpenAI client as it is. Prints each answer as it is streamed, then the passages that
it cites, down to the byte, then the experts that computed it.
"""

import signal
import sys
from collections import defaultdict

# Ctrl-C ends this program at once and without a traceback: nothing here needs to be put in order.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from openai import OpenAI  # noqa: E402: it takes a second, which is long enough to be interrupted in

QUESTIONS = [
    "Which checksum do frames carry?",
    "Which user do the images run as?",
    "Who invented the telephone?",  # not in the documents, and the answer should say so
]
QUOTE_LENGTH = 100


def main(url, collection, *questions):
    client = OpenAI(base_url=f"{url}/v1", api_key="unused")
    model = client.models.list().data[0].id
    store = next(s for s in client.vector_stores.list() if s.name == collection)
    for question in questions or QUESTIONS:
        print(f"\n> {question}")
        show(ask(client, model, store.id, question))


def ask(client, model, store, question):
    """The finished response; its text is printed while it comes."""
    stream = client.responses.create(
        model=model, input=question, stream=True, temperature=0, include=["file_search_call.results"],
        tools=[{"type": "file_search", "vector_store_ids": [store]}],
        extra_body={"mesh": {"routing": True}})
    for event in stream:
        if event.type == "response.output_text.delta":
            print(event.delta, end="", flush=True)
        elif event.type in ("response.completed", "response.incomplete"):
            response = event.response
        elif event.type in ("response.failed", "error"):
            sys.exit(f"\nthe answer failed: {event}")
    print()
    return response


def show(response):
    mesh = response.model_extra["mesh"]
    print(f"  support: {mesh['support']}")
    for number, passage in cited_passages(response):
        quote = " ".join(passage.text.split())
        if len(quote) > QUOTE_LENGTH:
            quote = quote[:QUOTE_LENGTH] + " …"
        place = passage.model_extra["mesh"]
        span = f"bytes {place['byte_start']}–{place['byte_end']}"
        print(f"  [{number}] {passage.filename}, {span}: “{quote}”")
    print_experts(mesh["experts"])


def cited_passages(response):
    """The search's results that an annotation points to, with the numbers that the answer uses."""
    items = {item.type: item for item in response.output}
    annotations = items["message"].content[0].annotations
    cited = {(note.file_id, note.model_extra["mesh"]["byte_start"]) for note in annotations}
    for number, passage in enumerate(items["file_search_call"].results, 1):
        if (passage.file_id, passage.model_extra["mesh"]["byte_start"]) in cited:
            yield number, passage


def print_experts(experts):
    """Who computed how much, and the experts that the gates leant on most."""
    rows = defaultdict(int)
    for use in experts:
        rows[" and ".join(use["workers"])] += use["tokens"]
    layers = {use["layer"] for use in experts}
    print(f"  computed by {len(experts)} experts in {len(layers)} layers:")
    for workers, count in sorted(rows.items(), key=lambda entry: -entry[1]):
        print(f"    {count:>7,} rows  {workers}")
    print("  of these the heaviest:")
    for use in sorted(experts, key=lambda use: -use["weight"])[:3]:
        print(
            f"    layer {use['layer']}, expert {use['expert']}: {use['tokens']:,} rows, "
            f"weight {use['weight']:.1f}, {' and '.join(use['workers'])}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
