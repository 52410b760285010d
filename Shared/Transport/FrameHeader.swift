/// The first 40 bytes of a frame, little-endian. `docs/WIRE.md` has the layout.
public struct FrameHeader: Sendable, Equatable {
    public var kind: UInt8
    public var flags: FrameFlags
    public var requestID: UInt32
    public var bodyByteCount: Int
    public var attachmentByteCount: Int
    /// Time left; 0 where there is none, which a request may not say.
    public var deadlineMilliseconds: UInt32
    public var traceID: UInt64
    /// CRC32C of everything that follows the header.
    var restChecksum: UInt32 = 0

    public static let byteCount = 40
    /// The header's own checksum is its last field, over all before it.
    private static let checksumOffset = 36
    /// "XMSH" in the order of the bytes on the wire.
    static let magic: UInt32 = 0x4853_4d58
    /// Of the frame's layout. What messages mean is negotiated by Hello.
    static let version: UInt8 = 2
    /// Attachments start at a multiple of a cache line, so that vector code may read them in place.
    static let attachmentAlignment = 64

    /// Zero bytes between body and attachment.
    public var paddingByteCount: Int {
        guard attachmentByteCount > 0 else { return 0 }
        let end = Self.byteCount + bodyByteCount
        return (Self.attachmentAlignment - end % Self.attachmentAlignment)
            % Self.attachmentAlignment
    }

    /// Everything that follows the header.
    public var restByteCount: Int { bodyByteCount + paddingByteCount + attachmentByteCount }

    init(of frame: Frame) {
        kind = frame.kind
        flags = frame.flags
        requestID = frame.requestID
        bodyByteCount = frame.body.count
        attachmentByteCount = frame.attachment.byteCount
        deadlineMilliseconds = frame.deadlineMilliseconds
        traceID = frame.traceID
    }

    /// Reads and checks; nothing is allocated for a frame whose header this refuses.
    ///
    /// Magic and version come first, so that who speaks another language hears that. The checksum
    /// comes before the lengths: after a wrong one a receiver would wait for bytes that never come.
    init(parsing bytes: UnsafeRawBufferPointer, limits: FrameLimits) throws(FrameError) {
        func number<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: T.Type) -> T {
            T(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: type))
        }
        let magic = number(0, UInt32.self)
        guard magic == Self.magic else { throw .notAFrame(magic: magic) }
        let version = number(4, UInt8.self)
        guard version == Self.version else { throw .unknownVersion(version) }
        let checksum = unsafe Self.checksum(of: bytes)
        guard number(Self.checksumOffset, UInt32.self) == checksum else { throw .corruptHeader }
        kind = number(5, UInt8.self)
        flags = FrameFlags(rawValue: number(6, UInt16.self))
        guard flags.isSubset(of: .known) else { throw .unknownFlags(flags.rawValue) }
        requestID = number(8, UInt32.self)
        bodyByteCount = Int(number(12, UInt32.self))
        attachmentByteCount = Int(number(16, UInt32.self))
        deadlineMilliseconds = number(20, UInt32.self)
        traceID = number(24, UInt64.self)
        restChecksum = number(32, UInt32.self)
        try limits.check(self)
    }

    func write(to bytes: UnsafeMutableRawBufferPointer) {
        func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, _ offset: Int) {
            unsafe bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
        }
        store(Self.magic, 0)
        store(Self.version, 4)
        store(kind, 5)
        store(flags.rawValue, 6)
        store(requestID, 8)
        store(UInt32(bodyByteCount), 12)
        store(UInt32(attachmentByteCount), 16)
        store(deadlineMilliseconds, 20)
        store(traceID, 24)
        store(restChecksum, 32)
        store(unsafe Self.checksum(of: UnsafeRawBufferPointer(bytes)), Self.checksumOffset)
    }

    private static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = Checksum()
        unsafe checksum.add(UnsafeRawBufferPointer(rebasing: bytes.prefix(checksumOffset)))
        return checksum.value
    }
}
