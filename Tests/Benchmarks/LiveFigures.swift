import FoundationEssentials

/// What faults and changes cost while requests run.
///
/// Real processes are killed, added and swapped by `Tests/Acceptance/measure.py`, which the fault
/// tests share their tools with. It runs as a child and says what it has measured in JSON.
enum LiveFigures {
    static let all = [
        figure("sim.seeds.per-minute", "seeds/min", .atLeast(50_000)),
        figure("kill.lost.requests", "requests", .atMost(0)),
        figure("kill.recovery.with-replica.ms", "ms", .atMost(500)),
        figure("kill.recovery.without-replica.ms", "ms", .atMost(5_000)),
        figure("scale.2to4.ms", "ms", .atMost(10_000)),
        figure("swap.p99.ratio", "x", .atMost(1.5)),
        figure("swap.wrong.tokens", "tokens", .atMost(0)),
        figure("soak.rss.growth", "MB/min", .atMost(1)),
    ]

    private static let script = "Tests/Acceptance/measure.py"

    private static func figure(_ name: String, _ unit: String, _ aim: Figure.Aim) -> Figure {
        Figure(name: name, unit: unit, aim: aim) { isQuick in
            try await measure(name, isQuick)
        }
    }

    private static func measure(_ name: String, _ isQuick: Bool) async throws
        -> Figure.Measurement
    {
        let program = try PythonProgram(script, needs: "openai", python: Sources.python())
        let output = try await program.output([name] + (isQuick ? ["--quick"] : []))
        let answer = try JSONDecoder().decode(Answer.self, from: Data(output.utf8))
        return .init(value: answer.value, baseline: answer.baseline, notes: answer.notes)
    }

    private struct Answer: Decodable {
        let value: Double
        let baseline: Double?
        let notes: String
    }
}
