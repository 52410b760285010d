public import Tokenization
internal import LinearAlgebra

/// The rows of one step: for each sequence the tokens that it takes further, one when it decodes,
/// many when it prefills. Rows of one sequence are neighbours; their positions continue from its
/// cache's count.
public struct StepBatch: Sendable {
    struct Span: Sendable {
        let cache: KVCache
        let rows: Range<Int>
    }

    /// All rows' tokens, sequence after sequence.
    public let tokens: [TokenID]
    let spans: [Span]
    let angles: RotaryAngles

    /// Every sequence has its own cache with room for its tokens, at least one; caches come from
    /// one decoder.
    public init(sequences: [(cache: KVCache, tokens: [TokenID])]) {
        precondition(!sequences.isEmpty)
        var spans: [Span] = []
        var positions: [Int] = []
        for (cache, tokens) in sequences {
            precondition(!tokens.isEmpty && tokens.count <= cache.remainingCount)
            precondition(!spans.contains { $0.cache === cache })
            spans.append(Span(cache: cache, rows: positions.count..<positions.count + tokens.count))
            positions += cache.count..<cache.count + tokens.count
        }
        self.spans = spans
        tokens = sequences.flatMap(\.tokens)
        angles = sequences[0].cache.rotary.angles(at: positions)
    }

    public var rowCount: Int { tokens.count }

    /// The last row of each sequence: the one whose logits say how it goes on.
    public var lastRows: [Int] { spans.map { $0.rows.upperBound - 1 } }

    /// After the last layer: the positions count from now on. Once per batch.
    public func commit() {
        for span in spans { span.cache.commit(span.rows.count) }
    }
}
