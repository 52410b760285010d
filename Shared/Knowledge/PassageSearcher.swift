internal import LinearAlgebra
internal import Storage

/// The one who searches: a connection that only reads, and the copies in memory. Lives on a thread
/// of its own, so that a search never waits for a write to reach the disk.
actor PassageSearcher: ThreadBound {
    /// Candidates that get exact cosines, as a multiple of the hits that are wanted, and at least.
    /// Coarse cosines are off by some thousandths, so the true hits are always among them.
    private static let refinementFactor = 4
    private static let refinedCountMin = 40

    nonisolated let thread: SerialThread
    let database: SQLiteDatabase
    private let dimension: Int
    private var indexes: [Int64: CollectionIndex] = [:]
    private(set) var sequence: Int64 = 0

    init(path: String, dimension: Int, thread: SerialThread) throws {
        self.thread = thread
        self.dimension = dimension
        database = try SQLiteDatabase(path: path, access: .readOnly)
        try database.addTermCounts()
    }

    /// Builds the copies anew from the database.
    func load() throws {
        try database.snapshot {
            indexes = [:]
            for collection in try database.rows(
                "SELECT id FROM collection", as: { try $0.integer(0) })
            {
                indexes[collection] = try loadedIndex(of: collection)
            }
            sequence = try database.first("SELECT sequence FROM store") { try $0.integer(0) } ?? 0
        }
    }

    /// In order of ids, so that a copy is the same however often the store was started.
    private func loadedIndex(of collection: Int64) throws -> CollectionIndex {
        var index = CollectionIndex(dimension: dimension)
        try database.query(
            """
            SELECT p.id, p.term_count, v.floats FROM document d JOIN passage p ON p.document = d.id
            JOIN vector v ON v.passage = p.id WHERE d.collection = ? ORDER BY p.id
            """, [.integer(collection)]
        ) { row in
            index.add(
                IndexedPassage(
                    id: try row.integer(0), termCount: try row.int(1), vector: try row.floats(2)))
        }
        return index
    }

    /// Follows a committed write; writes arrive in the order in which they were committed.
    func apply(_ change: Change) {
        sequence = change.sequence
        guard !change.isDropped else {
            indexes[change.collection] = nil
            return
        }
        var index =
            indexes.removeValue(forKey: change.collection) ?? CollectionIndex(dimension: dimension)
        for id in change.removed { index.remove(id) }
        for passage in change.added { index.add(passage) }
        indexes[change.collection] = index
    }

    /// Passages that can be found, in all collections.
    var passageCount: Int { indexes.values.reduce(0) { $0 + $1.count } }

    /// Answers a query whose vector is known; `vector` is empty in a lexical search.
    func search(
        _ query: SearchQuery, vector: [Float], until deadline: ContinuousClock.Instant
    ) throws -> SearchAnswer {
        try database.until(deadline) {
            try database.snapshot { try answer(query, vector: vector) }
        }
    }

    private func answer(_ query: SearchQuery, vector: [Float]) throws -> SearchAnswer {
        var candidates: [Candidate] = []
        var plans: [String] = []
        for name in query.collections {
            guard let collection = try self.collection(named: name),
                let index = indexes.removeValue(forKey: collection)
            else {
                plans.append("\(name): nothing there")
                continue
            }
            var search = CollectionSearch(database: database, collection: collection, index: index)
            defer { indexes[collection] = search.index }
            candidates += try search.candidates(for: query, vector: vector)
            plans.append("\(name): \(search.plan)")
        }
        let hits = try hits(of: query, among: candidates, vector: vector)
        return SearchAnswer(hits: hits, plan: plans.joined(separator: "; "), sequence: sequence)
    }

    /// The best candidates by coarse cosines, a few times as many as are wanted, get exact ones;
    /// the best of these are the hits.
    private func hits(
        of query: SearchQuery, among candidates: [Candidate], vector: [Float]
    ) throws -> [Hit] {
        let count = max(Self.refinedCountMin, query.limit * Self.refinementFactor)
        var known = Dictionary(uniqueKeysWithValues: candidates.map { ($0.id, $0) })
        let best = query.sides.ranking(candidates).prefix(count).map(\.id)
        if query.sides != .lexical {
            for id in best { known[id] = try exact(known[id], vector: vector) }
        }
        let isBest = Set(best)
        let ranking = query.sides.ranking(Array(known.values)).filter { isBest.contains($0.id) }
        return try hits(ranking, known, limit: query.limit)
    }

    /// The candidate with its cosine from the stored vector; nil when it was deleted meanwhile.
    private func exact(_ candidate: Candidate?, vector: [Float]) throws -> Candidate? {
        guard let candidate else { return nil }
        return try database.first(
            "SELECT floats FROM vector WHERE passage = ?", .integer(candidate.id)
        ) { row in
            let cosine = Distance.dot(try row.floats(0), vector)
            return Candidate(id: candidate.id, lexical: candidate.lexical, dense: cosine)
        }
    }

    private func collection(named name: String) throws -> Int64? {
        try database.first("SELECT id FROM collection WHERE name = ?", .text(name)) {
            try $0.integer(0)
        }
    }

    /// A passage that was deleted a moment ago, in a write that has not been announced here, is
    /// passed over.
    private func hits(_ ranking: [Scored], _ known: [Int64: Candidate], limit: Int) throws -> [Hit]
    {
        var hits: [Hit] = []
        for scored in ranking where hits.count < limit {
            guard let candidate = known[scored.id] else { continue }
            if let hit = try hit(candidate, score: scored.score) { hits.append(hit) }
        }
        return hits
    }

    private func hit(_ candidate: Candidate, score: Float) throws -> Hit? {
        try database.first(
            """
            SELECT c.name, d.name, d.title, d.digest, p.byte_start, p.byte_end, p.text, p.context
            FROM passage p JOIN document d ON d.id = p.document
                JOIN collection c ON c.id = d.collection
            WHERE p.id = ?
            """, .integer(candidate.id)
        ) { row in
            Hit(
                collection: try row.text(0), document: try row.text(1), title: try row.text(2),
                digest: try row.blob(3),
                passage: Passage(
                    byteRange: try row.int(4)..<row.int(5), text: try row.text(6),
                    context: try row.text(7)),
                score: score, lexicalScore: candidate.lexical, denseScore: candidate.dense)
        }
    }
}

extension SearchSides {
    func ranking(_ candidates: [Candidate]) -> [Scored] {
        switch self {
        case .lexical:
            candidates.map { Scored(id: $0.id, score: $0.lexical) }.sorted { $0.precedes($1) }
        case .dense:
            candidates.map { Scored(id: $0.id, score: $0.dense) }.sorted { $0.precedes($1) }
        case .hybrid(let fusion): fusion.ranking(candidates)
        }
    }
}
