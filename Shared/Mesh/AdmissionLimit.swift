internal import Wire

/// Whether one more request may begin. Refuses at once, never queues.
struct AdmissionLimit {
    private let inFlightCountMax: Int
    private let retryAfter: Duration
    var isDraining = false

    init(_ limits: MeshLimits) {
        inFlightCountMax = limits.inFlightCountMax
        retryAfter = limits.retryAfter
    }

    /// nil admits.
    func refusal(inFlightCount: Int) -> Fault? {
        if isDraining { return .draining(retryAfter: retryAfter) }
        return inFlightCount < inFlightCountMax ? nil : .overloaded(retryAfter: retryAfter)
    }
}
