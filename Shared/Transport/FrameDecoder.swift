/// Cuts a stream of bytes into frames, however the network has sliced it. A value: no socket, no
/// clock.
public struct FrameDecoder {
    public var limits: FrameLimits

    private var header: [UInt8] = []
    private var current: Partial?

    /// A frame whose header has arrived. Its sections are filled in order.
    private struct Partial {
        let header: FrameHeader
        var body: [UInt8]
        var attachment: [UInt8]
        var filledByteCount = 0
        var checksum = Checksum()
    }

    public init(limits: FrameLimits) { self.limits = limits }

    /// Whether the bytes so far end between two frames.
    public var isBetweenFrames: Bool { header.isEmpty && current == nil }

    /// How many bytes the header, or else the rest of the frame, still lacks.
    var missingByteCount: Int {
        guard let current else { return FrameHeader.byteCount - header.count }
        return current.header.restByteCount - current.filledByteCount
    }

    /// Takes in all of `bytes` and appends the frames that they complete.
    ///
    /// After an error the decoder must not be used again.
    public mutating func decode(_ bytes: [UInt8], into frames: inout [Frame]) throws(FrameError) {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            Result { () throws(FrameError) in try unsafe decode(buffer, into: &frames) }
        }
        try result.get()
    }

    mutating func decode(
        _ bytes: UnsafeRawBufferPointer, into frames: inout [Frame]
    ) throws(FrameError) {
        var rest = unsafe bytes[...]
        while unsafe !rest.isEmpty {
            if current == nil {
                try unsafe takeHeader(&rest)
            } else {
                try unsafe takeSections(&rest)
            }
            try takeFinished(into: &frames)
        }
    }

    private mutating func takeHeader(_ rest: inout Slice<UnsafeRawBufferPointer>) throws(FrameError)
    {
        if header.isEmpty, unsafe rest.count >= FrameHeader.byteCount {
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(FrameHeader.byteCount))
            unsafe rest.removeFirst(FrameHeader.byteCount)
            return try unsafe begin(FrameHeader(parsing: bytes, limits: limits))
        }
        let missing = FrameHeader.byteCount - header.count
        unsafe header.append(contentsOf: rest.prefix(missing))
        unsafe rest = rest.dropFirst(missing)
        guard header.count == FrameHeader.byteCount else { return }
        let limits = limits
        let parsed = unsafe header.withUnsafeBytes { bytes in
            Result { () throws(FrameError) in try unsafe FrameHeader(parsing: bytes, limits: limits)
            }
        }
        header.removeAll(keepingCapacity: true)
        begin(try parsed.get())
    }

    private mutating func begin(_ header: FrameHeader) {
        current = Partial(
            header: header, body: .uninitialised(byteCount: header.bodyByteCount),
            attachment: .uninitialised(byteCount: header.attachmentByteCount))
    }

    private mutating func takeSections(_ rest: inout Slice<UnsafeRawBufferPointer>)
        throws(FrameError)
    {
        guard let header = current?.header, let filled = current?.filledByteCount else { return }
        let attachmentStart = header.bodyByteCount + header.paddingByteCount
        if filled < header.bodyByteCount {
            let bytes = unsafe take(header.bodyByteCount - filled, from: &rest)
            unsafe current?.body.fill(from: filled, with: bytes)
        } else if filled < attachmentStart {
            let padding = unsafe take(attachmentStart - filled, from: &rest)
            guard unsafe padding.allSatisfy({ $0 == 0 }) else { throw .paddingNotZero }
        } else {
            let bytes = unsafe take(header.restByteCount - filled, from: &rest)
            unsafe current?.attachment.fill(from: filled - attachmentStart, with: bytes)
        }
    }

    private mutating func take(
        _ countMax: Int, from rest: inout Slice<UnsafeRawBufferPointer>
    ) -> UnsafeRawBufferPointer {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(countMax))
        unsafe rest = rest.dropFirst(countMax)
        unsafe count(bytes)
        return unsafe bytes
    }

    private mutating func count(_ bytes: UnsafeRawBufferPointer) {
        current?.filledByteCount += bytes.count
        unsafe current?.checksum.add(bytes)
    }

    private mutating func takeFinished(into frames: inout [Frame]) throws(FrameError) {
        guard let done = current, done.filledByteCount == done.header.restByteCount else { return }
        guard done.checksum.value == done.header.restChecksum else {
            throw .corruptRest(byteCount: done.header.restByteCount)
        }
        current = nil
        let frame = Frame(
            kind: done.header.kind, flags: done.header.flags, requestID: done.header.requestID,
            deadlineMilliseconds: done.header.deadlineMilliseconds, traceID: done.header.traceID,
            body: done.body, attachment: Attachment(done.attachment))
        frames.append(frame)
    }
}

extension FrameDecoder {
    /// Below this, a read into shared space and a copy is cheaper than a read of its own.
    private static let directReadByteCountMin = 16 * 1024

    /// Lets `read` put bytes straight into a long attachment, past the shared space. nil when the
    /// next bytes are not of such a one.
    ///
    /// `read` returns how many bytes it has written; the frame, when that completed it, is appended
    /// to `frames`.
    mutating func readDirectly(
        into frames: inout [Frame], _ read: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(FrameError) -> Int? {
        guard let header = current?.header, let filled = current?.filledByteCount else {
            return nil
        }
        let start = filled - header.bodyByteCount - header.paddingByteCount
        guard start >= 0, header.restByteCount - filled >= Self.directReadByteCountMin else {
            return nil
        }
        var checksum = current?.checksum ?? Checksum()
        let count = unsafe current?.attachment.withUnsafeMutableBytes { attachment in
            let space = unsafe UnsafeMutableRawBufferPointer(rebasing: attachment[start...])
            let count = unsafe read(space)
            unsafe checksum.add(UnsafeRawBufferPointer(rebasing: space.prefix(max(count, 0))))
            return count
        }
        current?.checksum = checksum
        current?.filledByteCount += max(count ?? 0, 0)
        try takeFinished(into: &frames)
        return count
    }
}

extension [UInt8] {
    /// Space that is about to be filled: the decoder hands a frame out only when every byte of it
    /// has arrived.
    fileprivate static func uninitialised(byteCount: Int) -> [UInt8] {
        // Not for nothing: the count of the one empty array of the process would be written.
        guard byteCount > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { _, count in
            count = byteCount
        }
    }

    fileprivate mutating func fill(from start: Int, with bytes: UnsafeRawBufferPointer) {
        unsafe withUnsafeMutableBytes { space in
            unsafe UnsafeMutableRawBufferPointer(rebasing: space[start...]).copyMemory(from: bytes)
        }
    }
}
