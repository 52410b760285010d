internal import NIOCore
internal import NIOHTTP1

/// What the assembler hands to the connection's task, in the order of arrival.
enum Arrival: Sendable {
    case request(IncomingRequest, isKeepAlive: Bool)
    /// The last arrival of a connection: whatever the client sends after it is dropped.
    case refusal(Refusal)
}

/// What the connection's task hands back.
enum ResponsePart: Sendable {
    case head(HTTPResponseHead, isLast: Bool)
    case body(ByteBuffer)
    case end
}

/// Turns parsed parts into whole requests, one at a time, under the server's limits: the only place
/// where a connection's clock runs.
///
/// While a request is answered nothing more is read, so that a client that pipelines fills its own
/// socket and not our memory.
final class RequestAssembler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Arrival
    typealias OutboundIn = ResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long a refused client may go on sending before it is cut: closing at once would reset
    /// the connection and could destroy the refusal on its way.
    private static let lingerTime: Duration = .seconds(2)

    private static let tooManyConnections = Refusal(
        status: 503, message: "too many connections", code: "overloaded")

    private let limits: ServerLimits
    private let standing: Connections.Standing
    private let gone: AsyncStream<Never>.Continuation
    private var assembly: Assembly
    private var unanswered = 0
    private var hasServed = false
    private var isDiscarding = false
    private var isQuiescing: Bool
    private var closesAfterResponse = false
    private var isReadWithheld = false
    private var readDeadline: Scheduled<Void>?
    private var writeDeadline: Scheduled<Void>?

    /// - Parameter gone: finished when the connection is no more.
    init(
        limits: ServerLimits, assembly: Assembly, standing: Connections.Standing,
        gone: AsyncStream<Never>.Continuation
    ) {
        self.limits = limits
        self.gone = gone
        self.assembly = assembly
        self.standing = standing
        isQuiescing = standing == .last
    }

    // MARK: Coming in

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        if standing == .refused {
            refuse(Self.tooManyConnections, context: context)
        } else {
            awaitHead(context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        readDeadline?.cancel()
        writeDeadline?.cancel()
        assembly.release()
        gone.finish()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDiscarding else { return }
        do throws(Refusal) {
            switch unwrapInboundIn(data) {
            case .head(let head): try begin(head, context: context)
            case .body(let bytes): try assembly.append(bytes)
            case .end: deliver(context: context)
            }
        } catch {
            refuse(error, context: context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            context.close(promise: nil)
            return
        }
        let isOverflow = error == .headerOverflow
        refuse(
            Refusal(
                status: isOverflow ? 431 : 400,
                message: isOverflow ? "the request head is too large" : "malformed HTTP: \(error)"),
            context: context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        isQuiescing = true
        if unanswered == 0, !assembly.isReadingBody { context.close(promise: nil) }
    }

    private func begin(_ head: HTTPRequestHead, context: ChannelHandlerContext) throws(Refusal) {
        let awaitsContinue = try assembly.begin(head)
        setReadDeadline(limits.bodyTimeMax, context: context) { handler, context in
            handler.refuse(
                Refusal(status: 408, message: "the body did not arrive in time"), context: context)
        }
        guard awaitsContinue, unanswered == 0 else { return }
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func deliver(context: ChannelHandlerContext) {
        readDeadline?.cancel()
        guard let (request, isKeepAlive) = assembly.finish() else { return }
        unanswered += 1
        hasServed = true
        context.fireChannelRead(wrapInboundOut(.request(request, isKeepAlive: isKeepAlive)))
    }

    private func refuse(_ refusal: Refusal, context: ChannelHandlerContext) {
        guard !isDiscarding else { return }
        readDeadline?.cancel()
        isDiscarding = true
        unanswered += 1
        context.fireChannelRead(wrapInboundOut(.refusal(refusal)))
        context.fireChannelReadComplete()
    }

    // MARK: Going out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head, let isLast):
            closesAfterResponse = isLast || isQuiescing
            if closesAfterResponse { head.headers.replaceOrAdd(name: "connection", value: "close") }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body(let bytes):
            context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: promise)
        case .end:
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
            answered(context: context)
        }
    }

    func read(context: ChannelHandlerContext) {
        if unanswered > 0, !isDiscarding {
            isReadWithheld = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeDeadline?.cancel()
        if !context.channel.isWritable {
            let delay = TimeAmount(limits.writeTimeMax)
            writeDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
                context.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    private func answered(context: ChannelHandlerContext) {
        unanswered -= 1
        if unanswered == 0, !assembly.isReadingBody { assembly.release() }
        if closesAfterResponse {
            close(context: context)
        } else if unanswered == 0 {
            awaitHead(context: context)
            guard isReadWithheld else { return }
            isReadWithheld = false
            context.read()
        }
    }

    private func close(context: ChannelHandlerContext) {
        guard isDiscarding else {
            context.close(promise: nil)
            return
        }
        context.close(mode: .output, promise: nil)
        setReadDeadline(Self.lingerTime, context: context) { _, context in
            context.close(promise: nil)
        }
        context.read()
    }

    // MARK: Deadlines

    private func awaitHead(context: ChannelHandlerContext) {
        guard !assembly.isReadingBody, !isDiscarding else { return }
        let time = hasServed ? limits.idleTimeMax : limits.headTimeMax
        setReadDeadline(time, context: context) { _, context in context.close(promise: nil) }
    }

    private func setReadDeadline(
        _ time: Duration, context: ChannelHandlerContext,
        expired: @escaping (RequestAssembler, ChannelHandlerContext) -> Void
    ) {
        readDeadline?.cancel()
        readDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) {
            expired(self, context)
        }
    }
}
