/// Something that the documentation claims in numbers. `Figure.all` (in Figures.swift) lists them.
struct Figure: Sendable {
    /// `subject.quantity.vs-baseline`, for ever.
    let name: String
    let unit: String
    let aim: Aim
    /// `isQuick`: at most 30 seconds. May throw `FigureUnavailable`.
    let measure: @Sendable (_ isQuick: Bool) async throws -> Measurement

    struct Measurement: Sendable {
        var value: Double
        /// What the same quantity is for whatever it is compared with.
        var baseline: Double?
        /// How it was measured, and the parts of which `value` is the summary.
        var notes = ""
    }

    enum Aim: Sendable, CustomStringConvertible {
        case atMost(Double)
        case atLeast(Double)

        func holds(for value: Double) -> Bool {
            switch self {
            case .atMost(let limit): value <= limit
            case .atLeast(let limit): value >= limit
            }
        }

        var description: String {
            switch self {
            case .atMost(let limit): "<= \(limit)"
            case .atLeast(let limit): ">= \(limit)"
            }
        }
    }
}

/// A figure that cannot be measured here, and why: data that is not installed, say.
struct FigureUnavailable: Error, CustomStringConvertible {
    let description: String
}
