"""SQuAD's development articles, and which of them are never trained on. No packages needed.

SQuAD v1.1 (Rajpurkar et al. 2016) gives questions with answers, v2.0 (Rajpurkar et al. 2018) adds
questions that look answerable and are not. Text and derived data: CC BY-SA 4.0.
"""

import json
from pathlib import Path

HELD_OUT_STRIDE = 8  # every eighth title of the sorted v1.1 list is never trained on


def read_articles(folder, version):
    """The articles of version "1.1" or "2.0", in SQuAD's JSON format."""
    path = Path(folder) / "squad" / f"squad-v{version}-dev.json"
    return json.loads(path.read_text(encoding="utf-8"))["data"]


def held_out_titles(folder):
    """The titles kept for evaluation."""
    return sorted(article["title"] for article in read_articles(folder, "1.1"))[::HELD_OUT_STRIDE]
