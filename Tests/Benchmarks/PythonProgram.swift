import FoundationEssentials
import Subprocess
import SystemPackage

/// A Python program that measures, as a child of this process.
struct PythonProgram: Sendable {
    private let script: String
    /// What its Python must have, for whoever lacks it.
    private let needs: String
    private let python: String

    private static let outputByteCountMax = 1 << 20

    /// - Parameter script: from the repository's root.
    init(_ script: String, needs: String, python: String) throws {
        self.script = try Sources.script(script)
        (self.needs, self.python) = (needs, python)
    }

    /// A program that measures what we are compared with, under EXPERTMESH_REFERENCE_PYTHON.
    static func reference(_ name: String, needs: String) throws -> PythonProgram {
        guard let python = ProcessInfo.processInfo.environment["EXPERTMESH_REFERENCE_PYTHON"] else {
            throw FigureUnavailable(
                description: "set EXPERTMESH_REFERENCE_PYTHON to a Python that has \(needs)")
        }
        return try PythonProgram(
            "Tests/Benchmarks/Reference/\(name)", needs: needs,
            python: Sources.existing(python, hint: "it must have \(needs)"))
    }

    /// What the program prints, all of it.
    func output(_ arguments: [String]) async throws -> String {
        let result = try await run(
            .path(FilePath(python)), arguments: Arguments([script] + arguments),
            output: .string(limit: Self.outputByteCountMax),
            error: .string(limit: Self.outputByteCountMax))
        guard result.terminationStatus.isSuccess else { throw failure(result.standardError) }
        return result.standardOutput
    }

    /// Rounds in turns with `ours`, so that both meet the same machine: the numbers that the
    /// program prints in each, once it has said that it is ready.
    func rounds(
        _ count: Int, _ arguments: [String], input: [String] = [],
        alternating ours: () async throws -> Void
    ) async throws -> [[Double]] {
        let result = try await run(
            .path(FilePath(python)), arguments: Arguments([script] + arguments),
            input: .inputWriter, output: .sequence, error: .string(limit: Self.outputByteCountMax)
        ) { execution in
            let writer = execution.standardInputWriter
            var lines = execution.standardOutput.strings(separatedBy: .lineBreaks)
                .makeAsyncIterator()
            for line in input { _ = try await writer.write(line + "\n") }
            var rounds: [[Double]] = []
            // A program that cannot start ends instead, and says why on its other output.
            guard try await lines.next() == "ready" else { return rounds }
            for _ in 0..<count {
                try await ours()
                _ = try await writer.write("\n")
                guard let line = try await lines.next() else { return rounds }
                rounds.append(line.split(separator: " ").compactMap { Double($0) })
            }
            try await writer.finish()
            return rounds
        }
        guard result.closureResult.count == count else { throw failure(result.standardError) }
        return result.closureResult
    }

    private func failure(_ text: String) -> FigureUnavailable {
        let last = text.split(separator: "\n").last.map(String.init) ?? "no message"
        return FigureUnavailable(
            description: "\(script) under \(python) failed, which must have \(needs): \(last)")
    }
}
