internal import ArgumentParser
internal import HTTP

/// Shows how the mesh is.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the processes, the served model, and whether the mesh can answer.",
        discussion: "The exit status is 1 when the mesh is not ready.")

    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let local = mesh.url == nil ? try mesh.local.directory.runningMesh() : nil
        let router = try await mesh.admin().get("/admin/status", within: .seconds(5))
        let processes = local.map(\.processes) ?? []
        output.show([
            "url": .optional(mesh.url ?? local?.url), "processes": .array(processes),
            "router": router,
        ]) {
            processTable(processes) + routerLines(router)
        }
        guard router["ready"]?.bool == true else { throw ExitCode.failure }
    }

    private func processTable(_ processes: [JSON]) -> [String] {
        guard !processes.isEmpty else { return [] }
        var table = Table("process", "pid", "state", "memory")
        for process in processes {
            table.add(
                process["name"]?.string ?? "", "\(process["pid"]?.integer ?? 0)",
                process["running"]?.bool == true ? "running" : "gone",
                process["resident_bytes"]?.integer?.inBytes ?? "-")
        }
        return table.lines + [""]
    }

    private func routerLines(_ router: JSON) -> [String] {
        let model = "\(router["model"]?.string ?? "") revision \(router["revision"]?.integer ?? 0)"
        let reasons = (router["reasons"]?.array ?? []).compactMap(\.string)
        let state =
            router["ready"]?.bool == true
            ? "ready" : "not ready: \(reasons.joined(separator: "; "))"
        let store = router["knowledge"]?["connected"]?.bool == true ? "connected" : "not connected"
        return ["model \(model), \(state); knowledge-store \(store)", ""]
            + workerTable(router).lines
    }

    private func workerTable(_ router: JSON) -> Table {
        var table = Table(
            "worker", "state", "experts", "holds", "in flight", "numeric class", "address")
        for worker in router["workers"]?.array ?? [] {
            table.add(
                worker["name"]?.string ?? "", worker["state"]?.string ?? "",
                (worker["expertCount"]?.integer ?? 0).grouped,
                (worker["residentBytes"]?.integer ?? 0).inBytes,
                String(worker["inFlight"]?.integer ?? 0), worker["numericClass"]?.string ?? "",
                worker["address"]?.string ?? "")
        }
        return table
    }
}

extension MeshRecord {
    /// The processes as `status --json` shows them.
    fileprivate var processes: [JSON] {
        ([("meshctl up", supervisor)] + services).map { name, process in
            [
                "name": .string(name), "pid": .integer(Int(process.pid)),
                "running": .bool(process.isRunning),
                "resident_bytes": .optional(process.residentBytes),
            ]
        }
    }
}
