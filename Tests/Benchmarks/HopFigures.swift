import CEcho

/// One hop: request and reply between two processes over a unix socket.
///
/// A peer of the mesh calls a server of the mesh, and an echo server in plain C on libevent, in
/// turns: the ratio says what our server adds. The notes also have the exchange with C at both
/// ends, for who wants to know what the whole mesh adds.
enum HopFigures {
    static let p50 = Figure(name: "hop.p50.vs-c", unit: "x", aim: .atMost(1.3)) { isQuick in
        try await latency(share: 0.5, label: "p50", isQuick)
    }

    static let p99 = Figure(name: "hop.p99.vs-c", unit: "x", aim: .atMost(1.5)) { isQuick in
        try await latency(share: 0.99, label: "p99", isQuick)
    }

    static let throughput64 = Figure(name: "hop.throughput64.vs-c", unit: "x", aim: .atLeast(0.7)) {
        isQuick in
        let parts = try await parts(inFlight: 64, isQuick) { $0.callsPerSecond }
        let worst = parts.min { $0.ratio < $1.ratio }
        return summary(of: parts, worst, "64 in flight, calls per second")
    }

    private static func latency(
        share: Double, label: String, _ isQuick: Bool
    ) async throws -> Figure.Measurement {
        let parts = try await parts(inFlight: 1, isQuick) { $0.latency(share) }
        let worst = parts.max { $0.ratio < $1.ratio }
        return summary(of: parts, worst, "1 in flight, \(label) in µs")
    }

    // MARK: Parts

    /// One payload size: the mesh's server, C's server, and C at both ends.
    private struct Part {
        let label: String
        let mesh: Double
        let c: Double
        let plainC: Double
        var ratio: Double { mesh / c }

        var description: String {
            let numbers = [mesh, c, ratio, plainC].map { "\($0.rounded(toDigits: 2))" }
            return
                "\(label): mesh \(numbers[0]), C server \(numbers[1]), ratio \(numbers[2])"
                + " (C at both ends \(numbers[3]))"
        }
    }

    private static let roundCount = 9
    private static let sizes = [
        ("empty", 0, 20_000), ("8 KB", 8192, 15_000), ("1 MB", 1 << 20, 400),
    ]

    private static func parts(
        inFlight: Int, _ isQuick: Bool, _ quantity: @Sendable (HopRun) -> Double
    ) async throws -> [Part] {
        let hop = try await Hop()
        defer { hop.stop() }
        var parts: [Part] = []
        for (label, byteCount, callCount) in sizes {
            let count = isQuick ? callCount / 4 : callCount
            // Short rounds that take turns: what else the machine does then meets all alike.
            var rounds: [(mesh: Double, c: Double, plainC: Double)] = []
            for _ in 0..<roundCount {
                let plainC = try hop.runPlainC(byteCount, inFlight: inFlight, count: count)
                let c = try await Hop.run(hop.c, byteCount, inFlight: inFlight, count: count)
                let mesh = try await Hop.run(hop.mesh, byteCount, inFlight: inFlight, count: count)
                rounds.append((quantity(mesh), quantity(c), quantity(plainC)))
            }
            parts.append(
                Part(
                    label: label, mesh: rounds.map(\.mesh).median, c: rounds.map(\.c).median,
                    plainC: rounds.map(\.plainC).median))
        }
        return parts
    }

    private static func summary(of parts: [Part], _ worst: Part?, _ what: String)
        -> Figure.Measurement
    {
        Figure.Measurement(
            value: worst?.ratio ?? .nan, baseline: worst?.c,
            notes:
                "worst of three sizes; unix socket, two processes, \(what), "
                + "median of \(roundCount) alternating rounds; "
                + parts.map(\.description).joined(separator: "; "))
    }
}

extension [Double] {
    /// The middle of the values.
    var median: Double { isEmpty ? .nan : sorted()[count / 2] }
}
