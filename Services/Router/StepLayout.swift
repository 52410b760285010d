internal import Model
internal import Tokenization

/// Which rows of a step belong to whom: request after request, each followed by its shadow.
struct StepLayout {
    struct Piece {
        let entry: Scheduler.Entry
        let isShadow: Bool
        let rows: Range<Int>
    }

    private(set) var pieces: [Piece] = []
    private(set) var spans: [RevisionSpan] = []
    private var sequences: [(cache: KVCache, tokens: [TokenID])] = []

    /// Adds the next tokens of a request, and the same again for its shadow.
    mutating func add(_ entry: Scheduler.Entry, of request: ActiveRequest) {
        let tokens = Array(request.generation.nextTokens(limit: entry.tokenCount))
        add(entry, tokens, request.cache, request.pin.revision, isShadow: false)
        guard let shadow = request.shadow else { return }
        add(entry, tokens, shadow.cache, shadow.revision, isShadow: true)
    }

    private mutating func add(
        _ entry: Scheduler.Entry, _ tokens: [TokenID], _ cache: KVCache, _ revision: Revision,
        isShadow: Bool
    ) {
        let start = spans.last?.rows.upperBound ?? 0
        let rows = start..<start + tokens.count
        pieces.append(Piece(entry: entry, isShadow: isShadow, rows: rows))
        spans.append(RevisionSpan(rows: rows, revision: revision))
        sequences.append((cache, tokens))
    }

    var batch: StepBatch { StepBatch(sequences: sequences) }
    var hasShadows: Bool { pieces.contains(where: \.isShadow) }

    /// Whose rows are among `rows`.
    func pieces(touching rows: Set<Int>) -> [Piece] {
        pieces.filter { rows.contains(where: $0.rows.contains) }
    }
}
