internal import Storage

/// A passage with its vector, ready to be written.
struct EmbeddedPassage: Sendable {
    let passage: Passage
    let vector: [Float]
}

/// What a committed write changed, for the copy in memory to follow.
struct Change: Sendable {
    let collection: Int64
    let sequence: Int64
    var removed: [Int64] = []
    var added: [IndexedPassage] = []
    var isDropped = false
}

/// What the copy in memory keeps of a passage.
struct IndexedPassage: Sendable {
    let id: Int64
    let termCount: Int
    let vector: [Float]
}

/// The statements that write. Each method runs inside the caller's transaction.
struct PassageTable {
    let database: SQLiteDatabase

    func nextSequence() throws -> Int64 {
        try database.first("UPDATE store SET sequence = sequence + 1 RETURNING sequence") {
            try $0.integer(0)
        } ?? 0
    }

    func collection(named name: String) throws -> Int64? {
        try database.first("SELECT id FROM collection WHERE name = ?", .text(name)) {
            try $0.integer(0)
        }
    }

    func makeCollection(named name: String) throws -> Int64 {
        if let known = try collection(named: name) { return known }
        try database.run("INSERT INTO collection(name) VALUES(?)", .text(name))
        let id = database.lastInsertedRowID
        try database.execute(Schema.createTermTable(id))
        return id
    }

    func document(named name: String, in collection: Int64) throws -> Int64? {
        try database.first(
            "SELECT id FROM document WHERE collection = ? AND name = ?", .integer(collection),
            .text(name)
        ) { try $0.integer(0) }
    }

    /// Removes a document with everything made of it; returns the ids of its passages.
    func remove(document: Int64, from collection: Int64) throws -> [Int64] {
        let passages = try database.rows(
            "SELECT id, context, text FROM passage WHERE document = ?", .integer(document)
        ) { row in
            (id: try row.integer(0), context: try row.text(1), text: try row.text(2))
        }
        let terms = Schema.termTable(collection)
        for passage in passages {
            let indexed = Passage(byteRange: 0..<0, text: passage.text, context: passage.context)
            try database.run(
                "INSERT INTO \(terms)(\(terms), rowid, text) VALUES('delete', ?, ?)",
                .integer(passage.id), .text(indexed.searchedText))
        }
        try database.run("DELETE FROM document WHERE id = ?", .integer(document))
        try database.run("INSERT OR IGNORE INTO erasure VALUES(?)", .integer(collection))
        return passages.map(\.id)
    }

    func insert(
        _ document: Document, digest: [UInt8], passageCount: Int, into collection: Int64,
        sequence: Int64
    ) throws -> Int64 {
        try database.run(
            """
            INSERT INTO document(collection, name, title, media_type, attributes, digest,
                passage_count, sequence,
                stored_at, byte_count, content) VALUES(?, ?, ?, ?, ?, ?, ?, ?, unixepoch(), ?, ?)
            """,
            .integer(collection), .text(document.name), .text(document.title),
            .text(document.mediaType.rawValue),
            .text(Attributes.encoded(document.attributes)), .blob(digest), .integer(passageCount),
            .integer(sequence), .integer(document.content.count), .blob(document.content))
        return database.lastInsertedRowID
    }

    func insert(
        _ embedded: EmbeddedPassage, of document: Int64, into collection: Int64
    ) throws -> IndexedPassage {
        let passage = embedded.passage
        try database.run(
            """
            INSERT INTO passage(document, byte_start, byte_end, term_count, context, text)
            VALUES(?, ?, ?, 0, ?, ?)
            """,
            .integer(document), .integer(passage.byteRange.lowerBound),
            .integer(passage.byteRange.upperBound),
            .text(passage.context), .text(passage.text))
        let id = database.lastInsertedRowID
        try database.run("INSERT INTO vector VALUES(?, ?)", .integer(id), .floats(embedded.vector))
        let termCount = try index(passage, as: id, in: collection)
        try database.run(
            "UPDATE passage SET term_count = ? WHERE id = ?", .integer(termCount), .integer(id))
        return IndexedPassage(id: id, termCount: termCount, vector: embedded.vector)
    }

    /// Returns how many terms FTS5 found, which it keeps as a variable-length integer.
    private func index(_ passage: Passage, as id: Int64, in collection: Int64) throws -> Int {
        let terms = Schema.termTable(collection)
        try database.run(
            "INSERT INTO \(terms)(rowid, text) VALUES(?, ?)", .integer(id),
            .text(passage.searchedText))
        let size =
            try database.first("SELECT sz FROM \(terms)_docsize WHERE id = ?", .integer(id)) {
                try $0.blob(0)
            } ?? []
        return size.reduce(0) { $0 << 7 | Int($1 & 0x7F) }
    }
}

/// Attributes as one column: keys and values in turn, separated by a character that `Document`
/// refuses in both.
enum Attributes {
    private static let separator: Character = "\u{1F}"

    static func encoded(_ attributes: [String: String]) -> String {
        attributes.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
            .joined(separator: String(separator))
    }

    static func decoded(_ column: String) -> [String: String] {
        guard !column.isEmpty else { return [:] }
        let parts = column.split(separator: separator, omittingEmptySubsequences: false).map(
            String.init)
        let pairs = stride(from: 0, to: parts.count - 1, by: 2).map { (parts[$0], parts[$0 + 1]) }
        return Dictionary(pairs) { first, _ in first }
    }
}
