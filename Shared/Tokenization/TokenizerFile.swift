internal import JSON

/// What is read out of `tokenizer.json` and `tokenizer_config.json`.
extension JSONValue {
    /// Throws `overMaximum` for a file that is too long, `malformedJSON` otherwise.
    init(tokenizerFile bytes: [UInt8]) throws(TokenizationError) {
        try TokenTable.check("jsonByteCountMax", bytes.count, TokenizationMaxima.jsonByteCountMax)
        do throws(JSONError) {
            try self.init(parsing: bytes, valueCountMax: Self.fileValueCountMax)
        } catch {
            throw .malformedJSON(offset: error.byteOffset, reason: error.reason)
        }
    }

    /// A member that says something: null is the same as absent.
    func present(_ name: String) -> JSONValue? {
        let value = self[name]
        return value == .null ? nil : value
    }

    /// The number as a count or an identifier; nil when it is not a whole number of 32 bits.
    var smallInteger: Int? { integer.flatMap { Int32(exactly: $0) }.map { Int($0) } }

    /// The member `type`, by which tokenizer files name their components.
    var type: String { self["type"]?.string ?? "a component without a type" }
}
