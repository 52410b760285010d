"""Asks a mesh three questions about its documents: python demo.py URL COLLECTION [QUESTION…]

Uses the official OpenAI client as it is. Prints each answer as it is streamed, then the passages that
it cites, down to the byte, then the experts that computed it.
"""

import sys
from collections import defaultdict

from openai import OpenAI

QUESTIONS = [
    "How many bytes does the header of a frame have?",
    "What does an expert-worker hold?",
    "Who dials whom, the router or the worker?",
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
        model=model, input=question, stream=True, include=["file_search_call.results"],
        tools=[{"type": "file_search", "vector_store_ids": [store]}])
    for event in stream:
        if event.type == "response.output_text.delta":
            print(event.delta, end="", flush=True)
        elif event.type == "response.completed":
            response = event.response
    print()
    return response


def show(response):
    mesh = response.model_extra["mesh"]
    print(f"  support: {mesh['support']}")
    for citation in mesh["citations"]:
        quote = " ".join(citation["text"].split())
        if len(quote) > QUOTE_LENGTH:
            quote = quote[:QUOTE_LENGTH] + " …"
        span = f"bytes {citation['byte_start']}–{citation['byte_end']}"
        print(f"  [{citation['number']}] {citation['title']}, {span}: “{quote}”")
    print_experts(mesh["experts"])


def print_experts(experts):
    """Who computed how much, and the experts that the gates liked most."""
    rows = defaultdict(int)
    for use in experts:
        for worker in use["workers"]:
            rows[worker] += use["row_count"]
    layers = {use["layer"] for use in experts}
    shares = ", ".join(f"{worker} {count:,} rows" for worker, count in sorted(rows.items()))
    print(f"  computed by {len(experts)} experts of {len(layers)} layers: {shares}")
    for use in sorted(experts, key=lambda use: -use["row_count"])[:3]:
        print(
            f"    layer {use['layer']}, expert {use['expert']}, {', '.join(use['workers'])}: "
            f"{use['row_count']:,} rows")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
