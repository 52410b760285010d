import Checkpoint
import Testing

@Suite struct ManifestTests {
    static let manifest = Manifest(
        name: "tiny", source: "a test",
        trunk: [FileRecord(file: "config.json", sha256: ArtifactDigest(of: [1]), byteCount: 1)],
        expertStorage: "F32", layers: [[], [ArtifactDigest(of: [2]), ArtifactDigest(of: [3])]])

    func refusal(_ old: String, _ new: String) -> String {
        let text = String(decoding: Self.manifest.encoded(), as: UTF8.self)
        let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return "not found" }
        let changed = parts[0] + new + parts[1]
        return failure { _ = try Manifest(parsing: Array(changed.utf8), path: "m") } ?? "accepted"
    }

    @Test func `what is written is read again`() throws {
        let bytes = Self.manifest.encoded()
        #expect(try Manifest(parsing: bytes, path: "m") == Self.manifest)
        #expect(try Manifest(parsing: bytes, path: "m").encoded() == bytes)
    }

    @Test func `a manifest truncated at any byte is refused`() {
        let bytes = Array(Self.manifest.encoded().dropLast())  // the line feed may be missing
        #expect(
            acceptedTruncations(bytes) {
                _ = try Manifest(parsing: $0.bytes(in: 0..<$0.byteCount), path: "m")
            } == [])
    }

    @Test(arguments: [
        ("\"formatVersion\": 1", "\"formatVersion\": 2", "formatVersion 2"),
        ("\"formatVersion\": 1", "\"formatVersion\": \"1\"", "formatVersion"),
        ("\"name\"", "\"nom\"", "unknown member nom"), ("\"tiny\"", "7", "name is not a string"),
        ("config.json", "../config.json", "not a plain name"),
        ("config.json", "", "not a plain name"),
        ("config.json", "a/b", "not a plain name"),
        ("\"byteCount\": 1", "\"byteCount\": -1", "not {file"),
        ("\"byteCount\": 1", "\"byteCount\": 1, \"x\": 1", "not {file"),
        ("\"layers\": [", "\"layers\": [7, ", "layer 0 is not a list"),
        (
            "dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986", "dbc1",
            "layer 1, expert 0"
        ),
        ("\"layers\": [", "\"layers\": 1, \"x\": [", "unknown member x"),
    ])
    func `a member that is not as it should be is named`(old: String, new: String, reason: String) {
        #expect(refusal(old, new).contains(reason))
    }
}
