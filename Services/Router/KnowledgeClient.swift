internal import HTTP
internal import Logging
internal import Mesh
internal import Transport
internal import Wire

/// The router's line to the knowledge-store: dialled again whenever it breaks.
actor KnowledgeClient: ChangeWaiting {
    nonisolated let loop: EventLoop
    nonisolated let address: SocketAddress
    private let logger: Logger
    private var peer: Peer?
    /// When the store said that it was leaving, if it did: another will come in its place.
    private var leftAt: ContinuousClock.Instant?
    var waiters = Waiters()

    /// Until a store that has just gone is dialled again.
    private static let retryAfter = Duration.seconds(1)
    /// So long requests wait for the successor of a store that has said goodbye: time for its last
    /// answers and for a start.
    private static let absenceMax = Duration.seconds(30)
    /// A request that ended the connection so often may be what ends it.
    private static let attemptCountMax = 3

    init(address: SocketAddress, loop: EventLoop, logger: Logger) {
        self.address = address
        self.loop = loop
        self.logger = logger
    }

    var isConnected: Bool { peer != nil }

    /// Keeps the connection until the calling task is cancelled.
    func run(as hello: Hello) async {
        let (logger, address) = (logger, address)
        let redial = Redial(
            to: address, on: loop, hello: hello, handlers: handlers,
            onFailure: { error in
                logger.debug(
                    "knowledge-store not reached",
                    metadata: ["address": "\(address)", "error": "\(error)"])
            },
            onPeer: { await self.keep($0) })
        await redial.run()
    }

    private nonisolated var handlers: Handlers {
        var handlers = Handlers()
        handlers.on(Drain.self) { _, _, _ in
            await self.expectSuccessor()
            return (DrainReply(neededCount: 0), .empty)
        }
        return handlers
    }

    /// Asks the store, or its successor when it is leaving: everything that it is asked may be
    /// asked twice, because upserts and deletes name their document.
    /// - Throws: the front door's error for what went wrong.
    func call<R: Request>(
        _ request: R, attachment: Attachment = .empty, within limit: Duration
    ) async throws(FrontDoorError) -> (message: R.Reply, attachment: Attachment) {
        let deadline = Deadline.after(limit)
        var attemptCount = 0
        while true {
            attemptCount += 1
            let peer = try await connected(before: deadline)
            do throws(MeshError) {
                return try await peer.call(request, attachment: attachment, deadline: deadline)
            } catch {
                guard error.isTransient, leftAt != nil, attemptCount < Self.attemptCountMax else {
                    throw doorError(error)
                }
            }
        }
    }

    private func connected(before deadline: Deadline) async throws(FrontDoorError) -> Peer {
        while true {
            if let peer { return peer }
            guard let leftAt else { throw unavailable("it is not connected") }
            let patience = Self.absenceMax - leftAt.duration(to: .now)
            let remaining = min(patience, deadline.remaining)
            guard remaining > .zero, !Task.isCancelled else {
                throw unavailable("it left and has not come back")
            }
            await waitForChange(atMost: remaining)
        }
    }

    private func expectSuccessor() {
        peer = nil
        leftAt = .now
    }

    private func keep(_ peer: Peer) async {
        logger.notice("connected", metadata: ["knowledge-store": "\(address)"])
        self.peer = peer
        leftAt = nil
        waiters.resumeAll()
        let reason = await peer.waitUntilClosed()
        self.peer = nil
        logger.warning(
            "connection lost",
            metadata: [
                "knowledge-store": "\(address)",
                "reason": "\(reason ?? .closed(reason: "this router is leaving"))",
            ])
    }

    private func doorError(_ error: MeshError) -> FrontDoorError {
        switch error {
        case .overloaded(let retryAfter): .overloaded(retryAfter: retryAfter)
        case .deadlineExceeded:
            .deadlineExceeded(message: "the knowledge-store did not answer in time")
        case .unavailable, .draining, .cancelled: unavailable("\(error)")
        case .tooLarge: .tooLarge(message: "\(error)")
        case .fault(let fault): doorError(fault)
        case .protocolViolation: .failed(message: "knowledge-store: \(error)")
        }
    }

    private func doorError(_ fault: Fault) -> FrontDoorError {
        switch fault.code {
        case .badRequest: .unprocessable(message: fault.message)
        case .notFound: .notFound(what: fault.message)
        case .failedPrecondition: .conflict(message: fault.message)
        case .noSpace:
            .unavailable(
                message: "the knowledge-store at \(address): \(fault.message)",
                retryAfter: Self.retryAfter)
        default: .failed(message: "knowledge-store: \(fault.message)")
        }
    }

    private func unavailable(_ reason: String) -> FrontDoorError {
        .unavailable(
            message: "the knowledge-store at \(address) cannot be reached: \(reason)",
            retryAfter: Self.retryAfter)
    }
}
