/// A passage before it is stored: bytes of the text, and what stands above it.
struct Chunk: Sendable, Equatable {
    /// Bytes of `SourceText.text`; not empty, no white space at either end.
    let range: Range<Int>
    /// Titles of the headings above, outermost first, without those inside the range.
    let headings: [String]
}

/// Cuts a text into passages along its own structure: never across a heading, between paragraphs
/// where possible, else between sentences, else between words. Passages of one section are about
/// equally long.
struct Chunker: Sendable {
    /// MiniLM reads 256 word pieces: 200 for the passage leave room for its headings and the two
    /// special ones.
    static let tokenCountMax = 200

    let tokenCount: @Sendable (String) -> Int

    func chunks(of source: SourceText) -> [Chunk] {
        Section.sections(of: source).flatMap { section in
            pack(units(of: section, in: source.text)).enumerated().compactMap { position, range in
                let range = source.text.trimmed(range)
                guard !range.isEmpty else { return nil }
                return Chunk(range: range, headings: position == 0 ? section.above : section.path)
            }
        }
    }

    /// A piece that stays whole.
    private struct Unit {
        let range: Range<Int>
        let tokenCount: Int
    }

    private func units(of section: Section, in text: [UInt8]) -> [Unit] {
        section.blocks.flatMap { block -> [Unit] in
            let whole = unit(block.range, in: text)
            guard whole.tokenCount > Self.tokenCountMax / 2 else { return [whole] }
            return Sentences.ranges(in: block.range, of: text).flatMap { sentence -> [Unit] in
                let unit = unit(sentence, in: text)
                return unit.tokenCount <= Self.tokenCountMax
                    ? [unit] : words(of: sentence, in: text)
            }
        }
    }

    private func unit(_ range: Range<Int>, in text: [UInt8]) -> Unit {
        Unit(range: range, tokenCount: tokenCount(text.string(range)))
    }

    /// The words of a sentence that is too long; a word that is itself too long is cut between
    /// characters.
    private func words(of sentence: Range<Int>, in text: [UInt8]) -> [Unit] {
        var units: [Unit] = []
        var start = sentence.lowerBound
        for index in sentence {
            let isWordEnd = text[index].isSpace || index + 1 == sentence.upperBound
            let isLong = index - start >= Self.tokenCountMax / 2
            if isWordEnd || (isLong && !text[index + 1].isContinuation) {
                units.append(unit(start..<index + 1, in: text))
                start = index + 1
            }
        }
        return units
    }

    /// Joins neighbours up to the budget. When they need several passages, each takes its fair
    /// share of what is left.
    private func pack(_ units: [Unit]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var filled = 0
        var share = 0
        var left = units.reduce(0) { $0 + $1.tokenCount }
        for unit in units {
            let isWanted = filled + unit.tokenCount / 2 <= share
            if let last = ranges.last, isWanted, filled + unit.tokenCount <= Self.tokenCountMax {
                ranges[ranges.count - 1] = last.lowerBound..<unit.range.upperBound
                filled += unit.tokenCount
            } else {
                let passagesLeft = (left + Self.tokenCountMax - 1) / Self.tokenCountMax
                share = left / max(1, passagesLeft)
                ranges.append(unit.range)
                filled = unit.tokenCount
            }
            left -= unit.tokenCount
        }
        return ranges
    }
}

/// What lies between two headings, with the heading that opens it.
struct Section {
    /// Titles above the first heading in `blocks`.
    var above: [String]
    /// Titles above the text of the section, its own headings included.
    var path: [String]
    var blocks: [Block]

    /// Headings with nothing below them join the section that follows.
    static func sections(of source: SourceText) -> [Section] {
        var sections: [Section] = []
        var open: [(level: Int, title: String)] = []
        for block in source.blocks {
            guard case .heading(let level, let title) = block.role else {
                if sections.isEmpty { sections.append(Section(above: [], path: [], blocks: [])) }
                sections[sections.count - 1].blocks.append(block)
                continue
            }
            open.removeAll { $0.level >= level }
            let above = open.map(\.title)
            open.append((level, title))
            if let last = sections.last, last.hasHeadingsOnly {
                sections[sections.count - 1].blocks.append(block)
                sections[sections.count - 1].path = open.map(\.title)
            } else {
                sections.append(Section(above: above, path: open.map(\.title), blocks: [block]))
            }
        }
        return sections
    }

    private var hasHeadingsOnly: Bool {
        !blocks.isEmpty && blocks.allSatisfy { if case .heading = $0.role { true } else { false } }
    }
}
