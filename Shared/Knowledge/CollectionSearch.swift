internal import Storage

/// One search of one collection: what each side proposes, with the scores of both sides. Words are
/// scored exactly, vectors by their coarse copies.
struct CollectionSearch {
    /// Passages that each side proposes at least.
    static let proposalCountMin = 100
    /// Rows that FTS5 may visit for one query, at about 0.3 µs a row. Beyond it only the rarest
    /// words are searched.
    static let visitCountMax = 20_000

    let database: SQLiteDatabase
    let collection: Int64
    var index: CollectionIndex
    private(set) var plan = ""

    init(database: SQLiteDatabase, collection: Int64, index: CollectionIndex) {
        self.database = database
        self.collection = collection
        self.index = index
    }

    mutating func candidates(for query: SearchQuery, vector: [Float]) throws -> [Candidate] {
        let proposalCount = max(Self.proposalCountMin, query.limit)
        let lexical = query.sides == .dense ? LexicalScores() : try lexicalScores(of: query.text)
        let coarse = query.sides == .lexical ? [] : index.coarseScores(of: vector)
        let proposed =
            index.best(proposalCount, of: coarse) + lexical.best(proposalCount, of: index)
        plan = "\(index.count) passages, \(lexical.plan)"
        if !coarse.isEmpty { plan += ", all vectors" }
        return Set(proposed.map(\.id)).compactMap { id in
            guard let slot = index.slots[id] else { return nil }
            return Candidate(
                id: id, lexical: lexical[slot], dense: coarse.isEmpty ? 0 : coarse[slot])
        }
    }
}

// MARK: - Words

extension CollectionSearch {
    private mutating func lexicalScores(of text: String) throws -> LexicalScores {
        let all = LexicalQuery(text)
        let query = try affordable(all)
        guard !query.words.isEmpty, index.count > 0 else { return LexicalScores() }
        let matches = try matches(query)
        let scores = BM25().scores(
            matches, termCount: query.words.count, lengths: index.termCounts,
            meanLength: index.meanTermCount, passageCount: index.count)
        return LexicalScores(
            matches: matches, scores: scores, passageCount: index.count,
            plan: "\(query.words.count) of \(all.words.count) words in \(matches.count) passages")
    }

    /// The query's rarest words, as many as may be visited; at least one.
    private mutating func affordable(_ query: LexicalQuery) throws -> LexicalQuery {
        let isCheap =
            query.words.count <= LexicalQuery.wordCountMax
            && query.words.count * index.count <= Self.visitCountMax
        guard !isCheap else { return query }
        index.frequencies.refresh(passageCount: index.count)
        let counted = try query.words.map { (word: $0, count: try frequency(of: $0)) }.filter {
            $0.count > 0
        }
        var left = Self.visitCountMax
        var kept: Set<String> = []
        for (word, count) in counted.sorted(by: { ($0.count, $0.word) < ($1.count, $1.word) }) {
            guard kept.isEmpty || (count <= left && kept.count < LexicalQuery.wordCountMax) else {
                break
            }
            kept.insert(word)
            left -= count
        }
        return query.keeping(kept)
    }

    private mutating func frequency(of word: String) throws -> Int {
        if let known = index.frequencies[word] { return known }
        let terms = Schema.termTable(collection)
        let count =
            try database.first(
                "SELECT count(*) FROM \(terms) WHERE \(terms) MATCH ?",
                .text(LexicalQuery.phrase(word))
            ) { try $0.int(0) } ?? 0
        index.frequencies[word] = count
        return count
    }

    private func matches(_ query: LexicalQuery) throws -> [BM25.Match] {
        let terms = Schema.termTable(collection)
        var matches: [BM25.Match] = []
        var slots = SlotTable.Reader(index.slots)
        try database.query(
            "SELECT rowid, term_counts(\(terms)) FROM \(terms) WHERE \(terms) MATCH ?",
            [.text(query.expression)]
        ) { row in
            guard let slot = slots.slot(of: try row.integer(0)) else { return }
            matches.append(
                BM25.Match(slot: Int32(slot), counts: UInt64(bitPattern: try row.integer(1))))
        }
        return matches
    }
}

/// The BM25 score of every passage that holds a word of the query.
struct LexicalScores {
    private var matches: [BM25.Match] = []
    private var scores: [Float] = []
    /// By slot; 0 where no word occurs.
    private var table: [Float] = []
    private(set) var plan = "no words"

    init() {}

    init(matches: [BM25.Match], scores: [Float], passageCount: Int, plan: String) {
        self.matches = matches
        self.scores = scores
        self.plan = plan
        table = [Float](repeating: 0, count: passageCount)
        for (match, score) in zip(matches, scores) { table[Int(match.slot)] = score }
    }

    subscript(slot: Int) -> Float { slot < table.count ? table[slot] : 0 }

    func best(_ limit: Int, of index: CollectionIndex) -> [Scored] {
        var best = TopScores(limit: limit)
        for (match, score) in zip(matches, scores) where best.accepts(score) {
            best.add(Scored(id: index.ids[Int(match.slot)], score: score))
        }
        return best.sorted
    }
}
