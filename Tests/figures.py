"""Writes figures into the table of docs/BENCHMARKS.md: benchmarks run --json | python3 Tests/figures.py

Each line of standard input is one figure as JSON. A figure that was not measured this time keeps its
row; one that does not hold makes the exit status 1.
"""

import json
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "BENCHMARKS.md"
BEGIN = "<!-- figures: written by `make bench` -->"
END = "<!-- end of figures -->"
HEADER = ["| figure | value | baseline | aim | holds | what was measured |", "|---|---|---|---|---|---|"]


def row(figure):
    def number(name):
        value = figure[name]
        return "–" if value is None else f"{value:,.4g} {figure['unit']}".strip()

    cells = [
        f"`{figure['name']}`", number("value"), number("baseline"), figure["aim"],
        "yes" if figure["holds"] else "**no**", figure["notes"].replace("|", "\\|"),
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
    merged = rows(table.splitlines()) | {figure["name"]: row(figure) for figure in figures}
    body = "\n".join(HEADER + list(merged.values()))
    PAGE.write_text(f"{before}{BEGIN}\n\n{body}\n\n{END}{after}")
    return 0 if all(figure["holds"] for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
