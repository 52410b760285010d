/// A stretch of a document that is embedded, indexed, found and cited as one.
public struct Passage: Sendable, Equatable {
    /// Bytes of the document as it was stored. For plain text and Markdown they are the passage;
    /// for HTML they are the markup whose visible text is the passage.
    public let byteRange: Range<Int>
    /// What a reader sees of these bytes.
    public let text: String
    /// The document's title and the headings above, one a line; found and embedded with the text,
    /// not part of it.
    public let context: String

    /// What is embedded and indexed.
    var searchedText: String { context.isEmpty ? text : context + "\n" + text }
}

/// A document as passages.
public struct PassageCutter: Sendable {
    /// Word pieces of the context that are kept beside a full passage.
    static let contextTokenCountMax = 48

    private let tokenCount: @Sendable (String) -> Int

    /// - Parameter tokenCount: word pieces that the embedder makes of a text.
    public init(tokenCount: @escaping @Sendable (String) -> Int) { self.tokenCount = tokenCount }

    /// In the order of the document; none when it has no text.
    public func passages(of document: Document) -> [Passage] {
        let source = SourceText(document.content, as: document.mediaType)
        return Chunker(tokenCount: tokenCount).chunks(of: source).map { chunk in
            Passage(
                byteRange: source.map.source(of: chunk.range),
                text: source.text.string(chunk.range),
                context: context(title: document.title, headings: chunk.headings))
        }
    }

    /// Outermost lines are dropped first: the nearest heading says most about the passage.
    private func context(title: String, headings: [String]) -> String {
        var lines = ([title] + headings).filter { !$0.isEmpty }
        if lines.count > 1, lines[0] == lines[1] { lines.removeFirst() }
        while !lines.isEmpty, tokenCount(lines.joined(separator: "\n")) > Self.contextTokenCountMax
        {
            lines.removeFirst()
        }
        return lines.joined(separator: "\n")
    }
}
