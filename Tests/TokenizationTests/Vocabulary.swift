import FoundationEssentials
import JSON

@testable import Tokenization

/// The vocabularies that tests use.
enum Vocabulary {
    /// A small one of the fixtures.
    static func tokenizer(_ name: String) throws -> Tokenizer {
        if name == "sentencepiece" { return try Tokenizer(gguf: try sentencePiece()) }
        return try Tokenizer(huggingFace: try Fixture.bytes("tokenizers/\(name).json"))
    }

    static func sentencePiece() throws -> GGUFVocabulary {
        struct Fields: Decodable { var tokens: [String], scores: [Float], types: [Int32] }
        let fields: Fields = try Fixture.decoded("tokenizers/sentencepiece.json")
        var vocabulary = GGUFVocabulary(model: "llama", preTokenizer: nil, tokens: fields.tokens)
        vocabulary.scores = fields.scores
        vocabulary.tokenTypes = fields.types
        vocabulary.unknown = 0
        vocabulary.beginOfSequence = 1
        vocabulary.endOfSequence = [2]
        return vocabulary
    }

    /// A byte-level `tokenizer.json` of the fixtures, as GGUF metadata would carry it.
    static func gguf(byteLevel name: String) throws -> GGUFVocabulary {
        let file = try JSONValue(tokenizerFile: try Fixture.bytes("tokenizers/\(name).json"))
        var tokens: [Int: String] = [:]
        for member in file["model"]?["vocab"]?.object?.members ?? [] {
            tokens[member.value.integer!] = member.name
        }
        for entry in file["added_tokens"]?.array ?? [] {
            tokens[entry["id"]!.integer!] = entry["content"]!.string!
        }
        let names = ["llama3": "llama-bpe", "olmoe": "olmo"]
        var vocabulary = GGUFVocabulary(
            model: "gpt2", preTokenizer: names[name] ?? name,
            tokens: (0..<tokens.count).map { tokens[$0]! })
        vocabulary.tokenTypes = vocabulary.tokens.map { _ in 1 }
        for entry in file["added_tokens"]?.array ?? [] {
            vocabulary.tokenTypes[entry["id"]!.integer!] = entry["special"]!.bool! ? 3 : 4
        }
        vocabulary.merges = (file["model"]?["merges"]?.array ?? []).map { merge in
            merge.array!.map { $0.string! }.joined(separator: " ")
        }
        vocabulary.beginOfSequence = 0
        return vocabulary
    }

    /// SmolLM2, from the metadata of its published GGUF file.
    static func smolLM2() throws -> Tokenizer { try Tokenizer(gguf: try smolLM2Metadata()) }

    static func smolLM2Metadata() throws -> GGUFVocabulary {
        let file = try Data(contentsOf: URL(filePath: Cache.smolLM2), options: .alwaysMapped)
        var reader = MetadataReader(bytes: file)
        let fields = reader.fields()
        func value<T>(_ name: String) -> T? { fields["tokenizer." + name] as? T }
        var vocabulary = GGUFVocabulary(
            model: value("ggml.model")!, preTokenizer: value("ggml.pre"),
            tokens: value("ggml.tokens")!)
        vocabulary.tokenTypes = value("ggml.token_type")!
        vocabulary.merges = value("ggml.merges")!
        vocabulary.beginOfSequence = value("ggml.bos_token_id")
        vocabulary.endOfSequence = [value("ggml.eos_token_id")!]
        vocabulary.addsBeginOfSequence = value("ggml.add_bos_token")
        vocabulary.addsSpacePrefix = value("ggml.add_space_prefix")
        vocabulary.chatTemplate = value("chat_template")
        return vocabulary
    }
}

/// Reads the metadata of a GGUF file that is known to be good, as far as a tokenizer needs them.
private struct MetadataReader {
    var bytes: Data
    private var index = 24  // after magic, version, tensor count, field count

    init(bytes: Data) { self.bytes = bytes }

    private mutating func number(_ byteCount: Int) -> Int {
        defer { index += byteCount }
        return (0..<byteCount).reversed().reduce(0) { $0 << 8 | Int(bytes[index + $1]) }
    }

    private mutating func text() -> String {
        let count = number(8)
        defer { index += count }
        return String(decoding: bytes[index..<(index + count)], as: UTF8.self)
    }

    mutating func fields() -> [String: Any] {
        index = 16
        var fields: [String: Any] = [:]
        for _ in 0..<number(8) {
            let name = text()
            fields[name] = value(number(4))
        }
        return fields
    }

    private mutating func value(_ type: Int) -> Any {
        switch type {
        case 0, 1: return number(1)
        case 7: return number(1) != 0
        case 2, 3: return number(2)
        case 4, 5: return Int32(truncatingIfNeeded: number(4))
        case 6: return Float(bitPattern: UInt32(number(4)))
        case 8: return text()
        case 9: return array()
        default: return number(8)
        }
    }

    private mutating func array() -> Any {
        let type = number(4)
        let count = number(8)
        switch type {
        case 8: return (0..<count).map { _ in text() }
        case 5: return (0..<count).map { _ in Int32(truncatingIfNeeded: number(4)) }
        default: return (0..<count).map { _ in value(type) }
        }
    }
}
