import Checkpoint
import Glibc
import JSON
import LinearAlgebra
import Testing

@testable import Model

@Suite struct SentenceEncoderTests {
    static func fixture(_ name: String, _ here: String = #filePath) -> String {
        String(here[..<here.lastIndex(of: "/")!]) + "/Fixtures/sentence-encoder/" + name
    }

    /// Where `Shared/DemoModel/fetch.py` puts all-MiniLM-L6-v2.
    static let miniLM: String = {
        let cache = unsafe getenv("EXPERTMESH_CACHE").map { unsafe String(cString: $0) }
        let home = unsafe getenv("HOME").map { unsafe String(cString: $0) } ?? ""
        return (cache ?? home + "/.cache/expertmesh") + "/all-minilm-l6-v2"
    }()

    static func json(_ name: String) throws -> JSONValue {
        let path = fixture(name)
        let file = try MappedFile(path: path)
        return try JSONValue(parsing: file.bytes(in: 0..<file.byteCount), path: path)
    }

    static func texts(_ json: JSONValue?) -> [String] { json?.array?.compactMap(\.string) ?? [] }

    /// Reference: transformers in float32, texts one by one. 1e-5 is about a hundred roundings of
    /// numbers below 1, which sums in another order differ by.
    @Test func `vectors of a tiny model equal the reference, alone and together`() throws {
        let encoder = try SentenceEncoder(path: Self.fixture("tiny"))
        let golden = try Self.json("tiny/golden.json")
        let texts = Self.texts(golden["texts"])
        let together = encoder.embed(texts)
        #expect(together.rowCount == texts.count && texts.count == 6)
        for (index, expected) in (golden["vectors"]?.array ?? []).enumerated() {
            let expected = expected.array?.compactMap(\.number).map(Float.init) ?? []
            let alone = encoder.embed([texts[index]])
            #expect(expected.count == encoder.dimension)
            #expect(zip(expected, together.row(index)).allSatisfy { abs($0 - $1) < 1e-5 })
            #expect(zip(expected, alone.row(0)).allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }

    @Test func `no text at all has no vectors, and a long one loses its end`() throws {
        let encoder = try SentenceEncoder(path: Self.fixture("tiny"))
        #expect(encoder.embed([]).rowCount == 0)
        let tokens = encoder.tokens(of: String(repeating: "question ", count: 1000))
        #expect(tokens.count == 48)
        #expect(tokens.last == encoder.tokens(of: "a").last)
    }

    @Test func `a text that spells a special token is only text`() throws {
        let encoder = try SentenceEncoder(path: Self.fixture("tiny"))
        #expect(encoder.tokens(of: "").count == 2)
        #expect(encoder.tokens(of: "[SEP]").count > 3)
    }

    /// The committed vectors are rounded to 8 bits. The angle between ours and the true vector is
    /// at most ours to the rounded one plus the rounded one to the true one, whose maximum the
    /// fixture states.
    @Test(
        .enabled(
            if: unsafe access(miniLM + "/model.safetensors", R_OK) == 0,
            "all-MiniLM-L6-v2 is not in the cache; run Shared/DemoModel/fetch.py"))
    func `500 sentences have the reference's vectors, cosine at least 0.9999`() throws {
        let encoder = try SentenceEncoder(path: Self.miniLM)
        let json = try Self.json("sentences.json")
        let file = try MappedFile(path: Self.fixture("minilm.q8_0"))
        let rounded = BlockFormat.decode(file.bytes(in: 0..<file.byteCount), storage: .q8_0)
        let angleMax = acosf(0.9999) - Float(json["angleMax"]?.number ?? 1)
        let vectors = encoder.embed(Self.texts(json["sentences"]))
        #expect(vectors.rowCount == 500 && encoder.dimension == 384)
        for index in 0..<vectors.rowCount {
            let expected = Array(rounded[index * 384..<(index + 1) * 384])
            let cosine = Distance.cosine(Array(vectors.row(index)), expected)
            #expect(acosf(min(cosine, 1)) <= angleMax)
        }
    }

    @Test(arguments: [
        ("config.json", "\"bert\"", "\"gpt2\"", "unsupported sentence encoder gpt2"),
        ("config.json", "\"gelu\"", "\"relu\"", "unsupported activation relu"),
        ("config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "5 heads"),
        ("config.json", "\"vocab_size\": 96", "\"vocab_size\": 64", "tokenizer of"),
        ("config.json", "\"hidden_size\": 32", "\"hidden_size\": 64", "has shape"),
        ("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "encoder.layer.2"),
        ("sentence_bert_config.json", "48", "65", "max_seq_length"),
        ("sentence_bert_config.json", "}", "", "malformed"),
    ])
    func `a directory that does not fit together is refused by name`(
        file: String, old: String, new: String, reason: String
    ) throws {
        let directory = try ChangedDirectory(Self.fixture("tiny"), file: file, old: old, new: new)
        defer { directory.remove() }
        do {
            _ = try SentenceEncoder(path: directory.path)
            Issue.record("accepted")
        } catch { #expect("\(error)".contains(reason)) }
    }
}

/// A copy of the tiny encoder's directory under /tmp with one piece of text replaced.
private struct ChangedDirectory {
    static let names = [
        "config.json", "model.safetensors", "sentence_bert_config.json", "tokenizer.json",
    ]
    let path: String

    init(_ source: String, file: String, old: String, new: String) throws {
        var template = Array("/tmp/encoder-tests-XXXXXX".utf8CString)
        path = unsafe String(cString: mkdtemp(&template))
        for name in Self.names {
            let content = try MappedFile(path: source + "/" + name)
            var bytes = content.bytes(in: 0..<content.byteCount)
            if name == file {
                let parts = String(decoding: bytes, as: UTF8.self)
                    .split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
                try #require(parts.count == 2)
                bytes = Array((parts[0] + new + parts[1]).utf8)
            }
            let target = unsafe fopen(path + "/" + name, "w")!
            unsafe fwrite(bytes, 1, bytes.count, target)
            unsafe fclose(target)
        }
    }

    func remove() {
        for name in Self.names { unsafe unlink(path + "/" + name) }
        unsafe rmdir(path)
    }
}
