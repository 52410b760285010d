internal import NIOConcurrencyHelpers
internal import NIOCore

/// The open connections of a server, counted and told when to stop.
final class Connections: Sendable {
    /// What a new connection may do.
    enum Standing: Sendable {
        case welcome
        /// The server is stopping: one request, which was already on its way.
        case last
        /// There are too many: it is told so and closed.
        case refused
    }

    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isQuiescing = false
    }

    private let countMax: Int
    private let state = NIOLockedValueBox(State())

    init(countMax: Int) { self.countMax = countMax }

    var count: Int { state.withLockedValue { $0.channels.count } }

    /// Counts the channel from now until it is closed, unless there are too many.
    func admit(_ channel: any Channel) -> Standing {
        let identity = ObjectIdentifier(channel)
        let standing = state.withLockedValue { state -> Standing in
            guard state.channels.count < countMax else { return .refused }
            state.channels[identity] = channel
            return state.isQuiescing ? .last : .welcome
        }
        guard standing != .refused else { return standing }
        channel.closeFuture.whenComplete { [state] _ in
            state.withLockedValue { _ = $0.channels.removeValue(forKey: identity) }
        }
        return standing
    }

    /// Idle connections close now, busy ones after their response.
    func quiesce() {
        let channels = state.withLockedValue { state in
            state.isQuiescing = true
            return Array(state.channels.values)
        }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }
}
