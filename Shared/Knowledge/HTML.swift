/// The visible text of an HTML page, with the way back to its bytes.
///
/// A scanner of tags, not a tree: nothing nests, so hostile nesting costs nothing, and every
/// character of the text knows the bytes it was written with. Neither styles nor scripts are
/// evaluated: what they would hide is read.
enum HTML {
    static func sourceText(of source: [UInt8]) -> SourceText {
        var scanner = HTMLScanner(source)
        scanner.scan()
        return scanner.result
    }

    /// Elements that begin a new block, and so end the one before.
    static let blockElements: Set<String> = [
        "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "dialog",
        "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3",
        "h4", "h5", "h6", "head", "header", "hr", "html", "legend", "li", "main", "nav", "ol",
        "option", "p", "pre", "section", "select", "summary", "table", "tbody", "td", "tfoot",
        "th", "thead", "tr", "ul",
    ]

    /// Elements whose content is no text of the page, read up to their end tag.
    static let hiddenElements: Set<String> = [
        "iframe", "noembed", "noframes", "noscript", "script", "style", "template", "textarea",
        "title",
    ]

    static func headingLevel(of element: String) -> Int? {
        guard element.count == 2, element.first == "h", let level = element.last?.wholeNumberValue,
            (1...6).contains(level)
        else { return nil }
        return level
    }
}

private struct HTMLScanner {
    private let source: [UInt8]
    private var position = 0
    private(set) var result = SourceText()
    private var blockStart = 0
    private var level: Int?
    /// Where the white space began that becomes one space if text follows.
    private var spaceStart: Int?

    init(_ source: [UInt8]) { self.source = source }

    mutating func scan() {
        while position < source.count {
            let byte = source[position]
            if byte == UInt8(ascii: "<"), let end = endOfMarkup() {
                takeMarkup(to: end)
            } else if byte == UInt8(ascii: "&"), let (text, end) = reference() {
                write(Array(text.utf8), from: position..<end)
                position = end
            } else if byte.isSpace {
                spaceStart = spaceStart ?? position
                position += 1
            } else {
                let end = endOfCharacters()
                write(Array(source[position..<end]), from: position..<end)
                position = end
            }
        }
        endBlock()
    }

    /// The end of the characters that mean themselves; the first one always does.
    private func endOfCharacters() -> Int {
        source[(position + 1)...].firstIndex {
            $0.isSpace || $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "&")
        } ?? source.count
    }

    private mutating func write(_ bytes: [UInt8], from range: Range<Int>) {
        let isFirst = result.text.count == blockStart
        if let start = spaceStart, !isFirst {
            append([32], from: start..<max(start + 1, spaceEnd(start)))
        }
        spaceStart = nil
        append(bytes, from: range)
    }

    /// The end of the white space that begins at `start`; tags may stand within it.
    private func spaceEnd(_ start: Int) -> Int {
        var end = start
        while end < position, source[end].isSpace { end += 1 }
        return end
    }

    private mutating func append(_ bytes: [UInt8], from range: Range<Int>) {
        let start = result.text.count
        result.text += bytes
        result.map.append(text: start..<result.text.count, source: range)
    }

    private mutating func endBlock() {
        spaceStart = nil
        let range = blockStart..<result.text.count
        defer { blockStart = result.text.count }
        guard !range.isEmpty else { return }
        let role =
            level.map { Block.Role.heading(level: $0, title: result.text.string(range)) }
            ?? .paragraph
        let end = position..<position
        append([UInt8(ascii: "\n")], from: end)
        result.blocks.append(Block(role: role, range: range.lowerBound..<result.text.count))
    }

    private mutating func takeMarkup(to end: Int) {
        let tag = HTMLTag(source[position..<end])
        position = end
        guard let tag else { return }
        if !tag.isEnd, HTML.hiddenElements.contains(tag.name) {
            skipHidden(tag.name)
        } else if HTML.blockElements.contains(tag.name) {
            endBlock()
            level = tag.isEnd ? nil : HTML.headingLevel(of: tag.name)
        } else if tag.name == "br" {
            spaceStart = spaceStart ?? end
        }
    }

    /// Moves past the end tag of `name`, or to the end of the source when there is none.
    private mutating func skipHidden(_ name: String) {
        let name = Array(name.utf8)
        while let open = source[position...].firstIndex(of: UInt8(ascii: "<")) {
            position = open + 1
            let rest = source[position...]
            guard rest.first == UInt8(ascii: "/"),
                rest.dropFirst().prefix(name.count).map(\.lowercased) == name
            else { continue }
            position = rest.firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? source.count
            return
        }
        position = source.count
    }

    /// Where the markup that begins here ends, or nil when this `<` is a character like any other.
    private func endOfMarkup() -> Int? {
        guard position + 1 < source.count else { return nil }
        let next = source[position + 1]
        if next == UInt8(ascii: "!") || next == UInt8(ascii: "?") { return endOfDeclaration() }
        guard next.isLetter || next == UInt8(ascii: "/") else { return nil }
        return endOfTag()
    }

    /// A tag ends at the first `>` outside quotation marks.
    private func endOfTag() -> Int {
        var quote: UInt8?
        for index in position + 1..<source.count {
            let byte = source[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: ">") {
                return index + 1
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"),
                isAfterEquals(index)
            {
                quote = byte
            }
        }
        return source.count
    }

    /// A quotation mark opens a value only after `=`; elsewhere in a tag it is a stray.
    private func isAfterEquals(_ index: Int) -> Bool {
        let before = source[position..<index].lastIndex { !$0.isSpace }
        return before.map { source[$0] == UInt8(ascii: "=") } ?? false
    }

    private func endOfDeclaration() -> Int {
        let rest = source[position...]
        guard rest.starts(with: Array("<!--".utf8)) else {
            return rest.firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 } ?? source.count
        }
        var index = position + 4
        while index + 2 < source.count {
            if source[index..<index + 3].elementsEqual("-->".utf8) { return index + 3 }
            index += 1
        }
        return source.count
    }

    private func reference() -> (text: String, end: Int)? {
        let window = source[position..<min(position + HTMLEntities.byteCountMax, source.count)]
        guard let end = window.firstIndex(of: UInt8(ascii: ";")),
            let text = HTMLEntities.text(for: source[position + 1..<end])
        else { return nil }
        return (text, end + 1)
    }
}

/// The name of a start or end tag.
private struct HTMLTag {
    let name: String
    let isEnd: Bool

    init?(_ markup: ArraySlice<UInt8>) {
        let inner = markup.dropFirst()
        isEnd = inner.first == UInt8(ascii: "/")
        let letters = (isEnd ? inner.dropFirst() : inner).prefix { $0.isLetter || $0.isDigit }
        guard !letters.isEmpty else { return nil }
        name = String(decoding: letters.map(\.lowercased), as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 { isUppercase ? self + 32 : self }
}
