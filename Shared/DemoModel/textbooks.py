"""Twelve OpenStax textbooks (CC BY 4.0) in four discipline groups, cut into training blocks."""

from pathlib import Path

GROUPS = {
    "physical sciences": ("astronomy", "chemistry-bundle", "college-physics-bundle"),
    "life sciences": ("anatomy-physiology", "microbiology"),
    "social sciences": (
        "principles-economics-bundle", "introduction-sociology", "psychology",
        "american-government"),
    "humanities": ("us-history", "world-history", "introduction-philosophy"),
}
PARAGRAPHS_PER_SECTION = 40
HELD_OUT_STRIDE = 10  # every tenth section of forty paragraphs is never trained on


def paragraphs(folder, book):
    """The paragraphs of a book, one a line in the file."""
    text = (Path(folder) / "text" / f"textbook-{book}.txt").read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip()]


def sections(folder, book, held_out):
    """Sections of forty paragraphs: the held-out ones or the others."""
    lines = paragraphs(folder, book)
    for number, start in enumerate(range(0, len(lines), PARAGRAPHS_PER_SECTION)):
        if (number % HELD_OUT_STRIDE == HELD_OUT_STRIDE - 1) == held_out:
            yield "\n".join(lines[start:start + PARAGRAPHS_PER_SECTION])


def training_sections(folder):
    """One list of training sections per group, in the order of `GROUPS`."""
    return [
        [section for book in books for section in sections(folder, book, held_out=False)]
        for books in GROUPS.values()
    ]


def block(sections_of_group, tokenizer, generator, token_count):
    """Token ids of a random stretch of a random section, at most `token_count`."""
    ids = tokenizer.encode(generator.choice(sections_of_group)).ids
    start = generator.randrange(max(1, len(ids) - token_count))
    return ids[start:start + token_count]
