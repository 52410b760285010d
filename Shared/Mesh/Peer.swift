public import Transport
public import Wire

/// A process at the other end of a connection: calls go both ways.
///
/// Lives from the exchange of Hellos until `close`, until the other side closes, or until it falls
/// silent. Any task may call; a task that prefers the peer's loop calls without leaving its thread.
public actor Peer: LoopBound {
    public nonisolated let loop: EventLoop
    /// What the other side said of itself.
    public nonisolated let remote: Hello

    let limits: MeshLimits
    let handlers: Handlers
    var connection: Connection?
    /// Why the connection ended, once it has.
    var ending: TransportError?

    /// Calls from here, which wait for an answer from there.
    var outbound: RequestTable<Waiter>
    /// Requests from there, each with the task that works on it.
    var inbound: RequestTable<Task<Void, Never>>
    var admission: AdmissionLimit
    var heartbeat: Heartbeat
    var timers = PeerTimers()
    var waits = PeerWaits()

    /// Who waits for an answer.
    enum Waiter {
        case call(CheckedContinuation<Result<Frame, MeshError>, Never>)
        /// Returns false when it can take no more.
        case stream((Result<Frame, MeshError>) -> Bool)
    }

    init(remote: Hello, on loop: EventLoop, handlers: Handlers, limits: MeshLimits) {
        self.loop = loop
        self.remote = remote
        self.limits = limits
        self.handlers = handlers
        outbound = RequestTable(countMax: limits.inFlightCountMax)
        inbound = RequestTable(countMax: limits.inFlightCountMax)
        admission = AdmissionLimit(limits)
        heartbeat = Heartbeat(limits, at: .now)
    }

    /// Connects, and exchanges Hellos.
    ///
    /// The deadline is for both together. `handlers` answer what the other side asks.
    public static func connect(
        to address: SocketAddress, on loop: EventLoop, hello: Hello,
        handlers: Handlers = Handlers(),
        limits: MeshLimits = MeshLimits(), deadline: Deadline
    ) async throws(MeshError) -> Peer {
        let handshake = Handshake(hello: hello, loop: loop, limits: limits)
        let (socket, remote) = try await handshake.dial(address, deadline: deadline)
        return await started(socket, remote: remote, on: loop, handlers: handlers, limits: limits)
    }

    /// The peer at the other end of a socket on which Hellos were exchanged.
    static func started(
        _ socket: Socket, remote: Hello, on loop: EventLoop, handlers: Handlers, limits: MeshLimits
    ) async -> Peer {
        let peer = Peer(remote: remote, on: loop, handlers: handlers, limits: limits)
        await peer.start(socket)
        return peer
    }

    /// Sends a request and waits for its reply.
    ///
    /// When the calling task is cancelled, the other side is told, and stops working on it.
    public nonisolated func call<R: Request>(
        _ request: R, attachment: Attachment = .empty, deadline: Deadline, traceID: UInt64 = 0
    ) async throws(MeshError) -> (message: R.Reply, attachment: Attachment) {
        let frame = Frame(
            kind: R.kind.rawValue, requestID: 0, traceID: traceID, body: request.encoded(),
            attachment: attachment)
        return try await exchange(frame, deadline: deadline).reply(to: R.self)
    }

    /// Sends a request whose answer is a stream of replies.
    ///
    /// Dropping the stream cancels the request. A consumer that falls too far behind gets
    /// `MeshError.overloaded`.
    public func stream<R: Request>(
        _ request: R, attachment: Attachment = .empty, deadline: Deadline, traceID: UInt64 = 0
    ) -> AsyncThrowingStream<(message: R.Reply, attachment: Attachment), any Error> {
        let id = outbound.makeID()
        let (stream, items) = AsyncThrowingStream<
            (message: R.Reply, attachment: Attachment), any Error
        >
        .makeStream(bufferingPolicy: .bufferingOldest(limits.streamItemCountMax))
        items.onTermination = { reason in
            if case .cancelled = reason { Task { await self.cancel(id) } }
        }
        let frame = Frame(
            kind: R.kind.rawValue, requestID: id, traceID: traceID, body: request.encoded(),
            attachment: attachment)
        send(frame, .stream(sink(R.self, items)), deadline: deadline)
        return stream
    }

    /// Calls that wait for an answer, and requests being answered.
    public var inFlight: Int { outbound.count + inbound.count }

    /// Ends the connection at once. Calls in flight fail as unavailable.
    public func close(reason: String = "no longer needed") {
        connection?.close(.closed(reason: reason))
    }
}

extension Frame {
    /// The reply that a frame holds.
    func reply<R: Request>(to type: R.Type) throws(MeshError) -> (
        message: R.Reply, attachment: Attachment
    ) {
        guard kind == R.Reply.kind.rawValue else {
            throw .protocolViolation("\(R.kind) was answered with a message of kind \(kind)")
        }
        do throws(WireError) {
            return (try R.Reply(decoding: body), attachment)
        } catch {
            throw .protocolViolation("the answer to \(R.kind): \(error)")
        }
    }
}
