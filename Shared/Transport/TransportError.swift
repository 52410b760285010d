/// Why a connection could not be made, or ended.
public enum TransportError: Error, Equatable, CustomStringConvertible {
    case badAddress(String)
    case unresolvable(host: String, reason: String)
    case addressInUse(String)
    /// A call to the system failed: which, on what, and its `errno`.
    case system(call: String, subject: String, code: Int32)
    case connectTimedOut(String)
    /// The other side closed the connection, between two frames.
    case closedByPeer
    /// The other side closed the connection in the middle of a frame.
    case truncatedFrame
    case badFrame(FrameError)
    /// More bytes wait for the other side than it is allowed to leave unread.
    case slowConsumer(pendingByteCount: Int, max: Int)
    /// Nothing came from the other side for this long.
    case silent(Duration)
    /// This side closed the connection, for this reason.
    case closed(reason: String)
    case attachmentShape(byteCount: Int, expected: String)

    public var description: String {
        switch self {
        case .badAddress(let text):
            "\"\(text)\" is not an address; write unix:/path, host:port or [IPv6]:port"
        case .unresolvable(let host, let reason):
            "\(host) cannot be resolved: \(reason)"
        case .addressInUse(let address):
            "\(address) is in use by another process"
        case .system(let call, let subject, let code):
            "\(call) \(subject): \(systemMessage(code))"
        case .connectTimedOut(let address):
            "\(address) did not accept the connection in time"
        case .closedByPeer:
            "the other side closed the connection"
        case .truncatedFrame:
            "the other side closed the connection in the middle of a frame"
        case .badFrame(let error):
            "bad frame: \(error)"
        case .slowConsumer(let pending, let max):
            "the other side reads too slowly: \(pending) bytes wait for it, at most \(max) may"
        case .silent(let duration):
            "the other side has been silent for \(duration)"
        case .closed(let reason):
            "closed: \(reason)"
        case .attachmentShape(let byteCount, let expected):
            "the attachment has \(byteCount) bytes where \(expected) were expected"
        }
    }
}
