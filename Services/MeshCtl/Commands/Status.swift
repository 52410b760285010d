internal import ArgumentParser
internal import JSON

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

    private func processTable(_ processes: [JSONValue]) -> [String] {
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

    private func routerLines(_ router: JSONValue) -> [String] {
        let model = "\(router["model"]?.string ?? "") revision \(router["revision"]?.integer ?? 0)"
        let running = router["requests"]?["running"]?.integer ?? 0
        let waiting = router["requests"]?["waiting"]?.integer ?? 0
        return [
            "model \(model): \(readiness(router))",
            leader(router["catalog"]),
            "requests: \(running) running, \(waiting) waiting; "
                + "knowledge-store: \(connection(router["knowledge"]))", "",
        ].compactMap(\.self) + workerTable(router).lines + failures(router)
    }

    private func readiness(_ router: JSONValue) -> String {
        guard router["ready"]?.bool != true else { return "ready" }
        let missing = (router["missingExperts"]?.array ?? []).map {
            "layer \($0["layer"]?.integer ?? 0) expert \($0["expert"]?.integer ?? 0)"
        }
        return "not ready, no live replica of " + missing.joined(separator: ", ")
    }

    /// Nil where no other router shares the catalog.
    private func leader(_ catalog: JSONValue?) -> String? {
        guard let catalog, let router = catalog["router"]?.string else { return nil }
        guard catalog["connected"]?.bool == true else {
            return "router \(router): the catalog is away (\(catalog["failure"]?.string ?? ""))"
        }
        let leader = catalog["leader"]?.string ?? "nobody yet"
        return "router \(router): " + (router == leader ? "leads" : "\(leader) leads")
    }

    private func connection(_ knowledge: JSONValue?) -> String {
        switch knowledge?["connected"]?.bool {
        case true?: "connected"
        case false?: "not connected"
        case nil: "none"
        }
    }

    private func workerTable(_ router: JSONValue) -> Table {
        var table = Table("worker", "experts", "holds", "capacity", "in flight", "numeric class")
        for worker in router["workers"]?.array ?? [] {
            table.add(
                worker["name"]?.string ?? "", (worker["expertCount"]?.integer ?? 0).grouped,
                (worker["residentBytes"]?.integer ?? 0).inBytes,
                (worker["capacityBytes"]?.integer ?? 0).inBytes,
                "\(worker["inFlight"]?.integer ?? 0)", worker["numericClass"]?.string ?? "")
        }
        return table
    }

    /// What workers could not load.
    private func failures(_ router: JSONValue) -> [String] {
        (router["workers"]?.array ?? []).flatMap { worker in
            (worker["failures"]?.array ?? []).compactMap(\.string).map {
                "\(worker["name"]?.string ?? ""): \($0)"
            }
        }
    }
}

extension MeshRecord {
    /// The processes as `status --json` shows them.
    fileprivate var processes: [JSONValue] {
        ([("meshctl up", supervisor)] + services).map { name, process in
            [
                "name": .string(name), "pid": .integer(Int(process.pid)),
                "running": .bool(process.isRunning),
                "resident_bytes": .optional(process.residentBytes),
            ]
        }
    }
}
