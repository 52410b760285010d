internal import ArgumentParser
internal import JSON

/// Shows who holds which expert and what it did.
struct Experts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show who holds which expert, and how much each has computed.",
        discussion: """
              meshctl experts                    one line per layer
              meshctl experts --layer 12         one line per expert of the layer
            """)

    @Option(help: "Show the experts of one layer, one by one.")
    var layer: Int?

    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let answer = try await mesh.admin().get("/admin/experts")
        let layers = answer["layers"]?.array ?? []
        guard let layer else {
            return output.show(answer) { Self.summary(of: layers).lines }
        }
        guard let chosen = layers.first(where: { $0["layer"]?.integer == layer }) else {
            throw ModelEditError.noSuchLayer(
                layer, known: layers.compactMap { $0["layer"]?.integer }
            ).asUsage
        }
        output.show(chosen) { Self.experts(of: chosen).lines }
    }

    /// One row per layer: the busiest expert tells how even the gate is.
    static func summary(of layers: [JSONValue]) -> Table {
        var table = Table("layer", "experts", "rows", "busiest", "share", "ms", "workers")
        for layer in layers {
            let experts = layer["experts"]?.array ?? []
            let rows = experts.map(\.rowCount).reduce(0, +)
            let busiest = experts.max { $0.rowCount < $1.rowCount }
            let share = rows > 0 ? Double(busiest?.rowCount ?? 0) / Double(rows) * 100 : 0
            table.add(
                "\(layer["layer"]?.integer ?? 0)", "\(experts.count)", rows.grouped,
                rows > 0 ? "\(busiest?["expert"]?.integer ?? 0)" : "-", "\(share.oneDecimal) %",
                (Double(experts.map(\.nanoseconds).reduce(0, +)) / 1e6).oneDecimal,
                Set(experts.flatMap(\.workers)).sorted().joined(separator: ", "))
        }
        return table
    }

    static func experts(of layer: JSONValue) -> Table {
        var table = Table("expert", "artifact", "rows", "weight", "ms", "workers")
        for expert in layer["experts"]?.array ?? [] {
            table.add(
                "\(expert["expert"]?.integer ?? 0)",
                String((expert["digest"]?.string ?? "").prefix(12)), expert.rowCount.grouped,
                (expert["weightMass"]?.number ?? 0).oneDecimal,
                (Double(expert.nanoseconds) / 1e6).oneDecimal,
                expert.workers.joined(separator: ", "))
        }
        return table
    }
}

extension JSONValue {
    fileprivate var rowCount: Int { self["rowCount"]?.integer ?? 0 }
    fileprivate var nanoseconds: Int { self["computeNanoseconds"]?.integer ?? 0 }
    fileprivate var workers: [String] { (self["workers"]?.array ?? []).compactMap(\.string) }
}
