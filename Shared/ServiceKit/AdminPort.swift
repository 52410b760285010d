internal import HTTP
internal import JSON
internal import Logging

/// The small HTTP server that every service has: is it alive, is it ready, what does it count.
struct AdminPort: Sendable {
    /// Scrapers and probes are few; anything more is a mistake.
    private static let connectionCountMax = 32
    /// Of all bodies together: the largest that a service takes here is one expert's weights.
    private static let heldByteCountMax = 512 << 20
    /// A probe that waits longer than this is as good as a red one.
    private static let healthTimeMax: Duration = .seconds(2)

    let routes: AdminRoutes
    let metrics: PrometheusRegistry
    let health: @Sendable () async -> HealthReport

    func start(on address: ListenAddress, logger: Logger) async throws(HTTPServerError)
        -> HTTPServer
    {
        routes.add(Route("GET", "/healthz") { _ in .json(["status": "alive"]) })
        routes.add(Route("GET", "/readyz") { _ in await readiness() })
        routes.add(Route("GET", "/metrics") { _ in exposition() })
        var limits = ServerLimits()
        limits.connectionCountMax = Self.connectionCountMax
        limits.heldByteCountMax = Self.heldByteCountMax
        return try await HTTPServer.start(on: address, limits: limits, logger: logger) { [routes] in
            routes.table
        }
    }

    private func readiness() async -> OutgoingResponse {
        let report = await promptHealth()
        let reasons = report.reasons.map { JSONValue.string($0) }
        let facts = report.facts.sorted { $0.key < $1.key }.map {
            ($0.key, JSONValue.string($0.value))
        }
        return .json(
            .members([("ready", .bool(report.isReady)), ("reasons", .array(reasons))] + facts),
            status: report.isReady ? 200 : 503)
    }

    private func promptHealth() async -> HealthReport {
        // Not a task group: that would wait for a service that does not answer.
        let (reports, answers) = AsyncStream<HealthReport>.makeStream(
            bufferingPolicy: .bufferingOldest(1))
        let question = Task { [health] in answers.yield(await health()) }
        let timer = Task {
            try await Task.sleep(for: Self.healthTimeMax)
            answers.yield(
                .unready(["the service did not tell its health within \(Self.healthTimeMax)"]))
        }
        defer {
            question.cancel()
            timer.cancel()
        }
        for await report in reports { return report }
        return .unready(["the question was given up"])
    }

    private func exposition() -> OutgoingResponse {
        var response = OutgoingResponse.text(ProcessMetrics.text + metrics.text)
        response.headers = [
            (name: "content-type", value: "text/plain; version=0.0.4; charset=utf-8")
        ]
        return response
    }
}
