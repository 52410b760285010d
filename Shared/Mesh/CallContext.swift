/// What a handler knows about a request besides its content.
public struct CallContext: Sendable {
    /// After it the caller has gone; pass it on with every call that the handler makes.
    public let deadline: Deadline
    /// The same along a whole chain of calls; 0 where nobody traces.
    public let traceID: UInt64
    /// Who asks, and a way to ask back.
    public let peer: Peer
}
