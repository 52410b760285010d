internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1

/// One connection's life: requests answered in order until either side ends it.
struct ConnectionTask: Sendable {
    let channel: NIOAsyncChannel<Arrival, ResponsePart>
    /// Ends when the client is gone, which cancels what is being computed for it.
    let gone: AsyncStream<Never>
    let dispatcher: Dispatcher

    func run() async {
        do {
            try await channel.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for try await arrival in inbound { try await answer(arrival, on: outbound) }
                    }
                    group.addTask { for await _ in gone {} }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
        } catch {
            dispatcher.logger.debug("connection ended", metadata: ["reason": "\(error)"])
        }
    }

    private typealias Outbound = NIOAsyncChannelOutboundWriter<ResponsePart>

    private func answer(_ arrival: Arrival, on outbound: Outbound) async throws {
        switch arrival {
        case .request(var request, let isKeepAlive):
            let start = ContinuousClock.now
            var response = await dispatcher.respond(to: &request)
            response.headers.append((name: "x-request-id", value: request.id))
            let status = try await send(response, isLast: !isKeepAlive, on: outbound)
            dispatcher.record(request, status: status, since: start)
        case .refusal(let refusal):
            let id = IncomingRequest.makeID()
            dispatcher.record(refusal, of: id)
            var response = refusal.response
            response.headers.append((name: "x-request-id", value: id))
            _ = try await send(response, isLast: true, on: outbound)
        }
    }

    /// Returns the status that the client saw.
    private func send(
        _ response: OutgoingResponse, isLast: Bool, on outbound: Outbound
    ) async throws -> Int {
        var head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: response.status),
            headers: HTTPHeaders(response.headers.map { ($0.name, $0.value) }))
        switch response.body {
        case .bytes(let bytes):
            head.headers.replaceOrAdd(name: "content-length", value: String(bytes.count))
            try await outbound.write(contentsOf: [
                .head(head, isLast: isLast), .body(ByteBuffer(bytes: bytes)), .end,
            ])
            return response.status
        case .stream(let produce):
            let stream = LateHead(head: .head(head, isLast: isLast), outbound: outbound)
            do {
                try await produce(ResponseStream { bytes in try await stream.write(bytes) })
            } catch  where !stream.hasBegun && !Task.isCancelled {
                // Nothing was sent yet, so the failure can still have its own status.
                var failure = dispatcher.failure(error)
                failure.headers.append(
                    contentsOf: response.headers.filter { $0.name == "x-request-id" })
                return try await send(failure, isLast: isLast, on: outbound)
            }
            try await stream.end()
            return response.status
        }
    }
}

/// Sends a response's head together with the first bytes of its body, and not before.
private final class LateHead: Sendable {
    private let head: ResponsePart
    private let outbound: NIOAsyncChannelOutboundWriter<ResponsePart>
    private let begun = NIOLockedValueBox(false)

    init(head: ResponsePart, outbound: NIOAsyncChannelOutboundWriter<ResponsePart>) {
        self.head = head
        self.outbound = outbound
    }

    var hasBegun: Bool { begun.withLockedValue { $0 } }

    func write(_ bytes: [UInt8]) async throws {
        try await outbound.write(contentsOf: opening + [.body(ByteBuffer(bytes: bytes))])
    }

    func end() async throws { try await outbound.write(contentsOf: opening + [.end]) }

    /// The head, the first time.
    private var opening: [ResponsePart] {
        begun.withLockedValue { hasBegun in
            defer { hasBegun = true }
            return hasBegun ? [] : [head]
        }
    }
}
