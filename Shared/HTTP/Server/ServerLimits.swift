/// What one server grants its clients. Everything has a maximum; beyond it the client is told and,
/// where the stream is no longer trusted, cut.
public struct ServerLimits: Sendable {
    /// Request line and header fields together. API keys and trace headers fit in a tenth of it.
    public var headByteCountMax = 16 * 1024
    public var headerCountMax = 64
    /// Of a request body, where the route does not say otherwise.
    public var bodyByteCountMax = 1 << 20
    /// Of all bodies that are arriving or being worked on, together.
    public var heldByteCountMax = 256 << 20
    /// Connections beyond it are answered 503 and closed.
    public var connectionCountMax = 256
    /// From accepting a connection to the end of its first request's head: a client that drips
    /// bytes is cut.
    public var headTimeMax: Duration = .seconds(10)
    /// From the end of a head to the end of its body.
    public var bodyTimeMax: Duration = .seconds(60)
    /// A kept connection waits this long for its next request.
    public var idleTimeMax: Duration = .seconds(75)
    /// A client that reads nothing for this long while bytes wait for it is cut.
    public var writeTimeMax: Duration = .seconds(30)

    public init() {}
}
