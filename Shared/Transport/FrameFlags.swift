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
