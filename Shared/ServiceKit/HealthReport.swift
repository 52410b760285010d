/// Whether a service can do its work now, and if not, why.
public struct HealthReport: Sendable, Equatable {
    /// Sentences an operator understands: `layer 3 expert 7 has no live replica`.
    public let reasons: [String]
    /// What operators want to know besides, by name: `leader`.
    public var facts: [String: String] = [:]

    public var isReady: Bool { reasons.isEmpty }

    /// Nothing is missing.
    public static let ready = HealthReport(reasons: [])

    /// - Parameter reasons: at least one.
    public static func unready(_ reasons: [String]) -> HealthReport {
        precondition(!reasons.isEmpty, "a service that is not ready says why")
        return HealthReport(reasons: reasons)
    }
}
