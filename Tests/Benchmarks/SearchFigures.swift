import Glibc
import Knowledge
import LinearAlgebra
import Support

/// How long is a search among many passages?
enum SearchFigures {
    /// Hybrid search of 100,000 passages of 100 words on one core, from the query's vector to the
    /// passages' texts. Words are drawn by Zipf's law, vectors at random, which is the worst case
    /// for both sides.
    static let search100k = Figure(name: "search.100k.ms", unit: "ms", aim: .atMost(10)) {
        isQuick in
        let directory = try ScratchDirectory()
        defer { directory.remove() }
        ComputeThreads.set(1)
        let corpus = SyntheticCorpus()
        let store = try await PassageStore.open(
            path: directory.path + "/search.sqlite", embedder: corpus.embedder)
        defer { store.close() }
        try await store.ingest(corpus)
        let queries = corpus.queries(count: isQuick ? 50 : 300)
        let before = clock()
        let hybrid = try await store.times(queries, .hybrid(.standard))
        let processorTime =
            Double(clock() - before) / Double(2 * queries.count * Int(CLOCKS_PER_SEC)) * 1_000
        let lexical = try await store.times(queries, .lexical)
        let dense = try await store.times(queries, .dense)
        let parts = [
            "p99 \(hybrid.share(0.99))", "processor time \(processorTime.rounded(toDigits: 2))",
            "words alone \(lexical.share(0.5))", "vectors alone \(dense.share(0.5))",
        ]
        let notes =
            "median of \(queries.count) queries of 6 words, \(ComputeThreads.kernelName); "
            + parts.joined(separator: ", ")
        return .init(value: hybrid.share(0.5), notes: notes)
    }
}

extension PassageStore {
    func ingest(_ corpus: SyntheticCorpus) async throws {
        for number in 0..<SyntheticCorpus.documentCount {
            let document = try Document(
                name: "\(number)", mediaType: .plainText,
                content: Array(corpus.document(number).utf8))
            _ = try await upsert(document, in: "c")
        }
        guard await passageCount == SyntheticCorpus.passageCount else {
            throw FigureUnavailable(description: "\(await passageCount) passages were made")
        }
    }

    /// Milliseconds of each search, sorted; the first search, which counts words, is made before.
    fileprivate func times(_ queries: [String], _ sides: SearchSides) async throws -> [Double] {
        var times: [Double] = []
        for query in queries {
            let search = try SearchQuery(query, in: ["c"], limit: 10, sides: sides)
            _ = try await self.search(search)
            let duration = try await ContinuousClock().measure { _ = try await self.search(search) }
            times.append(duration / .milliseconds(1))
        }
        return times.sorted()
    }
}

extension [Double] {
    fileprivate func share(_ share: Double) -> Double {
        self[Swift.min(count - 1, Int(Double(count) * share))].rounded(toDigits: 2)
    }
}

/// Text without meaning but with the statistics of text: the r-th word occurs in proportion to 1 /
/// r.
struct SyntheticCorpus: Sendable {
    static let documentCount = 100
    static let passageCount = 100_000
    private static let wordCount = 100
    private static let vocabularyCount = 60_000
    private static let dimension = 384

    /// Cumulative frequencies of the words.
    private let distribution: [Double]

    init() {
        var sum = 0.0
        distribution = (1...Self.vocabularyCount).map { rank in
            sum += 1 / Double(rank)
            return sum
        }
    }

    /// A thousand paragraphs, each of which becomes a passage.
    func document(_ number: Int) -> String {
        var random = SplitMix64(seed: UInt64(number))
        return (0..<Self.passageCount / Self.documentCount).map { _ in
            (0..<Self.wordCount).map { _ in "w\(rank(&random))x" }.joined(separator: " ")
        }.joined(separator: "\n\n")
    }

    /// Words of one text, without the hundred most frequent ones, which a query for content does
    /// not have.
    func queries(count: Int) -> [String] {
        var random = SplitMix64(seed: 1 << 40)
        return (0..<count).map { _ in
            var words: Set<Int> = []
            while words.count < 6 {
                let rank = rank(&random)
                if rank > 100 { words.insert(rank) }
            }
            return words.sorted().map { "w\($0)x" }.joined(separator: " ")
        }
    }

    /// Every paragraph counts as more than half a passage, so that no two are joined.
    var embedder: Embedder {
        Embedder(
            identity: "random", dimension: Self.dimension, tokenCount: { $0.isEmpty ? 0 : 150 },
            embed: { texts in
                texts.map { text in
                    var random = SplitMix64(
                        seed: text.utf8.reduce(5381) { $0 &* 33 &+ UInt64($1) })
                    return Distance.normalised((0..<Self.dimension).map { _ in random.signed() })
                }
            })
    }

    private func rank(_ random: inout SplitMix64) -> Int {
        let target = random.unit() * distribution[distribution.count - 1]
        var low = 0
        var high = distribution.count - 1
        while low < high {
            let middle = (low + high) / 2
            if distribution[middle] < target { low = middle + 1 } else { high = middle }
        }
        return low + 1
    }
}

extension SplitMix64 {
    /// 0 to 1.
    mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }

    /// -1 to 1.
    mutating func signed() -> Float { Float(unit() * 2 - 1) }
}
