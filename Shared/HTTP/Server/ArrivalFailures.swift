internal import Logging
internal import NIOCore

/// Keeps a listener alive when a connection cannot be accepted: no descriptor is left, or an option
/// cannot be set. To SwiftNIO's asynchronous channel any error in the pipeline is the end.
final class ArrivalFailures: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let logger: Logger
    /// Without descriptors a listener fails as fast as it can ask.
    private var quietUntil = NIODeadline.distantPast

    private static let warningPause = TimeAmount.seconds(1)

    init(logger: Logger) { self.logger = logger }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard NIODeadline.now() >= quietUntil else { return }
        quietUntil = .now() + Self.warningPause
        logger.warning("connection not accepted", metadata: ["reason": "\(error)"])
    }

    /// Places one behind the handler that accepts, where it hears of what that could not finish.
    static func watch(_ listener: any Channel, logger: Logger) async throws {
        try await listener.eventLoop.submit {
            let pipeline = listener.pipeline.syncOperations
            let accepting = try pipeline.context(name: "AcceptHandler").handler
            try pipeline.addHandler(ArrivalFailures(logger: logger), position: .after(accepting))
        }.get()
    }
}
