internal import Wire

/// Whether one more request may begin. Refuses at once, never queues.
struct AdmissionLimit {
    private let limits: MeshLimits
    private var inFlightByteCount = 0
    var isDraining = false

    init(_ limits: MeshLimits) { self.limits = limits }

    /// - Parameters:
    ///   - byteCount: Of the request, body and attachment.
    ///   - inFlightCount: Of the requests being answered.
    ///   - pendingByteCount: Of answers that the asker has not read yet.
    /// - Returns: Why not; nil admits.
    mutating func admit(byteCount: Int, inFlightCount: Int, pendingByteCount: Int) -> Fault? {
        if isDraining { return .draining(retryAfter: limits.retryAfter) }
        guard inFlightCount < limits.inFlightCountMax,
            inFlightByteCount + byteCount <= limits.inFlightByteCountMax,
            pendingByteCount <= limits.pendingByteCountHigh
        else { return .overloaded(retryAfter: limits.retryAfter) }
        inFlightByteCount += byteCount
        return nil
    }

    /// A request that was admitted with this many bytes is over.
    mutating func leave(byteCount: Int) { inFlightByteCount -= byteCount }
}
