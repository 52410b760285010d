/// Raw bytes behind a message: rows of floats, a document. Never copied into protobuf.
///
/// Floats are little-endian on the wire, which is how every machine that we run on keeps them.
public struct Attachment: Sendable {
    private enum Storage {
        case bytes([UInt8])
        case floats([Float])
    }

    private let storage: Storage

    public static let empty = Attachment([])

    public init(_ bytes: [UInt8]) { storage = .bytes(bytes) }

    public init(floats: [Float]) { storage = .floats(floats) }

    public var byteCount: Int {
        switch storage {
        case .bytes(let bytes): bytes.count
        case .floats(let floats): floats.count * MemoryLayout<Float>.size
        }
    }

    public var bytes: [UInt8] {
        if case .bytes(let bytes) = storage { return bytes }
        return unsafe withBytes { unsafe [UInt8]($0) }
    }

    /// The attachment as floats. `count`, where given, is how many the message promised.
    public func floats(count: Int? = nil) throws(TransportError) -> [Float] {
        let size = MemoryLayout<Float>.size
        guard byteCount % size == 0, count == nil || byteCount / size == count else {
            let expected = count.map { "\($0) floats of 4 bytes" } ?? "a multiple of 4"
            throw .attachmentShape(byteCount: byteCount, expected: expected)
        }
        if case .floats(let floats) = storage { return floats }
        return unsafe withBytes { source in
            unsafe [Float](unsafeUninitializedCapacity: source.count / size) { floats, count in
                unsafe UnsafeMutableRawBufferPointer(floats).copyMemory(from: source)
                count = source.count / size
            }
        }
    }

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        switch storage {
        case .bytes(let bytes): unsafe bytes.withUnsafeBytes(body)
        case .floats(let floats): unsafe floats.withUnsafeBytes(body)
        }
    }
}
