import FoundationEssentials
import Subprocess
import SystemPackage

/// The mesh of `compose/compose.yaml` in a container engine. `Tests/Containers/check.sh` measures;
/// here its line is read.
enum ContainerFigures {
    /// Every worker, the router and the knowledge-store are replaced, one container after the
    /// other, while clients chat and search. There is no shorter way: a quick run is the whole one.
    static let rollFailedRequests = Figure(
        name: "containers.roll.failed-requests", unit: "", aim: .atMost(0)
    ) { _ in
        let ended = try await run(
            .path(FilePath(Sources.script("Tests/Containers/check.sh"))),
            output: .string(limit: outputByteCountMax), error: .discarded)
        let lines = ended.standardOutput.split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix(prefix) }) else {
            throw FigureUnavailable(description: lines.joined(separator: "; "))
        }
        let roll = try JSONDecoder().decode(
            Roll.self, from: Data(line.dropFirst(prefix.count).utf8))
        let notes =
            "of \(roll.requests) requests in \(Int(roll.seconds)) s while \(roll.replaced) "
            + "containers were replaced one after the other; chats, streamed chats, searches"
        return .init(value: Double(roll.failed), notes: notes)
    }

    private static let outputByteCountMax = 1 << 20
    private static let prefix = "figure "

    private struct Roll: Decodable {
        let failed: Int
        let requests: Int
        let replaced: Int
        let seconds: Double
    }
}
