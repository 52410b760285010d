internal import JSON

/// What `meshctl status` has found out.
struct StatusReport {
    let url: String?
    /// Of this machine; empty for a mesh elsewhere.
    let processes: [JSONValue]
    /// What the router's `/admin/status` says; nil when it does not answer.
    var router: JSONValue?
    /// Why the router does not answer.
    var silence: String?
    /// Experts without a live replica, all of them; nil when that is not known.
    var missingCount: Int?

    /// As many missing experts as a person wants to read.
    private static let missingShownMax = 4

    init(url: String?, processes: [JSONValue]) {
        self.url = url
        self.processes = processes
    }

    var isReady: Bool { router?["ready"]?.bool == true }

    var json: JSONValue {
        [
            "url": .optional(url), "processes": .array(processes), "router": router ?? .null,
            "missingExpertCount": .optional(missingCount), "error": .optional(silence),
        ]
    }

    var lines: [String] {
        processTable + (router.map(lines) ?? [])
            + (silence.map { ["the router does not answer: \($0)"] } ?? [])
    }

    private var processTable: [String] {
        guard !processes.isEmpty else { return [] }
        var table = Table("process", "pid", "state", "memory")
        for process in processes {
            table.add(
                process["name"]?.string ?? "", "\(process["pid"]?.integer ?? 0)",
                process["running"]?.bool == true ? "running" : "gone",
                process["residentBytes"]?.integer?.inBytes ?? "-")
        }
        return table.lines + [""]
    }

    private func lines(_ router: JSONValue) -> [String] {
        let model = "\(router["model"]?.string ?? "") revision \(router["revision"]?.integer ?? 0)"
        let running = router["requests"]?["running"]?.integer ?? 0
        let waiting = router["requests"]?["waiting"]?.integer ?? 0
        let workers = router["workers"]?.array ?? []
        return [
            "model \(model): \(readiness(router))",
            Self.leader(router["catalog"]),
            "requests: \(running) running, \(waiting) waiting; "
                + "knowledge-store: \(Self.connection(router["knowledge"]))", "",
        ].compactMap(\.self) + Self.table(workers).lines + workers.flatMap(Self.notes)
    }

    private func readiness(_ router: JSONValue) -> String {
        guard !isReady else { return "ready" }
        let missing = router["missingExperts"]?.array ?? []
        let shown = missing.prefix(Self.missingShownMax).map {
            "layer \($0["layer"]?.integer ?? 0) expert \($0["expert"]?.integer ?? 0)"
        }
        let count = max(missingCount ?? 0, missing.count)
        return "not ready, \(count.grouped) \(count == 1 ? "expert has" : "experts have") "
            + "no live replica: " + shown.joined(separator: ", ")
            + (count > shown.count ? " …" : "")
    }

    /// Nil where no other router shares the catalog.
    private static func leader(_ catalog: JSONValue?) -> String? {
        guard let catalog, let router = catalog["router"]?.string else { return nil }
        guard catalog["connected"]?.bool == true else {
            return "router \(router): the catalog is away (\(catalog["failure"]?.string ?? ""))"
        }
        let leader = catalog["leader"]?.string ?? "nobody yet"
        return "router \(router): " + (router == leader ? "leads" : "\(leader) leads")
    }

    private static func connection(_ knowledge: JSONValue?) -> String {
        switch knowledge?["connected"]?.bool {
        case true?: "connected"
        case false?: "not connected"
        case nil: "none"
        }
    }

    private static func table(_ workers: [JSONValue]) -> Table {
        var table = Table(
            "worker", "host", "experts", "holds", "capacity", "in flight", "numeric class")
        for worker in workers {
            let host = worker["host"]?.string ?? ""
            table.add(
                worker["name"]?.string ?? "", host.isEmpty ? "-" : host,
                (worker["expertCount"]?.integer ?? 0).grouped,
                (worker["residentBytes"]?.integer ?? 0).inBytes,
                (worker["capacityBytes"]?.integer ?? 0).inBytes,
                "\(worker["inFlight"]?.integer ?? 0)", worker["numericClass"]?.string ?? "")
        }
        return table
    }

    /// Why a worker does not do what the others do.
    private static func notes(_ worker: JSONValue) -> [String] {
        let leaving = worker["leaving"]?.bool == true ? ["is leaving"] : []
        let refusal = worker["refusal"]?.string.map { ["gets no work: \($0)"] } ?? []
        let failures = (worker["failures"]?.array ?? []).compactMap(\.string)
        return (leaving + refusal + failures).map { "\(worker["name"]?.string ?? ""): \($0)" }
    }
}
