import FoundationEssentials

/// Lines of mixed text, the same from the same seed; the twin of `Fixtures/mixed_text.py`.
struct MixedText {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A 64-bit linear congruential generator (Knuth's MMIX constants); its high bits are used.
    mutating func below(_ count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(count))
    }

    private mutating func element(_ texts: [String]) -> String { texts[below(texts.count)] }

    private mutating func character(_ range: (Int, Int)) -> String {
        String(Unicode.Scalar(UInt32(range.0 + below(range.1 - range.0 + 1)))!)
    }

    private mutating func letter() -> String { String(Unicode.Scalar(UInt8(97 + below(26)))) }

    private mutating func repeated(_ count: Int, _ make: (inout MixedText) -> String) -> String {
        var text = ""
        for _ in 0..<count { text += make(&self) }
        return text
    }

    /// One piece of a line, of one of twelve kinds.
    private mutating func fragment() -> String {
        switch below(12) {
        case 0...2: return element(Self.words)
        case 3...4: return element(Self.phrases)
        case 5: return element(Self.spaces)
        case 6: return element(Self.emoji)
        case 7: return repeated(1 + below(8)) { String($0.below(10)) }
        case 8: return repeated(1 + below(12)) { $0.letter() }
        case 9: return letter() + repeated(1 + below(5)) { $0.character((0x300, 0x36F)) }
        case 10:
            let range = Self.ranges[below(Self.ranges.count)]
            return repeated(1 + below(6)) { $0.character(range) }
        default:
            return repeated(1 + below(5)) { $0.character(Self.ranges[$0.below(Self.ranges.count)]) }
        }
    }

    mutating func syntheticLine() -> String {
        var line = ""
        for _ in 0..<(1 + below(10)) {
            line += fragment()
            if below(4) > 0 { line += " " }
        }
        return line
    }

    static func syntheticLines(seed: UInt64, count: Int) -> [String] {
        var text = MixedText(seed: seed)
        return (0..<count).map { _ in text.syntheticLine() }
    }

    /// Every second line is synthetic, the others are drawn from the data files.
    static func lines(seed: UInt64, count: Int, folder: String) throws -> [String] {
        var text = MixedText(seed: seed)
        let data = try dataLines(folder)
        return (0..<count).map { $0 % 2 == 1 ? text.syntheticLine() : data[text.below(data.count)] }
    }

    /// Lines of the data files, in order, without the empty and the long ones.
    private static func dataLines(_ folder: String) throws -> [String] {
        try files.flatMap { name in
            try Data(contentsOf: URL(filePath: folder + "/" + name)).split(separator: 0x0A)
                .filter { $0.count <= 1000 }.map { String(decoding: $0, as: UTF8.self) }
        }
    }
}

extension MixedText {
    static let words: [String] = [
        "the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "expert", "mesh",
        "router", "worker", "token", "passage", "gate", "dispatch", "combine", "answer",
        "question", "document", "citation", "knowledge", "store", "alignment", "Paris", "Berlin",
        "na\u{EF}ve", "caf\u{E9}", "Stra\u{DF}e", "se\u{F1}or", "cr\u{E8}me", "br\u{FB}l\u{E9}e",
        "\u{C5}ngstr\u{F6}m", "sm\u{F6}rg\u{E5}sbord", "pi\u{F1}ata", "fa\u{E7}ade", "\u{FC}ber",
        "\u{E9}lan",
    ]
    static let phrases: [String] = [
        "it's", "I'LL", "they've", "WE'RE", "don't", "he'd", "I'm", "'tis", "rock'n'roll",
        "'\u{17F}", "O'Reilly's", "let value = array[i + 1]", "if (x != y) { return -1; }",
        "def f(self, *args, **kwargs):", "print(\"hello, world\\n\")",
        "for (int i = 0; i < n; ++i)", "a->b::c<T>&&", "SELECT * FROM t WHERE id=42;",
        "https://example.org/a?b=c&d=%20#e", "<div class=\"x\">&amp;</div>",
        "camelCaseIdentifier", "snake_case_identifier", "SCREAMING_CASE", "/usr/lib/x86_64",
        "3.14159", "1,234,567.89", "0xDEADBEEF", "-42e+10", "2024-12-31T23:59:59Z",
        "192.168.0.1", "C++20", "v1.2.3-rc.4", "100%", "$5.00", "\u{2116} 7", "...", "!!!", "?!",
        "\u{2014}", "\u{2013}", "\u{201C}quoted\u{201D}", "\u{2018}single\u{2019}",
        "\u{AB}guillemets\u{BB}", "(a)", "[b]", "{c}", "\u{BF}qu\u{E9}?", "<|im_end|>",
        "<|im_start|>", "</s>", "<s>", "[CLS]", "[MASK]", "<0x0A>", "<unk>", "##ing", "\u{2581}",
        "\u{120}",
    ]
    static let spaces: [String] = [
        " ", "  ", "   ", "\u{9}", "\u{A}", "\u{D}\u{A}", "\u{A}\u{A}", " \u{A} ", "\u{A0}",
        "\u{3000}", "\u{2028}", "\u{85}", "\u{2003}", "        ", "\u{9}\u{9}", "\u{B}", "\u{C}",
        "\u{D}", "                   ",
    ]
    static let emoji: [String] = [
        "\u{1F600}", "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}",
        "\u{1F3F3}\u{FE0F}\u{200D}\u{1F308}", "\u{1F44D}\u{1F3FD}", "\u{1F1EB}\u{1F1F7}",
        "\u{1F1E9}\u{1F1EA}\u{1F1EF}\u{1F1F5}", "\u{2764}\u{FE0F}", "\u{2615}",
        "\u{1F9D1}\u{1F3FF}\u{200D}\u{1F680}", "1\u{FE0F}\u{20E3}", "\u{2122}\u{FE0F}",
        "\u{1FAE0}", "\u{1F937}\u{200D}\u{2640}\u{FE0F}", "\u{2702}", "\u{265F}\u{FE0F}",
    ]
    static let ranges: [(Int, Int)] = [
        (0x4E00, 0x9FFF), (0x3041, 0x30FE), (0xAC00, 0xD7A3), (0x05D0, 0x05EA), (0x0621, 0x064A),
        (0x0900, 0x0939), (0x0E01, 0x0E30), (0x0391, 0x03C9), (0x0400, 0x045F), (0x10A0, 0x10C5),
        (0x00A1, 0x024F), (0x2190, 0x22FF), (0x2460, 0x24FF), (0xFB00, 0xFB06), (0xFF01, 0xFF5E),
        (0x0660, 0x0669), (0x00B2, 0x00BE), (0x2150, 0x2188), (0x3300, 0x3357), (0xF900, 0xFA2D),
        (0x1D400, 0x1D454), (0x1F300, 0x1F5FF), (0x20000, 0x2A6D6), (0x0000, 0x001F),
        (0x007F, 0x009F), (0x200B, 0x200F), (0xE000, 0xE0FF), (0x1E00, 0x1EFF), (0x0E31, 0x0E4E),
        (0x093A, 0x094F),
    ]
    static let files = [
        "text/novel-lewis-carroll_alices-adventures-in-wonderland_john-tenniel.txt",
        "text/novel-charles-darwin_the-origin-of-species.txt",
        "text/textbook-chemistry-bundle.txt",
        "text/textbook-world-history.txt",
        "text/wikitext-2-test.txt",
        "emoji/emoji.jsonl",
        "swift-evolution/0006-apply-api-guidelines-to-the-standard-library.md",
        "swift-evolution/0005-objective-c-name-translation.md",
    ]
}
