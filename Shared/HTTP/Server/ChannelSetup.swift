internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Builds the pipeline of every connection: bytes → parts (SwiftNIO) → whole requests
/// (`RequestAssembler`) → `ConnectionTask`.
struct ChannelSetup: Sendable {
    let dispatcher: Dispatcher
    private let connections: Connections
    private let budget: BodyBudget

    init(dispatcher: Dispatcher, connections: Connections) {
        self.dispatcher = dispatcher
        self.connections = connections
        budget = BodyBudget(byteCountMax: dispatcher.limits.heldByteCountMax)
    }

    func bind(_ address: ListenAddress) async throws -> NIOAsyncChannel<ConnectionTask, Never> {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A client that closes its sending half is taken to be gone: that is how a cancelled
            // request looks.
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .bind(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel) }
            }
        try await ArrivalFailures.watch(listener.channel, logger: dispatcher.logger)
        return listener
    }

    /// Runs on the channel's loop.
    private func configure(_ channel: any Channel) throws -> ConnectionTask {
        let (gone, goneSource) = AsyncStream<Never>.makeStream()
        let assembler = RequestAssembler(
            limits: dispatcher.limits, assembly: Assembly(budget: budget, admit: dispatcher.admit),
            standing: connections.admit(channel), gone: goneSource)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPResponseEncoder())
        try pipeline.addHandler(ByteToMessageHandler(requestDecoder))
        try pipeline.addHandler(assembler)
        return ConnectionTask(
            channel: try NIOAsyncChannel(wrappingChannelSynchronously: channel), gone: gone,
            dispatcher: dispatcher)
    }

    private var requestDecoder: HTTPRequestDecoder {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = dispatcher.limits.headByteCountMax
        limits.maxHeaderListSize = dispatcher.limits.headByteCountMax
        limits.maxHeaderFieldCount = dispatcher.limits.headerCountMax
        return HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
    }
}
