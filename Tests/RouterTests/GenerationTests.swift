import HTTP
import Testing
import Tokenization

@testable import Router

private let end: TokenID = 3

private func tokenizer() throws -> Tokenizer {
    let file = #"""
        {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2}, "merges": []},
         "added_tokens": [{"id": 3, "content": "<|im_end|>", "special": true}]}
        """#
    return try Tokenizer(
        huggingFace: Array(file.utf8),
        configuration: Array(#"{"eos_token": "<|im_end|>"}"#.utf8))
}

/// What a generation makes of rows of logits in which `tokens` are the likeliest.
private func accepted(
    _ tokens: [TokenID], _ parameters: GenerationParameters
) throws -> [GeneratedToken] {
    var generation = Generation(prompt: [0], parameters: parameters, tokenizer: try tokenizer())
    return tokens.map { token in
        var logits: [Float] = [0, 0, 0, 0]
        logits[Int(token)] = 2
        return generation.accept(logits)
    }
}

struct GenerationTests {
    @Test func `the token that ends the sequence is marked, and has no alternatives`() throws {
        var parameters = GenerationParameters(temperature: 0, tokenCountMax: 9)
        parameters.alternativeCount = 2
        let tokens = try accepted([0, end], parameters)
        #expect(tokens.map(\.isEnd) == [false, true])
        #expect(tokens.map(\.text) == ["a", ""])
        #expect(tokens.map(\.alternatives.count) == [2, 0])
    }

    @Test func `the end releases what a stop string held back`() throws {
        var parameters = GenerationParameters(temperature: 0, tokenCountMax: 9)
        parameters.stops = ["bc"]
        let tokens = try accepted([0, 1, end], parameters)
        #expect(tokens.map(\.text) == ["a", "", "b"])
    }

    @Test func `a bias counts for the first token and for no other`() throws {
        var parameters = GenerationParameters(temperature: 0, tokenCountMax: 9)
        parameters.firstTokenBias = TokenBias(token: 2, bias: 2.5)
        #expect(try accepted([0, 0], parameters).map(\.id) == [2, 0])
        parameters.firstTokenBias = TokenBias(token: 2, bias: 1.5)
        #expect(try accepted([0, 0], parameters).map(\.id) == [0, 0])
    }

    @Test func `a bias on a token that the model lacks changes nothing`() throws {
        var parameters = GenerationParameters(temperature: 0, tokenCountMax: 9)
        parameters.firstTokenBias = TokenBias(token: 4, bias: 9)
        #expect(try accepted([1], parameters).map(\.id) == [1])
    }
}
