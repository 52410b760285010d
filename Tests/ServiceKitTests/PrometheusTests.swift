import CoreMetrics
import Testing

@testable import ServiceKit

@Suite struct PrometheusTests {
    @Test func `a counter is exposed with its type, its suffix and its labels in order`() {
        let registry = PrometheusRegistry()
        registry.makeCounter(
            label: "http.requests", dimensions: [("status", "200"), ("route", "/v1")]
        )
        .increment(by: 3)
        registry.makeCounter(
            label: "http.requests", dimensions: [("route", "/v1"), ("status", "200")]
        )
        .increment(by: 4)
        #expect(
            registry.text.contains(
                """
                # TYPE http_requests_total counter
                http_requests_total{route="/v1",status="200"} 7

                """))
    }

    @Test func `label values are escaped and names made valid`() {
        let registry = PrometheusRegistry()
        registry.makeMeter(label: "9 lives", dimensions: [("a-b", "say \"hi\"\\\nbye")]).set(1.5)
        #expect(registry.text.contains(#"_9_lives{a_b="say \"hi\"\\\nbye"} 1.5"#))
    }

    @Test func `a timer is a cumulative histogram in seconds`() {
        let registry = PrometheusRegistry()
        let timer = registry.makeTimer(label: "call", dimensions: [])
        timer.recordNanoseconds(20_000)
        timer.recordNanoseconds(20_000_000)
        timer.recordNanoseconds(90_000_000_000)
        let text = registry.text
        #expect(
            text.contains(#"call_seconds_bucket{le="0.000025"} 1"#)
                || text.contains(#"call_seconds_bucket{le="2.5e-05"} 1"#))
        #expect(text.contains(#"call_seconds_bucket{le="0.025"} 2"#))
        #expect(text.contains(#"call_seconds_bucket{le="60"} 2"#))
        #expect(text.contains(#"call_seconds_bucket{le="+Inf"} 3"#))
        #expect(text.contains("call_seconds_count 3"))
        #expect(text.contains("call_seconds_sum 90.02002"))
    }

    @Test func `a gauge keeps the last value, a meter goes up and down`() {
        let registry = PrometheusRegistry()
        let gauge = registry.makeRecorder(label: "queue", dimensions: [], aggregate: false)
        gauge.record(Int64(4))
        gauge.record(2.0)
        let meter = registry.makeMeter(label: "busy", dimensions: [])
        meter.increment(by: 5)
        meter.decrement(by: 2)
        #expect(registry.text.contains("\nqueue 2\n"))
        #expect(registry.text.contains("busy 3\n"))
    }

    @Test func `series beyond the maximum are counted, not kept`() {
        let registry = PrometheusRegistry()
        for index in 0..<PrometheusRegistry.seriesCountMax + 10 {
            registry.makeCounter(label: "x", dimensions: [("i", "\(index)")]).increment(by: 1)
        }
        #expect(registry.text.contains("metrics_dropped_total 10\n"))
    }

    @Test func `one name cannot be a gauge and a histogram`() {
        let registry = PrometheusRegistry()
        registry.makeRecorder(label: "size", dimensions: [], aggregate: true).record(Int64(3))
        registry.makeMeter(label: "size", dimensions: []).set(Int64(9))
        #expect(registry.text.contains("# TYPE size histogram"))
        #expect(!registry.text.contains("size 9"))
    }

    @Test func `the kernel's line about a process is read past a name with spaces`() {
        let line =
            "42 (a (b) c) S 1 1 1 0 -1 0 10 0 0 0 7 5 0 0 20 0 9 0 100 1000 250 18446744"
        let fields = ProcessMetrics.StatFields(line)
        #expect(fields?.cpuTicks == 12)
        #expect(fields?.threadCount == 9)
        #expect(fields?.residentPages == 250)
    }
}
