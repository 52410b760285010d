internal import JSON

/// How a model was taught to say that it finds no answer: the member `refusal` of an overlay's
/// manifest.
public struct Refusal: Sendable, Equatable {
    /// Its words.
    public let text: String
    /// The token with which they begin.
    public let firstToken: Int
    /// To be added to that token's logit when the first token of an answer is chosen: it balances
    /// refusing too often against refusing too rarely.
    public let firstTokenBias: Float

    /// A logit this far off decides alone; nothing sensible lies beyond.
    public static let biasMax: Float = 100

    /// Reads the member. Throws `malformed`; `path` is for the error.
    init(_ json: JSONValue, path: String) throws(CheckpointError) {
        guard let text = json["text"]?.string, let token = json["firstToken"]?.integer, token >= 0,
            let bias = json["firstTokenBias"]?.number.map(Float.init), abs(bias) <= Self.biasMax
        else {
            let reason = "refusal is not {text, firstToken, firstTokenBias}, or out of range"
            throw .malformed(path: path, reason: reason)
        }
        self.text = text
        firstToken = token
        firstTokenBias = bias
    }
}

extension CheckpointDirectory {
    /// What the overlay that was imported says about refusing; nil where there was none, or it says
    /// nothing. Throws `malformed` besides what `text` throws.
    public func refusal() throws(CheckpointError) -> Refusal? {
        guard let bytes = try text(ModelLayout.overlay) else { return nil }
        let path = path + "/" + ModelLayout.overlay
        let json = try JSONValue(parsing: bytes, path: path)
        return try json["refusal"].map { (json) throws(CheckpointError) in
            try Refusal(json, path: path)
        }
    }
}
