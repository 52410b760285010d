internal import JSON

/// `POST /v1/embeddings`: the request's fields and the reply's shape.
struct EmbeddingsCall {
    enum Encoding: String, CaseIterable { case float, base64 }

    /// As many as OpenAI takes.
    private static let inputCountMax = 2048

    let request: EmbeddingRequest
    let encoding: Encoding

    init(body: [UInt8]) throws(FrontDoorError) {
        var fields = try Fields(body: body)
        request = EmbeddingRequest(
            model: try fields.string("model"), inputs: try Self.inputs(fields.required("input")),
            dimension: try fields.integer("dimensions", in: 1...65_536))
        let name = try fields.optionalString("encoding_format") ?? "float"
        guard let encoding = Encoding(rawValue: name) else {
            throw .unsupported("encoding_format", .string(name), only: ["float", "base64"])
        }
        self.encoding = encoding
        try fields.clientNames()
        try fields.end()
    }

    private static func inputs(_ value: JSONValue) throws(FrontDoorError) -> [String] {
        let elements = value.array ?? [value]
        guard (1...inputCountMax).contains(elements.count) else {
            throw .invalidValue("input", "must hold 1 to \(inputCountMax) texts")
        }
        var inputs: [String] = []
        for (index, element) in elements.enumerated() {
            let path = value.array == nil ? "input" : "input[\(index)]"
            if element.integer != nil || element.array != nil {
                throw .invalid(
                    message: "'\(path)': token ids are not supported; send text", param: path,
                    code: "unsupported_value")
            }
            let text = try Fields.string(element, path)
            guard !text.isEmpty else { throw .invalidValue(path, "is empty") }
            inputs.append(text)
        }
        return inputs
    }

    func response(_ reply: EmbeddingReply) -> JSONValue {
        let data = reply.vectors.enumerated().map { index, vector -> JSONValue in
            ["object": "embedding", "index": .integer(index), "embedding": encoded(vector)]
        }
        return [
            "object": "list", "data": .array(data), "model": .string(reply.model),
            "usage": [
                "prompt_tokens": .integer(reply.tokenCount),
                "total_tokens": .integer(reply.tokenCount),
            ],
        ]
    }

    private func encoded(_ vector: [Float]) -> JSONValue {
        switch encoding {
        // The shortest decimal that is this float again: half the text of its double.
        case .float: .array(vector.map { .number(Double($0.description) ?? Double($0)) })
        case .base64: .string(Base64.encoded(floats: vector))
        }
    }
}
