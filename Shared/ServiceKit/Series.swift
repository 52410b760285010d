internal import CoreMetrics
internal import NIOConcurrencyHelpers

/// One time series: a value, or a distribution over fixed bounds.
final class Series: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler,
    TimerHandler, Sendable
{
    enum Kind: Equatable {
        case counter
        case gauge
        /// Upper bounds, ascending; one more bucket beyond the last is implied.
        case histogram([Double])

        var typeName: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    enum Reading: Equatable {
        case value(Double)
        case distribution(Distribution)
    }

    /// How many values fell at or under each bound.
    struct Distribution: Equatable {
        let bounds: [Double]
        /// Not cumulative; one longer than `bounds`.
        var counts: [Int]
        var sum = 0.0

        init(bounds: [Double]) {
            self.bounds = bounds
            counts = Array(repeating: 0, count: bounds.count + 1)
        }

        mutating func add(_ value: Double) {
            counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
            sum += value
        }
    }

    private let state: NIOLockedValueBox<Reading>

    init(_ kind: Kind) {
        if case .histogram(let bounds) = kind {
            state = NIOLockedValueBox(.distribution(Distribution(bounds: bounds)))
        } else {
            state = NIOLockedValueBox(.value(0))
        }
    }

    var reading: Reading { state.withLockedValue { $0 } }

    private func add(_ amount: Double) {
        state.withLockedValue { reading in
            if case .value(let value) = reading { reading = .value(value + amount) }
        }
    }

    func set(_ new: Double) {
        state.withLockedValue { reading in
            if case .value = reading { reading = .value(new) }
        }
    }

    func record(_ value: Double) {
        state.withLockedValue { reading in
            switch reading {
            case .value: reading = .value(value)
            case .distribution(var distribution):
                // Frees the box's copy first, so that the array of counts is changed in place.
                reading = .value(0)
                distribution.add(value)
                reading = .distribution(distribution)
            }
        }
    }

    func increment(by amount: Int64) { add(Double(amount)) }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }
    func reset() { set(0.0) }
    func set(_ new: Int64) { set(Double(new)) }
    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
