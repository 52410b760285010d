internal import ArgumentParser
internal import JSON

/// Shows how the mesh is.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the processes, the served model, and whether the mesh can answer.",
        discussion: "The exit status is 1 when the mesh is not ready, or the router is gone.")

    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    private static let answerTimeout = Duration.seconds(5)

    func run() async throws {
        let isElsewhere = mesh.url != nil || mesh.adminURL != nil
        let local = isElsewhere ? nil : try mesh.local.directory.runningMesh()
        var report = StatusReport(url: mesh.url ?? local?.url, processes: local?.processes ?? [])
        do {
            let admin = try mesh.admin()
            report.router = try await admin.get("/admin/status", within: Self.answerTimeout)
            if !report.isReady { report.missingCount = try await Self.missingCount(admin) }
        } catch let error as MeshCtlError {
            report.silence = error.whyNoAnswer
        }
        output.show(report.json) { report.lines }
        guard report.isReady else { throw ExitCode.failure }
    }

    /// The status lists the first ones only.
    private static func missingCount(_ admin: MeshClient) async throws -> Int {
        let layers = try await admin.get("/admin/experts", within: answerTimeout)["layers"]
        let experts = (layers?.array ?? []).flatMap { $0["experts"]?.array ?? [] }
        return experts.count { $0["workers"]?.array?.isEmpty != false }
    }
}

extension MeshCtlError {
    /// Without the advice to look at the status.
    fileprivate var whyNoAnswer: String {
        switch self {
        case .unreachable(let url, let reason): "nothing answers at \(url) (\(reason))"
        case .notReady(let reasons): reasons.joined(separator: "; ")
        default: description
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
                "residentBytes": .optional(process.residentBytes),
            ]
        }
    }
}
