"""Lines of mixed text, the same from the same seed; `MixedText.swift` makes the same lines."""

import os
from pathlib import Path

MASK = (1 << 64) - 1

WORDS = (
    "the quick brown fox jumps over a lazy dog expert mesh router worker token passage gate "
    "dispatch combine answer question document citation knowledge store alignment Paris Berlin "
    "naïve café Straße señor crème brûlée Ångström smörgåsbord piñata façade über élan"
).split(" ")
PHRASES = (
    "it's", "I'LL", "they've", "WE'RE", "don't", "he'd", "I'm", "'tis", "rock'n'roll", "'ſ", "O'Reilly's",
    "let value = array[i + 1]", "if (x != y) { return -1; }", "def f(self, *args, **kwargs):",
    "print(\"hello, world\\n\")", "for (int i = 0; i < n; ++i)", "a->b::c<T>&&", "SELECT * FROM t WHERE id=42;",
    "https://example.org/a?b=c&d=%20#e", "<div class=\"x\">&amp;</div>", "camelCaseIdentifier",
    "snake_case_identifier", "SCREAMING_CASE", "/usr/lib/x86_64", "3.14159", "1,234,567.89", "0xDEADBEEF",
    "-42e+10", "2024-12-31T23:59:59Z", "192.168.0.1", "C++20", "v1.2.3-rc.4", "100%", "$5.00", "№ 7",
    "...", "!!!", "?!", "—", "–", "“quoted”", "‘single’", "«guillemets»", "(a)", "[b]", "{c}", "¿qué?",
    "<|im_end|>", "<|im_start|>", "</s>", "<s>", "[CLS]", "[MASK]", "<0x0A>", "<unk>", "##ing", "▁", "Ġ",
)
SPACES = (
    " ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n ", "\u00a0", "\u3000", "\u2028", "\u0085", "\u2003",
    "        ", "\t\t", "\u000b", "\u000c", "\r", "                   ",
)
EMOJI = (
    "😀", "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇫🇷", "🇩🇪🇯🇵", "❤️", "☕", "🧑🏿‍🚀", "1️⃣", "™️", "🫠", "🤷‍♀️", "✂", "♟️",
)
RANGES = (
    (0x4E00, 0x9FFF), (0x3041, 0x30FE), (0xAC00, 0xD7A3), (0x05D0, 0x05EA), (0x0621, 0x064A),
    (0x0900, 0x0939), (0x0E01, 0x0E30), (0x0391, 0x03C9), (0x0400, 0x045F), (0x10A0, 0x10C5),
    (0x00A1, 0x024F), (0x2190, 0x22FF), (0x2460, 0x24FF), (0xFB00, 0xFB06), (0xFF01, 0xFF5E),
    (0x0660, 0x0669), (0x00B2, 0x00BE), (0x2150, 0x2188), (0x3300, 0x3357), (0xF900, 0xFA2D),
    (0x1D400, 0x1D454), (0x1F300, 0x1F5FF), (0x20000, 0x2A6D6), (0x0000, 0x001F), (0x007F, 0x009F),
    (0x200B, 0x200F), (0xE000, 0xE0FF), (0x1E00, 0x1EFF), (0x0E31, 0x0E4E), (0x093A, 0x094F),
)
FILES = (
    "text/novel-lewis-carroll_alices-adventures-in-wonderland_john-tenniel.txt",
    "text/novel-charles-darwin_the-origin-of-species.txt",
    "text/textbook-chemistry-bundle.txt", "text/textbook-world-history.txt",
    "text/wikitext-2-test.txt", "emoji/emoji.jsonl",
    "swift-evolution/0006-apply-api-guidelines-to-the-standard-library.md",
    "swift-evolution/0005-objective-c-name-translation.md",
)
LINE_BYTES_MAX = 1000


class Random:
    """A 64-bit linear congruential generator (Knuth's MMIX constants); its high bits are used."""

    def __init__(self, seed):
        self.state = seed

    def below(self, count):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.state >> 33) % count


def character(random):
    low, high = RANGES[random.below(len(RANGES))]
    return chr(low + random.below(high - low + 1))


def fragment(random):
    """One piece of a line, of one of twelve kinds."""
    kind = random.below(12)
    if kind < 3:
        return WORDS[random.below(len(WORDS))]
    if kind < 5:
        return PHRASES[random.below(len(PHRASES))]
    if kind == 5:
        return SPACES[random.below(len(SPACES))]
    if kind == 6:
        return EMOJI[random.below(len(EMOJI))]
    if kind == 7:
        return "".join(str(random.below(10)) for _ in range(1 + random.below(8)))
    if kind == 8:
        letters = (chr(97 + random.below(26)) for _ in range(1 + random.below(12)))
        return "".join(letters)
    if kind == 9:
        base = chr(97 + random.below(26))
        return base + "".join(chr(0x300 + random.below(0x70)) for _ in range(1 + random.below(5)))
    if kind == 10:
        low, high = RANGES[random.below(len(RANGES))]
        count = 1 + random.below(6)
        return "".join(chr(low + random.below(high - low + 1)) for _ in range(count))
    return "".join(character(random) for _ in range(1 + random.below(5)))


def synthetic_line(random):
    parts = []
    for _ in range(1 + random.below(10)):
        parts.append(fragment(random))
        if random.below(4) > 0:
            parts.append(" ")
    return "".join(parts)


def data_lines(folder):
    """Lines of the data files, in order, without the empty and the long ones."""
    lines = []
    for name in FILES:
        for line in (folder / name).read_bytes().split(b"\n"):
            if 0 < len(line) <= LINE_BYTES_MAX:
                lines.append(line.decode("utf-8"))
    return lines


def data_folder():
    """$EXPERTMESH_DATA, or ../shared/data beside the package."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    return Path(os.environ.get("EXPERTMESH_DATA") or beside)


def synthetic_lines(seed, count):
    random = Random(seed)
    return [synthetic_line(random) for _ in range(count)]


def mixed_lines(seed, count, folder):
    """Every second line is synthetic, the others are drawn from the data files."""
    random = Random(seed)
    data = data_lines(folder)
    lines = []
    for index in range(count):
        lines.append(synthetic_line(random) if index % 2 else data[random.below(len(data))])
    return lines
