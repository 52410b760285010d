"""Writes figures into the table of docs/BENCHMARKS.md: benchmarks run --json | python3 Tests/figures.py

Each line of standard input is one figure as JSON. A figure that was not measured this time keeps its
row. The exit status is 1 when one was measured and misses its aim.
"""

import json
import os
import sys
import time
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "BENCHMARKS.md"
BEGIN = "<!-- figures: written by `make bench` -->"
END = "<!-- end of figures -->"
HEADER = [
    "| figure | value | aim | holds | what was measured | command | when, where |",
    "|---|---|---|---|---|---|---|",
]


def machine():
    """The processor and how many cores of it there are."""
    names = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return f"{names[0] if names else 'unknown processor'}, {os.cpu_count()} cores"


def row(figure, place):
    value = figure["value"]
    shown = "–" if value is None else f"{value:,.4g} {figure['unit']}".strip()
    notes = figure["notes"]
    if figure["baseline"] is not None:
        notes = f"baseline {figure['baseline']:,.4g}; {notes}"
    holds = "–" if value is None else "yes" if figure["holds"] else "**no**"
    cells = [
        f"`{figure['name']}`", shown, figure["aim"], holds, notes.replace("|", "\\|"),
        f"`{figure['command']}`", "–" if value is None else place,
    ]
    return "| " + " | ".join(cells) + " |"


def rows(lines):
    """Rows by the name in their first cell."""
    return {line.split("`")[1]: line for line in lines if line.startswith("| `")}


def main():
    figures = []
    for line in sys.stdin:
        print(line, end="", flush=True)
        if line.startswith("{"):
            figures.append(json.loads(line))
    before, rest = PAGE.read_text().split(BEGIN)
    table, after = rest.split(END)
    merged = rows(table.splitlines())
    place = f"{time.strftime('%Y-%m-%d')}, {machine()}"
    for figure in figures:
        if figure["value"] is not None or figure["name"] not in merged:
            merged[figure["name"]] = row(figure, place)
    body = "\n".join(HEADER + list(merged.values()))
    PAGE.write_text(f"{before}{BEGIN}\n\n{body}\n\n{END}{after}")
    return 1 if any(f["value"] is not None and not f["holds"] for f in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
