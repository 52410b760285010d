internal import Checkpoint

/// Names a sentence encoder by what it computes, not by where it lies: the digests of its weights
/// and of its tokenizer.
enum EncoderIdentity {
    /// Hexadecimal digits that are kept of each digest: enough to tell encoders apart, short enough
    /// for an error message.
    private static let digitCount = 16

    static func name(of directory: String) throws(CheckpointError) -> String {
        let weights = try digest(of: directory + "/model.safetensors")
        let tokenizer = try digest(of: directory + "/tokenizer.json")
        return "weights sha256:\(weights) tokenizer sha256:\(tokenizer)"
    }

    private static func digest(of path: String) throws(CheckpointError) -> String {
        let file = try MappedFile(path: path)
        let digest = ArtifactDigest(of: MappedBytes(file: file, range: 0..<file.byteCount))
        return String("\(digest)".prefix(digitCount))
    }
}
