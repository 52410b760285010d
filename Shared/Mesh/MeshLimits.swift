public import Transport

/// What a connection, and a server as a whole, may take and for how long. Every queue has its
/// maximum here.
public struct MeshLimits: Sendable {
    /// Requests in flight on a connection, counted for each direction. A router sends one dispatch
    /// per layer and sequence batch, so a thousand is far beyond honest use.
    public var inFlightCountMax = 1024
    /// Bytes of the requests being answered on a connection: eight of the largest attachments.
    public var inFlightByteCountMax = 512 << 20
    /// Bytes that may wait for a peer to read them: four of the largest attachments. Over it the
    /// peer is closed.
    public var pendingByteCountMax = 256 << 20
    /// Above this many waiting bytes requests are refused, and streams wait. Reading itself never
    /// pauses: two ends that each waited for the other to read would wait for ever.
    public var pendingByteCountHigh = 64 << 20
    /// Items of a stream that wait for their consumer. Over it the stream fails.
    public var streamItemCountMax = 1024
    /// A stranger has this long to say who it is.
    public var helloTimeout = Duration.seconds(2)
    /// How often a silent peer is asked for a sign of life.
    public var heartbeatInterval = Duration.milliseconds(200)
    /// A peer silent for longer is dead.
    public var silenceMax = Duration.seconds(1)
    /// Connections to one server; further ones are closed at once.
    public var connectionCountMax = 4096
    /// Connections that have not yet said who they are; over it the oldest is closed.
    public var handshakeCountMax = 256
    /// What a refused caller is told to wait.
    public var retryAfter = Duration.milliseconds(50)
    public var frame = FrameLimits.open

    public init() {}
}
