internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import Subprocess
internal import SystemPackage

/// Starts a mesh on this machine.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start knowledge-store, expert-workers and router on this machine.",
        discussion: """
            Waits until the mesh can answer, then prints its URL. In the foreground it watches the
            services until Ctrl-C and stops them in order: router, workers, knowledge-store.

              meshctl up                                stay in the foreground
              meshctl up --detach                       return when the mesh is ready
              meshctl up --config my-mesh.json          other model, other port, more workers
            """)

    @Option(help: "What to start.")
    var config = "compose/mesh.json"

    @Flag(help: "Return when the mesh is ready and leave it running.")
    var detach = false

    @OptionGroup var local: StateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let state = local.directory
        if let mesh = try state.lastMesh(), mesh.isRunning {
            throw MeshCtlError.alreadyRunning(
                pid: mesh.supervisor.pid, url: mesh.url ?? "not ready yet")
        }
        let environment = ProcessInfo.processInfo.environment
        let configuration = try MeshConfiguration(path: config, environment: environment)
        let plan = try MeshPlan(configuration, state: state, programs: Self.programs())
        try plan.checkPrograms()
        try ModelImport.runIfMissing(configuration)
        try state.prepare()
        if detach {
            try await runDetached(state)
        } else {
            try await Supervisor(plan: plan, state: state).run { show($0) }
        }
    }

    private func show(_ mesh: MeshRecord) {
        output.show(mesh.json) {
            [
                "ready at \(mesh.url ?? "")",
                "  \(mesh.services.map(\.name).joined(separator: ", "))",
            ]
        }
    }

    /// The folder of this very program: the services are built next to it.
    private static func programs() throws -> String {
        let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return executable[..<(executable.lastIndex(of: "/") ?? executable.startIndex)].description
    }
}

extension Up {
    /// Starts `meshctl up` once more, in a session of its own, and waits until the mesh is ready.
    private func runDetached(_ state: StateDirectory) async throws {
        let log = state.log(of: "meshctl")
        let file = try FileDescriptor.open(
            FilePath(log), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        var options = PlatformOptions()
        options.createSession = true
        let result = try await Subprocess.run(
            .path("/proc/self/exe"), arguments: ["up", "--config", config, "--state", state.path],
            platformOptions: options, input: .none,
            output: .fileDescriptor(file, closeAfterSpawningProcess: true),
            error: .combinedWithOutput
        ) { execution in
            guard
                let mesh = try await readyMesh(state, supervisor: execution.processIdentifier.value)
            else { return }
            show(mesh)
            // The supervisor is to outlive us; returning from here would wait for its end.
            Glibc.exit(EXIT_SUCCESS)
        }
        throw MeshCtlError.serviceDied(
            name: "meshctl up", ending: "\(Ending(result.terminationStatus))", log: log,
            lastLines: state.endOfLog(of: "meshctl"))
    }

    /// The record of the ready mesh, or nil when the supervisor has ended.
    private func readyMesh(_ state: StateDirectory, supervisor: Int32) async throws -> MeshRecord? {
        let deadline = ContinuousClock.now + .seconds(Supervisor.readyTimeout + 5)
        let process = ProcessIdentity(pid: supervisor)
        return try await Polling.until(deadline) { () -> MeshRecord?? in
            if let mesh = try state.lastMesh(), mesh.isReady { return .some(mesh) }
            return process?.isRunning == true ? nil : .some(nil)
        } ?? nil
    }
}
