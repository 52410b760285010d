import Glibc
import Knowledge

/// A directory that disappears, with its files, at the end of a test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/expertmesh-knowledge-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template) != nil
        precondition(made, "/tmp cannot be written")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for file in Self.databaseFiles + ["ledger"] { unsafe unlink(path + "/" + file) }
        unsafe rmdir(path)
    }

    var database: String { path + "/knowledge.sqlite" }

    static let databaseFiles = ["knowledge.sqlite", "knowledge.sqlite-wal", "knowledge.sqlite-shm"]

    /// Every byte of the store's files.
    var bytes: [UInt8] { Self.databaseFiles.flatMap { readFile(path + "/" + $0) } }
}

/// The content of a file; empty when there is none.
func readFile(_ path: String) -> [UInt8] {
    let file = unsafe open(path, O_RDONLY)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = unsafe read(file, &buffer, buffer.count)
        guard count > 0 else { return content }
        content += buffer[..<count]
    }
}

/// A file beside these tests.
func fixture(_ name: String, file: String = #filePath) -> [UInt8] {
    let folder = file.split(separator: "/").dropLast().joined(separator: "/")
    return readFile("/\(folder)/Fixtures/\(name)")
}

/// Numbers that depend on the seed alone.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A vector of length 1.
    mutating func direction(_ dimension: Int) -> [Float] {
        let vector = (0..<dimension).map { _ in Float.random(in: -1...1, using: &self) }
        return vector.normalised
    }
}

extension [Float] {
    var normalised: [Float] {
        let length = reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? map { $0 / length } : self
    }
}

/// Counts words by their hash: no model, but near texts get near vectors, and equal ones equal
/// ones.
func wordEmbedder(identity: String = "words", dimension: Int = 32) -> Embedder {
    Embedder(identity: identity, dimension: dimension, tokenCount: wordCount) { texts in
        texts.map { text in
            var vector = [Float](repeating: 0, count: dimension)
            vector[0] = 0.01  // no text is without direction
            for word in words(of: text) { vector[bucket(of: word, dimension)] += 1 }
            return vector.normalised
        }
    }
}

func words(of text: String) -> [String] {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
}

private func bucket(of word: String, _ count: Int) -> Int {
    Int(word.utf8.reduce(UInt64(5381)) { $0 &* 33 &+ UInt64($1) } % UInt64(count))
}

/// A stand-in for a tokenizer: a piece for each five bytes of a word, at least one.
func wordCount(_ text: String) -> Int {
    text.split(whereSeparator: \.isWhitespace).reduce(0) { $0 + 1 + $1.utf8.count / 5 }
}

func document(
    _ name: String, _ text: String, title: String = "", as mediaType: MediaType = .plainText
) throws -> Document {
    try Document(name: name, title: title, mediaType: mediaType, content: Array(text.utf8))
}

extension PassageStore {
    /// A store in `directory` whose embedder counts words.
    static func ofWords(in directory: TemporaryDirectory) async throws -> PassageStore {
        try await open(path: directory.database, embedder: wordEmbedder())
    }

    func hits(
        _ text: String, in collections: [String] = ["c"], limit: Int = 10,
        _ sides: SearchSides = .hybrid(.standard)
    )
        async throws -> [Hit]
    {
        try await search(SearchQuery(text, in: collections, limit: limit, sides: sides)).hits
    }
}

let lorem = """
    The store keeps documents. A passage is a stretch of one. Whoever cites a passage names the \
    document, the bytes and the digest, and anybody can check it. Nothing that was acknowledged is \
    lost, and what was deleted is gone for good.
    """
