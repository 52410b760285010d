/// What crosses a connection at once: a small header, an encoded message, and raw bytes that ride
/// behind it.
public struct Frame: Sendable {
    public var kind: UInt8
    public var flags: FrameFlags
    public var requestID: UInt32
    public var deadlineMilliseconds: UInt32
    public var traceID: UInt64
    public var body: [UInt8]
    public var attachment: Attachment

    public init(
        kind: UInt8, flags: FrameFlags = [], requestID: UInt32, deadlineMilliseconds: UInt32 = 0,
        traceID: UInt64 = 0, body: [UInt8] = [], attachment: Attachment = .empty
    ) {
        self.kind = kind
        self.flags = flags
        self.requestID = requestID
        self.deadlineMilliseconds = deadlineMilliseconds
        self.traceID = traceID
        self.body = body
        self.attachment = attachment
    }

    /// Whether the sender's own side of the limits allows it.
    public func check(_ limits: FrameLimits) throws(FrameError) {
        try limits.check(FrameHeader(of: self))
    }
}
