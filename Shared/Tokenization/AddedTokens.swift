/// A token that is looked for in the text before it is split into words.
struct AddedToken: Sendable {
    var id: TokenID
    var content: [UInt8]
    /// A control token, such as `<|im_end|>`: found in trusted text only, left out when decoding.
    var isSpecial = false
    /// Only where no letter or digit touches it.
    var isSingleWord = false
    /// Takes the spaces before, after it.
    var stripsLeft = false
    var stripsRight = false
    /// Looked for after the text was normalised. Always false for a special token: whether text
    /// is trusted is known of the text as it came.
    var isNormalized = false
}

/// A set of added tokens, found longest first at each position.
///
/// A trie over bytes, so that a position costs at most the length of the longest token.
struct AddedTokens: Sendable {
    /// A stretch of text, or a token that was found in it.
    enum Piece: Equatable {
        case text(Range<Int>)
        case token(TokenID)
    }

    private struct Node {
        var children: [(byte: UInt8, node: Int)] = []
        var token: Int?
    }

    private let tokens: [AddedToken]
    private let nodes: [Node]
    /// Which bytes a token starts with; most positions end here.
    private let firstBytes: [Bool]

    init(_ tokens: [AddedToken]) {
        var nodes = [Node()]
        var firstBytes = Array(repeating: false, count: 256)
        for (index, token) in tokens.enumerated() where !token.content.isEmpty {
            firstBytes[Int(token.content[0])] = true
            let end = token.content.reduce(0) { Self.child($1, of: $0, in: &nodes) }
            nodes[end].token = index
        }
        self.tokens = tokens
        self.nodes = nodes
        self.firstBytes = firstBytes
    }

    var isEmpty: Bool { nodes.count == 1 }

    private static func child(_ byte: UInt8, of parent: Int, in nodes: inout [Node]) -> Int {
        if let child = nodes[parent].children.first(where: { $0.byte == byte }) {
            return child.node
        }
        nodes.append(Node())
        nodes[parent].children.append((byte, nodes.count - 1))
        return nodes.count - 1
    }

    /// Cuts the text at `range` at the tokens in it.
    ///
    /// A special token counts where each of its bytes is trusted; no text that is not trusted
    /// becomes one, not even in part.
    func split(
        _ text: borrowing [UInt8], _ range: Range<Int>, trust: Trust
    ) -> [Piece] {
        guard !isEmpty else { return range.isEmpty ? [] : [.text(range)] }
        var pieces: [Piece] = []
        var start = range.lowerBound
        var index = start
        while index < range.upperBound {
            guard firstBytes[Int(text[index])],
                let token = longest(text, index..<range.upperBound, trust)
            else {
                index += 1
                continue
            }
            let end = index + token.content.count
            let left = token.stripsLeft ? spacesStart(text, before: index, from: start) : index
            if start < left { pieces.append(.text(start..<left)) }
            pieces.append(.token(token.id))
            start = token.stripsRight ? spacesEnd(text, end..<range.upperBound) : end
            index = start
        }
        if start < range.upperBound { pieces.append(.text(start..<range.upperBound)) }
        return pieces
    }

    private func longest(
        _ text: borrowing [UInt8], _ range: Range<Int>, _ trust: Trust
    ) -> AddedToken? {
        var found: AddedToken?
        var node = 0
        for index in range {
            let byte = text[index]
            guard let child = nodes[node].children.first(where: { $0.byte == byte }) else { break }
            node = child.node
            guard let token = nodes[node].token.map({ tokens[$0] }) else { continue }
            let match = range.lowerBound..<(index + 1)
            let isAllowed = !token.isSpecial || trust.covers(match)
            if isAllowed && (!token.isSingleWord || isAlone(text, match, range.upperBound)) {
                found = token
            }
        }
        return found
    }

    private func isAlone(_ text: borrowing [UInt8], _ match: Range<Int>, _ end: Int) -> Bool {
        let before = match.lowerBound > 0 ? text.scalarStart(before: match.lowerBound) : nil
        if let before, isWord(text, before) { return false }
        return match.upperBound >= end || !isWord(text, match.upperBound)
    }

    private func isWord(_ text: borrowing [UInt8], _ index: Int) -> Bool {
        let scalar = DecodedScalar(text, at: index).scalar
        if scalar == "_" || scalar.properties.isAlphabetic { return true }
        switch scalar.properties.generalCategory {
        case .decimalNumber, .nonspacingMark, .spacingMark, .enclosingMark, .connectorPunctuation:
            return true
        default: return false
        }
    }

    private func spacesStart(_ text: borrowing [UInt8], before index: Int, from start: Int) -> Int {
        var index = index
        while index > start {
            let previous = text.scalarStart(before: index)
            guard ScalarClasses.shared[DecodedScalar(text, at: previous).value].isSpace else {
                break
            }
            index = previous
        }
        return index
    }

    private func spacesEnd(_ text: borrowing [UInt8], _ range: Range<Int>) -> Int {
        var index = range.lowerBound
        while index < range.upperBound {
            let decoded = DecodedScalar(text, at: index)
            guard ScalarClasses.shared[decoded.value].isSpace else { break }
            index += decoded.byteCount
        }
        return index
    }
}
