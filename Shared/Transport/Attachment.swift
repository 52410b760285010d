/// Raw bytes behind a message: rows of floats, a document. Never copied into protobuf.
///
/// Floats are little-endian on the wire, which is how every machine that we run on keeps them.
public struct Attachment: Sendable {
    /// One of the two is empty. Not an enum, because those are slow to copy.
    private let rawBytes: [UInt8]
    private let rawFloats: [Float]

    public static let empty = Attachment([])

    public init(_ bytes: [UInt8]) {
        rawBytes = bytes
        rawFloats = []
    }

    public init(floats: [Float]) {
        rawBytes = []
        rawFloats = floats
    }

    public var byteCount: Int { rawBytes.count + rawFloats.count * MemoryLayout<Float>.size }

    public var bytes: [UInt8] {
        rawFloats.isEmpty ? rawBytes : unsafe withBytes { unsafe [UInt8]($0) }
    }

    /// The attachment as floats. `count`, where given, is how many the message promised.
    public func floats(count: Int? = nil) throws(TransportError) -> [Float] {
        let size = MemoryLayout<Float>.size
        guard byteCount % size == 0, count == nil || byteCount / size == count else {
            let expected = count.map { "\($0) floats of 4 bytes" } ?? "a multiple of 4"
            throw .attachmentShape(byteCount: byteCount, expected: expected)
        }
        if rawBytes.isEmpty { return rawFloats }  // Also when there is nothing at all.
        return unsafe withBytes { source in
            unsafe [Float](unsafeUninitializedCapacity: source.count / size) { floats, count in
                unsafe UnsafeMutableRawBufferPointer(floats).copyMemory(from: source)
                count = source.count / size
            }
        }
    }

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        rawFloats.isEmpty
            ? unsafe rawBytes.withUnsafeBytes(body) : unsafe rawFloats.withUnsafeBytes(body)
    }
}
