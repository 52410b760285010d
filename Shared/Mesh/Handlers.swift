public import Transport
public import Wire

/// Which function answers which kind of request.
///
/// Handlers run on the connection's loop: what takes longer than a millisecond belongs to an actor
/// on another loop. Their task is cancelled when the caller cancels, when the deadline passes, or
/// when the connection is lost. They may throw a `Fault`.
public struct Handlers: Sendable {
    typealias Answer = (kind: MessageKind, body: [UInt8], attachment: Attachment)
    /// The answer that ends the request: for a stream, an empty one after its items.
    typealias Handler = @Sendable (Frame, CallContext) async throws -> Answer

    private var table: [UInt8: Handler] = [:]

    public init() {}

    /// Answers each request of a kind with one reply.
    public mutating func on<R: Request>(
        _ type: R.Type,
        _ body:
            @escaping @Sendable (R, Attachment, CallContext) async throws -> (R.Reply, Attachment)
    ) {
        add(R.kind) { frame, context in
            let request = try R(decoding: frame.body)
            let (reply, attachment) = try await body(request, frame.attachment, context)
            return (R.Reply.kind, reply.encoded(), attachment)
        }
    }

    /// Answers each request of a kind with a stream of replies, which ends when `body` returns.
    public mutating func onStream<R: Request>(
        _ type: R.Type,
        _ body:
            @escaping @Sendable (R, Attachment, CallContext, ReplyStream<R.Reply>) async throws ->
            Void
    ) {
        add(R.kind) { frame, context in
            let request = try R(decoding: frame.body)
            let replies = ReplyStream<R.Reply>(requestID: frame.requestID, peer: context.peer)
            try await body(request, frame.attachment, context, replies)
            return (R.Reply.kind, [], .empty)
        }
    }

    /// A kind that nobody handles has a handler, too: one that says so.
    subscript(kind: UInt8) -> Handler {
        table[kind] ?? { _, _ in
            throw Fault(code: .unknownKind, message: "nobody here answers messages of kind \(kind)")
        }
    }

    private mutating func add(_ kind: MessageKind, _ handler: @escaping Handler) {
        precondition(table[kind.rawValue] == nil, "\(kind) already has a handler")
        table[kind.rawValue] = handler
    }
}

/// Where a handler puts the items of a stream.
public struct ReplyStream<Reply: Message>: Sendable {
    let requestID: UInt32
    let peer: Peer

    /// Sends one item; waits while the caller is slow to read. Throws when nobody waits for it any
    /// more.
    public func send(_ reply: Reply, attachment: Attachment = .empty) async throws(MeshError) {
        try await peer.sendItem(Reply.kind, reply.encoded(), attachment, for: requestID)
    }
}
