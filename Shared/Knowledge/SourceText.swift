/// The readable text of a document, cut into blocks, with the way back to the bytes it came from.
struct SourceText: Sendable {
    /// UTF-8. For plain text and Markdown these are the document's own bytes.
    var text: [UInt8] = []
    var blocks: [Block] = []
    var map = SourceMap()

    init(_ content: [UInt8], as mediaType: MediaType) {
        switch mediaType {
        case .plainText: self.init(text: content, blocks: PlainText.blocks(of: content))
        case .markdown: self.init(text: content, blocks: Markdown.blocks(of: content))
        case .html: self = HTML.sourceText(of: content)
        }
    }

    /// A text that is its own source.
    private init(text: [UInt8], blocks: [Block]) {
        self.text = text
        self.blocks = blocks
        map.append(text: 0..<text.count, source: 0..<text.count)
    }

    init() {}
}

/// A stretch of text that belongs together.
struct Block: Sendable, Equatable {
    enum Role: Sendable, Equatable {
        /// Level 1 is outermost; the title is the heading without its marks.
        case heading(level: Int, title: String)
        case paragraph
    }

    let role: Role
    /// Bytes of `SourceText.text`.
    let range: Range<Int>
}

/// From bytes of the text to bytes of the source: runs in order, each either copied byte for byte
/// or standing for something that was written differently (a character reference, a stretch of
/// white space).
struct SourceMap: Sendable {
    private struct Run {
        let text: Range<Int>
        let source: Range<Int>
        var isVerbatim: Bool { text.count == source.count }
    }

    private var runs: [Run] = []

    /// `text` continues where the last run ended.
    mutating func append(text: Range<Int>, source: Range<Int>) {
        if let last = runs.last, last.isVerbatim, last.text.upperBound == text.lowerBound,
            last.source.upperBound == source.lowerBound, text.count == source.count
        {
            runs[runs.count - 1] = Run(
                text: last.text.lowerBound..<text.upperBound,
                source: last.source.lowerBound..<source.upperBound)
        } else {
            runs.append(Run(text: text, source: source))
        }
    }

    /// The source bytes from which the text's bytes in `range`, which is not empty, were made.
    func source(of range: Range<Int>) -> Range<Int> {
        let first = run(holding: range.lowerBound)
        let last = run(holding: range.upperBound - 1)
        let start =
            first.isVerbatim
            ? first.source.lowerBound + (range.lowerBound - first.text.lowerBound)
            : first.source.lowerBound
        let end =
            last.isVerbatim
            ? last.source.lowerBound + (range.upperBound - last.text.lowerBound)
            : last.source.upperBound
        return start..<end
    }

    private func run(holding offset: Int) -> Run {
        var low = 0
        var high = runs.count - 1
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].text.upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        return runs[low]
    }
}
