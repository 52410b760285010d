internal import FoundationEssentials
internal import JSON

/// A file that says that a process listens, and where. Whoever started the process waits for it
/// instead of guessing.
struct ReadyFile: Sendable {
    let path: String

    /// Written beside and renamed, so that a reader sees all of it or nothing.
    func write(_ content: JSONValue) throws {
        let bytes = Data(content.encoded() + [UInt8(ascii: "\n")])
        try bytes.write(to: URL(filePath: path), options: .atomic)
    }

    /// A process that has ended is no longer ready.
    func remove() throws { try FileManager.default.removeItem(atPath: path) }
}
