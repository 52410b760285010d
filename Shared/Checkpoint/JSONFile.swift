public import JSON

extension JSONValue {
    /// Reads the bytes of a JSON file. Throws `malformed` with the byte offset; `path` is only for
    /// the error.
    public init(parsing bytes: [UInt8], path: String) throws(CheckpointError) {
        do throws(JSONError) {
            try self.init(parsing: bytes, valueCountMax: Self.fileValueCountMax)
        } catch {
            throw .malformed(path: path, reason: "JSON: \(error)")
        }
    }
}
