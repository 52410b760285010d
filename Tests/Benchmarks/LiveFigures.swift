import FoundationEssentials
import Subprocess
import SystemPackage

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
    private static let outputByteCountMax = 64 * 1024

    private static func figure(_ name: String, _ unit: String, _ aim: Figure.Aim) -> Figure {
        Figure(name: name, unit: unit, aim: aim) { isQuick in
            try await measure(name, isQuick)
        }
    }

    private static func measure(_ name: String, _ isQuick: Bool) async throws
        -> Figure.Measurement
    {
        let result = try await run(
            .path(FilePath(Sources.python())),
            arguments: Arguments([Sources.script(script), name] + (isQuick ? ["--quick"] : [])),
            output: .string(limit: outputByteCountMax), error: .string(limit: outputByteCountMax))
        guard result.terminationStatus.isSuccess else {
            let last = result.standardError.split(separator: "\n").last ?? "it said nothing"
            throw FigureUnavailable(description: "\(script) ended badly: \(last)")
        }
        let answer = try JSONDecoder().decode(Answer.self, from: Data(result.standardOutput.utf8))
        return .init(value: answer.value, baseline: answer.baseline, notes: answer.notes)
    }

    private struct Answer: Decodable {
        let value: Double
        let baseline: Double?
        let notes: String
    }
}
