internal import Hashing
internal import Storage

/// The one who reads documents: hashes and cuts them on a thread of its own, for a large one takes
/// seconds.
actor DocumentReader: ThreadBound {
    nonisolated let thread: SerialThread
    private let cutter: PassageCutter

    init(tokenCount: @escaping @Sendable (String) -> Int, thread: SerialThread) {
        self.thread = thread
        cutter = PassageCutter(tokenCount: tokenCount)
    }

    /// SHA-256 of the content.
    func digest(of document: Document) -> [UInt8] { SHA256.hash(document.content) }

    func passages(of document: Document) -> [Passage] { cutter.passages(of: document) }
}
