public import CoreMetrics
internal import NIOConcurrencyHelpers

/// The back end of swift-metrics that keeps every series in memory and writes them in Prometheus'
/// text format, version 0.0.4.
///
/// Labels become names by the conventions of Prometheus: dots turn into underscores, counters end
/// in `_total`, timers in `_seconds`.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    /// A label value that varies without end (a path, an identifier) would fill the memory; beyond
    /// this number new series are counted in `metrics_dropped_total` and not kept.
    public static let seriesCountMax = 4096

    /// From ten microseconds, below which nothing here is worth a request, to a minute.
    static let durationBounds: [Double] = [
        0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
        0.05,
        0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// Powers of four: sizes and counts, from one to sixteen million.
    static let sizeBounds: [Double] = (0...12).map { Double(1 << (2 * $0)) }

    private struct State {
        var families: [String: Family] = [:]
        var seriesCount = 0
        var droppedCount = 0
    }

    private struct Family {
        let kind: Series.Kind
        var series: [SeriesLabels: Series] = [:]
    }

    private let state = NIOLockedValueBox(State())

    public init() {}

    // MARK: Handlers

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, suffix: "_total", .counter, dimensions)
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, suffix: "_total", .counter, dimensions)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, suffix: "", .gauge, dimensions)
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        series(label, suffix: "", aggregate ? .histogram(Self.sizeBounds) : .gauge, dimensions)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, suffix: "_seconds", .histogram(Self.durationBounds), dimensions)
    }

    // A series lives as long as the process: a counter that vanished and came back would read as a
    // restart.
    public func destroyCounter(_: any CounterHandler) {}
    public func destroyFloatingPointCounter(_: any FloatingPointCounterHandler) {}
    public func destroyMeter(_: any MeterHandler) {}
    public func destroyRecorder(_: any RecorderHandler) {}
    public func destroyTimer(_: any TimerHandler) {}

    private func series(
        _ label: String, suffix: String, _ kind: Series.Kind, _ dimensions: [(String, String)]
    ) -> Series {
        let name = PrometheusText.name(label) + suffix
        let labels = SeriesLabels(dimensions)
        return state.withLockedValue { state in
            var family = state.families[name] ?? Family(kind: kind)
            if family.kind == kind, let series = family.series[labels] { return series }
            let series = Series(kind)
            guard family.kind == kind, state.seriesCount < Self.seriesCountMax else {
                state.droppedCount += 1
                return series
            }
            state.seriesCount += 1
            family.series[labels] = series
            state.families[name] = family
            return series
        }
    }

    // MARK: Exposition

    /// Everything, in the order of names, so that two scrapes can be compared by eye.
    public var text: String {
        let (families, droppedCount) = state.withLockedValue { ($0.families, $0.droppedCount) }
        var text = PrometheusText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text.family(name, type: family.kind.typeName)
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                text.series(name, labels, series.reading)
            }
        }
        text.family("metrics_dropped_total", type: "counter")
        text.sample("metrics_dropped_total", SeriesLabels([]), Double(droppedCount))
        return text.text
    }
}

/// The labels of a series, valid and in the order of their names: two orders of the same labels are
/// one series.
struct SeriesLabels: Hashable, Comparable {
    let text: String

    init(_ dimensions: [(String, String)]) {
        text = dimensions.map { (PrometheusText.labelName($0), PrometheusText.escaped($1)) }
            .sorted { $0 < $1 }
            .map { "\($0)=\"\($1)\"" }
            .joined(separator: ",")
    }

    static func < (left: SeriesLabels, right: SeriesLabels) -> Bool { left.text < right.text }
}
