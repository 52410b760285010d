internal import HTTP

/// What leaves while a grounded answer is written.
enum GroundedPiece: Equatable, Sendable {
    case text(String)
    case citation(CheckedCitation)
}

/// A checked citation: where its mark stands in the answer, and which passage carries the words
/// before it.
struct CheckedCitation: Equatable, Sendable {
    /// Position of the mark, in Unicode scalars of the answer.
    let index: Int
    /// Index of the passage among those that were shown.
    let passage: Int
    let support: MeshReport.Support
    /// True when the model named another passage, or none.
    let isCorrected: Bool
}

/// Checks the citations of an answer while it streams. Words leave as they come; a mark like `[2]`
/// is held until it is whole, compared with the passage that it names, and corrected or dropped.
///
/// An answer ends where a reader would end it: a mark that was cut off is left out, and so is a
/// passage that is copied out behind the last mark.
struct GroundedText: Sendable {
    private let checker: CitationChecker
    private let refusal: String
    private var held = ""
    /// What follows a mark, while it may be a passage copied out; nil once it is known to be none.
    private var copy: String?
    private var statement = ""
    private var emitted = ""
    private var supports: [MeshReport.Support] = []

    init(passages: [String], refusal: String) {
        checker = CitationChecker(passages: passages)
        self.refusal = refusal
    }

    /// The weakest support of any statement; `unsupported` for an empty answer.
    var support: MeshReport.Support {
        if isRefusal { return .refused }
        let order: [MeshReport.Support] = [.unsupported, .partial, .supported]
        return order.first(where: supports.contains) ?? .unsupported
    }

    mutating func feed(_ text: String) -> [GroundedPiece] {
        held += text
        return release(atEnd: false)
    }

    mutating func finish() -> [GroundedPiece] {
        let pieces = release(atEnd: true)
        if let copy, checker.isWhollyCopied(copy) { self.copy = nil }
        return pieces + closeStatement(cited: nil)
    }

    private var isRefusal: Bool { emitted.lowercased().hasPrefix(refusal.lowercased()) }

    private mutating func release(atEnd: Bool) -> [GroundedPiece] {
        var pieces: [GroundedPiece] = []
        while let start = held.firstIndex(where: { $0 == "[" || $0.isWhitespace }) {
            pieces += emit(String(held[..<start]))
            held.removeSubrange(..<start)
            guard let mark = Mark(prefixOf: held) else {
                guard Mark.cannotBegin(held) else {
                    if atEnd { held = "" }
                    return pieces
                }
                pieces += emit(String(held.removeFirst()))
                continue
            }
            held.removeFirst(mark.characterCount)
            pieces += closeStatement(cited: mark.number - 1)
        }
        pieces += emit(held)
        held = ""
        return pieces
    }

    private mutating func emit(_ text: String) -> [GroundedPiece] {
        guard !text.isEmpty else { return [] }
        guard let start = copy else { return say(text) }
        copy = start + text
        return checker.isCopy(start + text) ? [] : sayHeldCopy()
    }

    private mutating func say(_ text: String) -> [GroundedPiece] {
        emitted += text
        statement += text
        return [.text(text)]
    }

    private mutating func sayHeldCopy() -> [GroundedPiece] {
        defer { copy = nil }
        return copy.map { $0.isEmpty ? [] : say($0) } ?? []
    }

    /// The words since the last mark are a statement; a mark for it leaves if a passage carries it.
    private mutating func closeStatement(cited: Int?) -> [GroundedPiece] {
        let words = sayHeldCopy()
        defer { (statement, copy) = ("", "") }
        guard !isRefusal, !CitationChecker.words(of: statement).isEmpty else { return words }
        let verdict = checker.check(statement, cited: cited)
        supports.append(verdict.support)
        guard let passage = verdict.passage else { return words }
        let mark = " [\(passage + 1)]"
        let citation = CheckedCitation(
            index: emitted.unicodeScalars.count + 1, passage: passage, support: verdict.support,
            isCorrected: passage != cited)
        emitted += mark
        return words + [.text(mark), .citation(citation)]
    }
}

/// A citation mark at the start of a text: optional white space, `[`, one to three digits, `]`.
private struct Mark {
    let number: Int
    let characterCount: Int

    /// Longest white space and number that are taken for part of a mark.
    private static let spaceCountMax = 2
    private static let digitCountMax = 3

    init?(prefixOf text: String) {
        let space = text.prefix { $0.isWhitespace }
        let rest = text.dropFirst(space.count)
        guard rest.first == "[", let end = rest.firstIndex(of: "]"),
            let number = Int(rest[rest.index(after: rest.startIndex)..<end]), number > 0
        else { return nil }
        self.number = number
        characterCount = space.count + rest.distance(from: rest.startIndex, to: end) + 1
    }

    /// True when no continuation of `text` could make it begin with a mark.
    static func cannotBegin(_ text: String) -> Bool {
        let space = text.prefix { $0.isWhitespace }
        let rest = text.dropFirst(space.count)
        guard space.count <= spaceCountMax else { return true }
        guard let first = rest.first else { return false }
        let digits = rest.dropFirst()
        return first != "[" || digits.count > digitCountMax || !digits.allSatisfy(\.isNumber)
    }
}
