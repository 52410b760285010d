internal import JSON

/// Log probabilities as chat and as completions show them.
enum LogProbabilities {
    /// JSON has no minus infinity; this is what OpenAI writes for it.
    private static let floor = -9999.0

    /// Of chat: one entry per token of the answer.
    static func chat(_ tokens: [GeneratedToken]) -> JSONValue {
        ["content": .array(tokens.filter { !$0.isEnd }.map(entry)), "refusal": nil]
    }

    private static func entry(_ token: GeneratedToken) -> JSONValue {
        var entry = entry(bytes: token.bytes, token.logProbability ?? floor)
        entry["top_logprobs"] = .array(
            token.alternatives.map { .object(Self.entry(bytes: $0.bytes, $0.logProbability)) })
        return .object(entry)
    }

    private static func entry(bytes: [UInt8], _ logProbability: Double) -> JSONObject {
        var entry = JSONObject()
        entry["token"] = .string(text(bytes))
        entry["logprob"] = .number(max(logProbability, floor))
        entry["bytes"] = .array(bytes.map { .integer(Int($0)) })
        return entry
    }

    /// Of completions: parallel arrays, one element per token of the answer.
    /// - Parameter offset: where the first token's text begins, in Unicode scalars of the whole
    ///   text.
    static func completion(_ generated: [GeneratedToken], from offset: Int) -> JSONValue {
        let tokens = generated.filter { !$0.isEnd }
        var offsets: [JSONValue] = []
        var position = offset
        for token in tokens {
            offsets.append(.integer(position))
            position += token.text.unicodeScalars.count
        }
        return [
            "tokens": .array(tokens.map { .string(text($0.bytes)) }),
            "token_logprobs": .array(
                tokens.map { .number(max($0.logProbability ?? floor, floor)) }),
            "top_logprobs": .array(tokens.map(alternatives)),
            "text_offset": .array(offsets),
        ]
    }

    private static func alternatives(_ token: GeneratedToken) -> JSONValue {
        .members(
            token.alternatives.map { (text($0.bytes), .number(max($0.logProbability, floor))) })
    }

    /// A token may be part of a character: what cannot be shown becomes U+FFFD; `bytes` has the
    /// truth.
    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
