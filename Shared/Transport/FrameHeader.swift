/// The first 32 bytes of a frame, little-endian. `docs/WIRE.md` has the layout.
public struct FrameHeader: Sendable, Equatable {
    public var kind: UInt8
    public var flags: FrameFlags
    public var requestID: UInt32
    public var bodyByteCount: Int
    public var attachmentByteCount: Int
    /// Time left; 0 where there is none, which a request may not say.
    public var deadlineMilliseconds: UInt32
    public var traceID: UInt64

    public static let byteCount = 32
    /// "XMSH" in the order of the bytes on the wire.
    static let magic: UInt32 = 0x4853_4d58
    /// Of the frame's layout. What messages mean is negotiated by Hello.
    static let version: UInt8 = 1
    /// Attachments start at a multiple of a cache line, so that vector code may read them in place.
    static let attachmentAlignment = 64

    /// Zero bytes between body and attachment.
    public var paddingByteCount: Int {
        guard attachmentByteCount > 0 else { return 0 }
        let end = Self.byteCount + bodyByteCount
        return (Self.attachmentAlignment - end % Self.attachmentAlignment) % Self.attachmentAlignment
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
    init(parsing bytes: UnsafeRawBufferPointer, limits: FrameLimits) throws(FrameError) {
        func number<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: T.Type) -> T {
            T(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: type))
        }
        let magic = number(0, UInt32.self)
        guard magic == Self.magic else { throw .notAFrame(magic: magic) }
        let version = number(4, UInt8.self)
        guard version == Self.version else { throw .unknownVersion(version) }
        kind = number(5, UInt8.self)
        flags = FrameFlags(rawValue: number(6, UInt16.self))
        guard flags.isSubset(of: .known) else { throw .unknownFlags(flags.rawValue) }
        requestID = number(8, UInt32.self)
        bodyByteCount = Int(number(12, UInt32.self))
        attachmentByteCount = Int(number(16, UInt32.self))
        deadlineMilliseconds = number(20, UInt32.self)
        traceID = number(24, UInt64.self)
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
    }
}

/// What a frame is to its request. A request has none.
public struct FrameFlags: OptionSet, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let reply = FrameFlags(rawValue: 1)
    /// One item of a stream; another frame follows for this request.
    public static let more = FrameFlags(rawValue: 2)
    /// The body is a Fault.
    public static let fault = FrameFlags(rawValue: 4)
    /// The caller no longer wants the answer.
    public static let cancel = FrameFlags(rawValue: 8)

    static let known: FrameFlags = [.reply, .more, .fault, .cancel]
}

/// How large a frame may be. Checked before anything is allocated.
public struct FrameLimits: Sendable, Equatable {
    public var bodyByteCountMax: Int
    public var attachmentByteCountMax: Int

    /// A body holds names and numbers: a megabyte is a quarter of a million packed row numbers. An attachment of 64 MiB is
    /// 4,096 rows of 4,096 floats, the longest prefill of the largest hidden size that we serve.
    public static let open = FrameLimits(bodyByteCountMax: 1 << 20, attachmentByteCountMax: 64 << 20)
    /// A stranger may say who it is, and no more.
    public static let beforeHello = FrameLimits(bodyByteCountMax: 4096, attachmentByteCountMax: 0)

    public init(bodyByteCountMax: Int, attachmentByteCountMax: Int) {
        self.bodyByteCountMax = bodyByteCountMax
        self.attachmentByteCountMax = attachmentByteCountMax
    }

    func check(_ header: FrameHeader) throws(FrameError) {
        guard header.bodyByteCount <= bodyByteCountMax else {
            throw .bodyTooLong(header.bodyByteCount, max: bodyByteCountMax)
        }
        guard header.attachmentByteCount <= attachmentByteCountMax else {
            throw .attachmentTooLong(header.attachmentByteCount, max: attachmentByteCountMax)
        }
    }
}

/// Why bytes are not a frame. Nothing after them can be trusted, so the connection ends.
public enum FrameError: Error, Equatable, CustomStringConvertible {
    case notAFrame(magic: UInt32)
    case unknownVersion(UInt8)
    case unknownFlags(UInt16)
    case bodyTooLong(Int, max: Int)
    case attachmentTooLong(Int, max: Int)
    case paddingNotZero

    public var description: String {
        switch self {
        case .notAFrame(let magic):
            "starts with \(String(magic, radix: 16)) and not with XMSH; the other side does not speak our protocol"
        case .unknownVersion(let version):
            "layout version \(version); this build knows version \(FrameHeader.version)"
        case .unknownFlags(let flags): "unknown flags in \(String(flags, radix: 2))"
        case .bodyTooLong(let count, let max): "a body of \(count) bytes; at most \(max) are accepted here"
        case .attachmentTooLong(let count, let max):
            "an attachment of \(count) bytes; at most \(max) are accepted here"
        case .paddingNotZero: "the padding before the attachment is not zero"
        }
    }
}
