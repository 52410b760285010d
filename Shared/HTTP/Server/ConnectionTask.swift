internal import Logging
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

    /// Says why, and hangs up: for connections beyond the maximum.
    func turnAway(_ refusal: Refusal) async {
        do {
            try await channel.executeThenClose { _, outbound in
                try await answer(.refusal(refusal), on: outbound)
            }
        } catch {
            dispatcher.logger.debug("connection turned away", metadata: ["reason": "\(error)"])
        }
    }

    private typealias Outbound = NIOAsyncChannelOutboundWriter<ResponsePart>

    private func answer(_ arrival: Arrival, on outbound: Outbound) async throws {
        switch arrival {
        case .request(var request, let isKeepAlive):
            let start = ContinuousClock.now
            var response = await dispatcher.respond(to: &request)
            response.headers.append((name: "x-request-id", value: request.id))
            defer { dispatcher.record(request, status: response.status, since: start) }
            try await send(response, isLast: !isKeepAlive, on: outbound)
        case .refusal(let refusal):
            dispatcher.record(refusal)
            try await send(refusal.response, isLast: true, on: outbound)
        }
    }

    private func send(_ response: OutgoingResponse, isLast: Bool, on outbound: Outbound) async throws {
        var head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: response.status),
            headers: HTTPHeaders(response.headers.map { ($0.name, $0.value) }))
        switch response.body {
        case .bytes(let bytes):
            head.headers.replaceOrAdd(name: "content-length", value: String(bytes.count))
            try await outbound.write(contentsOf: [
                .head(head, isLast: isLast), .body(ByteBuffer(bytes: bytes)), .end,
            ])
        case .stream(let produce):
            try await outbound.write(.head(head, isLast: isLast))
            try await produce(
                ResponseStream { bytes in try await outbound.write(.body(ByteBuffer(bytes: bytes))) })
            try await outbound.write(.end)
        }
    }
}
