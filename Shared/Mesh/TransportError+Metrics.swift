internal import Metrics
internal import Transport

extension TransportError {
    /// Counts that a connection ended, by the kind of reason: the whole error would make a series
    /// of its own each time.
    func countEnding() {
        Counter(label: "mesh_connections_ended", dimensions: [("reason", kind)]).increment()
    }

    private var kind: String {
        switch self {
        case .closedByPeer: "closed_by_peer"
        case .closed: "closed"
        case .silent: "silent"
        case .slowConsumer: "slow_consumer"
        case .truncatedFrame: "truncated"
        case .badFrame(.corruptHeader), .badFrame(.corruptRest): "corrupt"
        case .badFrame: "malformed"
        case .badAddress, .unresolvable, .addressInUse, .system, .connectTimedOut,
            .attachmentShape:
            "system"
        }
    }
}
