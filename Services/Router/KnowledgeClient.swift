internal import HTTP
internal import Logging
internal import Mesh
internal import Transport
internal import Wire

/// The router's line to the knowledge-store: dialled again whenever it breaks.
actor KnowledgeClient: LoopBound {
    nonisolated let loop: EventLoop
    nonisolated let address: SocketAddress
    private let logger: Logger
    private var peer: Peer?

    /// Until a store that has just gone is dialled again.
    private static let retryAfter = Duration.seconds(1)

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
            to: address, on: loop, hello: hello,
            onFailure: { error in
                logger.debug(
                    "knowledge-store not reached",
                    metadata: ["address": "\(address)", "error": "\(error)"])
            },
            onPeer: { await self.keep($0) })
        await redial.run()
    }

    /// Asks the store. Everything that it is asked may be asked twice: upserts and deletes name
    /// their document. - Throws: the front door's error for what went wrong.
    func call<R: Request>(
        _ request: R, attachment: Attachment = .empty, within limit: Duration
    ) async throws(FrontDoorError) -> (message: R.Reply, attachment: Attachment) {
        guard let peer else { throw unavailable("it is not connected") }
        do throws(MeshError) {
            return try await peer.call(request, attachment: attachment, deadline: .after(limit))
        } catch {
            throw doorError(error)
        }
    }

    private func keep(_ peer: Peer) async {
        logger.notice("connected", metadata: ["knowledge-store": "\(address)"])
        self.peer = peer
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
