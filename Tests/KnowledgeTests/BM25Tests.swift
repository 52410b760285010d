import Glibc
import Storage
import Testing

@testable import Knowledge

@Suite struct BM25Tests {
    private let texts = [
        "a red fox and a red hen", "the fox", "hen hen hen hen", "nothing of note",
        "red red fox fox hen", "fox",
    ]

    /// The formula as the paper prints it, over words that were counted by hand.
    private func twin(_ query: [String], saturation: Double, lengthWeight: Double) -> [Double] {
        let documents = texts.map { words(of: $0) }
        let mean = Double(documents.map(\.count).reduce(0, +)) / Double(documents.count)
        return documents.map { document in
            query.map { term in
                let holders = Double(documents.filter { $0.contains(term) }.count)
                let count = Double(document.filter { $0 == term }.count)
                let idf = log(1 + (Double(documents.count) - holders + 0.5) / (holders + 0.5))
                let damping =
                    saturation * (1 - lengthWeight + lengthWeight * Double(document.count) / mean)
                return idf * count * (saturation + 1) / (count + damping)
            }.reduce(0, +)
        }
    }

    @Test(arguments: [(0.6, 0.6), (1.2, 0.75), (2, 0)])
    func `scores are those of the formula`(saturation: Double, lengthWeight: Double) {
        let query = ["red", "fox", "hen"]
        let matches = texts.enumerated().map { slot, text in
            let counts = query.enumerated().reduce(UInt64(0)) { packed, term in
                packed | UInt64(words(of: text).filter { $0 == term.element }.count)
                    << UInt64(4 * term.offset)
            }
            return BM25.Match(slot: Int32(slot), counts: counts)
        }.filter { $0.counts != 0 }
        let lengths = texts.map { Int32(words(of: $0).count) }
        let scores = BM25(saturation: saturation, lengthWeight: lengthWeight).scores(
            matches, termCount: 3, lengths: lengths,
            meanLength: Double(lengths.reduce(0, +)) / Double(lengths.count),
            passageCount: texts.count)
        let expected = twin(query, saturation: saturation, lengthWeight: lengthWeight)
        for (match, score) in zip(matches, scores) {
            #expect(abs(Double(score) - expected[Int(match.slot)]) < 1e-6)
        }
    }

    /// FTS5's own bm25() has the usual constants and another idf, so orders are compared where the
    /// idf is one factor: one term.
    @Test(arguments: ["red", "fox", "hen"]) func `one term ranks as FTS5 ranks it`(term: String)
        throws
    {
        let database = try SQLiteDatabase(path: TemporaryDirectory().path + "x")
        try database.addTermCounts()
        try database.execute("CREATE VIRTUAL TABLE f USING fts5(t)")
        for text in texts { try database.run("INSERT INTO f(t) VALUES(?)", .text(text)) }
        let theirs = try database.rows(
            "SELECT rowid, term_counts(f) FROM f WHERE f MATCH ? ORDER BY bm25(f), rowid",
            .text(term)
        ) {
            (slot: try $0.int(0) - 1, counts: UInt64(try $0.int(1)))
        }
        let lengths = texts.map { Int32(words(of: $0).count) }
        let ours = BM25(saturation: 1.2, lengthWeight: 0.75).scores(
            theirs.map { BM25.Match(slot: Int32($0.slot), counts: $0.counts) }, termCount: 1,
            lengths: lengths,
            meanLength: Double(lengths.reduce(0, +)) / Double(lengths.count),
            passageCount: texts.count)
        #expect(!ours.isEmpty && zip(ours, ours.dropFirst()).allSatisfy { $0 >= $1 })
        for (slot, counts) in theirs {
            #expect(Int(counts) == words(of: texts[slot]).filter { $0 == term }.count)
        }
    }
}
