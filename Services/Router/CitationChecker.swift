internal import HTTP

/// Looks for an answer's words in the passages before a citation leaves: a wrong number is
/// corrected, a citation that nothing supports is dropped.
struct CitationChecker: Sendable {
    /// Share of the answer's words that must stand in a passage. Below, it is chance: the function
    /// words of any two English sentences overlap by a third.
    static let partialShareMin = 0.6
    /// Names have up to four words.
    static let copiedWordCountMin = 5

    private let passages: [[Substring]]

    struct Verdict: Equatable, Sendable {
        /// `supported`: the statement's words stand in the passage one after the other; `partial`:
        /// most of them do; `unsupported`: in no passage.
        let support: MeshReport.Support
        /// Index of the passage.
        let passage: Int?
    }

    /// - Parameter passages: their texts, in the order in which they were numbered for the model.
    init(passages: [String]) {
        self.passages = passages.map(Self.words)
    }

    /// The verdict on `statement`, which cites the passage with index `cited` (if any). Of passages
    /// that support it equally well the cited one wins, then the first.
    func check(_ statement: String, cited: Int?) -> Verdict {
        let words = Self.words(of: statement)
        guard !words.isEmpty else { return Verdict(support: .unsupported, passage: nil) }
        let order = [cited].compactMap { $0 }.filter(passages.indices.contains) + passages.indices
        if let passage = order.first(where: { contains(words, in: passages[$0]) }) {
            return Verdict(support: .supported, passage: passage)
        }
        let shares = order.map { (passage: $0, share: share(of: words, in: passages[$0])) }
        guard let best = shares.map(\.share).max(), best >= Self.partialShareMin,
            let passage = shares.first(where: { $0.share == best })?.passage
        else { return Verdict(support: .unsupported, passage: nil) }
        return Verdict(support: .partial, passage: passage)
    }

    /// Whether `text` begins a new sentence and runs along a passage word for word; its last word
    /// may be cut off. True of white space, which may still become one.
    func isCopy(_ text: String) -> Bool {
        guard let first = text.first(where: { !$0.isWhitespace }) else { return true }
        let words = Self.words(of: text)
        guard first.isUppercase, let last = words.last else { return false }
        return passages.contains { passage in
            passage.indices.dropLast(words.count - 1).contains { start in
                passage[start...].starts(with: words.dropLast())
                    && passage[start + words.count - 1].hasPrefix(last)
            }
        }
    }

    /// The same, and long enough not to be a name that an answer lists.
    func isWhollyCopied(_ text: String) -> Bool {
        isCopy(text) && Self.words(of: text).count >= Self.copiedWordCountMin
    }

    private func contains(_ words: [Substring], in passage: [Substring]) -> Bool {
        guard words.count <= passage.count else { return false }
        return (0...(passage.count - words.count)).contains { start in
            passage[start...].starts(with: words)
        }
    }

    private func share(of words: [Substring], in passage: [Substring]) -> Double {
        let known = Set(passage)
        return Double(words.count { known.contains($0) }) / Double(words.count)
    }

    /// Lowercased runs of letters and digits.
    static func words(of text: String) -> [Substring] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }
    }
}
