/// The words of a query as FTS5 is asked for them. Whatever a user writes, FTS5 sees quoted words
/// joined by OR: none of its operators can be reached.
struct LexicalQuery: Sendable, Equatable {
    /// Distinct words, in order, without stop words unless there is nothing else.
    private(set) var words: [String]

    /// More words than this in a query are looked up, but only the rarest are searched
    /// (`csqlite.h`: 16 × 4 bits).
    static let wordCountMax = 16
    /// A query longer than this is cut: beyond it words say nothing new and looking up their
    /// frequencies costs time.
    static let candidateCountMax = 64

    init(_ query: String) {
        var seen: Set<String> = []
        let all = query.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
            .filter { seen.insert($0).inserted }
        let telling = all.filter { !Self.stopWords.contains($0) }
        words = Array((telling.isEmpty ? all : telling).prefix(Self.candidateCountMax))
    }

    /// Only these words, in the query's order.
    func keeping(_ kept: Set<String>) -> LexicalQuery {
        var query = self
        query.words.removeAll { !kept.contains($0) }
        return query
    }

    /// The expression for `MATCH`, one phrase a word.
    var expression: String { words.map(Self.phrase).joined(separator: " OR ") }

    static func phrase(_ word: String) -> String { "\"\(word)\"" }

    /// Words of English that say how a question is put, not what it is about.
    static let stopWords: Set<String> = Set(
        """
        a about above after again against all am an and any are as at be because been before \
        being below between both but by can could did do does doing down during each few for \
        from further had has have having he her here hers him his how i if in into is it its \
        itself just me more most my no nor not now of off on once only or other our out over \
        own same she should so some such than that the their them then there these they this \
        those through to too under until up very was we were what when where which while who \
        whom why will with would you your
        """.split(separator: " ").map(String.init))
}

/// How many passages of a collection hold a word. Counting costs time in proportion to the answer,
/// so answers are kept; they may be a little old, because they only decide which words are
/// searched, never a score.
struct TermFrequencies: Sendable {
    private var counts: [String: Int] = [:]
    private var passageCount = 0

    /// Words remembered; a few MB at most.
    static let countMax = 50_000

    /// Forgets everything once the collection has changed by a tenth.
    mutating func refresh(passageCount: Int) {
        let isOld = abs(passageCount - self.passageCount) * 10 > self.passageCount
        guard isOld || counts.count >= Self.countMax else { return }
        counts.removeAll()
        self.passageCount = passageCount
    }

    subscript(word: String) -> Int? {
        get { counts[word] }
        set { counts[word] = newValue }
    }
}
