internal import Metrics

/// What the fleet counts for Prometheus.
struct FleetMetrics: Sendable {
    private let calls = Dictionary(
        uniqueKeysWithValues: LayerDispatch.Call.Reason.allCases.map { reason in
            (reason, Counter(label: "expert_calls", dimensions: [("reason", reason.rawValue)]))
        })

    func count(_ call: LayerDispatch.Call) { calls[call.reason]?.increment() }
}
