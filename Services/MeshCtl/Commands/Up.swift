internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import HTTP
internal import Subprocess
internal import SystemPackage
internal import UnixSignals

/// Starts a mesh on this machine.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start knowledge-store, expert-workers and router on this machine.",
        discussion: """
            Waits until the mesh can answer, then prints its URL. In the foreground it watches the \
            services until Ctrl-C and stops them in order: router, workers, knowledge-store.

              meshctl up                                stay in the foreground
              meshctl up --detach                       return when the mesh is ready
              meshctl up --config my-mesh.json          another model
              meshctl up --workers 4 --listen 127.0.0.1:9000
            """)

    @Option(help: "What to start.")
    var config = "compose/mesh.json"

    @Option(help: "Where clients connect instead; port 0 takes a free one.")
    var listen: String?

    @Option(help: "How many expert-workers instead.")
    var workers: Int?

    @Flag(help: "Return when the mesh is ready and leave it running.")
    var detach = false

    @OptionGroup var local: StateOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard listen.map({ ListenAddress($0) != nil }) ?? true else {
            throw ValidationError("--listen takes HOST:PORT, such as 127.0.0.1:9000")
        }
        guard let workers, !MeshConfiguration.workerCounts.contains(workers) else { return }
        throw ValidationError(
            "--workers takes a number from 1 to \(MeshConfiguration.workerCountMax)")
    }

    func run() async throws {
        let state = local.directory
        if let mesh = try state.lastMesh(), mesh.isRunning {
            throw MeshCtlError.alreadyRunning(pid: mesh.supervisor.pid, url: mesh.url)
        }
        let environment = ProcessInfo.processInfo.environment
        var configuration = try MeshConfiguration(path: config, environment: environment)
        if let listen { configuration.listen = listen }
        if let workers { configuration.workerCount = workers }
        let plan = try MeshPlan(configuration, state: state, programs: Self.programs())
        try plan.checkPrograms()
        try configuration.checkEncoder()
        try state.makeFolders()
        if detach {
            try ModelImport.runIfNeeded(configuration)
            try await runDetached(state)
        } else {
            try await supervise(plan, configuration, state)
        }
    }

    /// One supervisor at a time: the second of two that start together finds the lock taken.
    private func supervise(
        _ plan: MeshPlan, _ configuration: MeshConfiguration, _ state: StateDirectory
    ) async throws {
        let lock = try state.lock()
        defer { withExtendedLifetime(lock) {} }
        try state.clear()
        try ModelImport.runIfNeeded(configuration)
        try await Supervisor(plan: plan, state: state).run { show($0) }
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
        let log = try FileDescriptor.open(
            FilePath(state.log(of: "meshctl")), .writeOnly, options: [.create, .append],
            permissions: .ownerReadWrite)
        let logStart = Int(try log.seek(offset: 0, from: .end))
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let start = Task { try await superviseDetached(state, log: log) }
        let listening = Task { for await _ in signals { start.cancel() } }
        defer { listening.cancel() }
        let ending: Ending
        do {
            ending = try await start.value
        } catch is CancellationError {
            Terminal.say("interrupted; what had started has been stopped")
            throw ExitCode(128 + SIGINT)
        }
        // Says so when it was another mesh, started at the same time, that took the place.
        _ = try state.lock()
        throw MeshCtlError.serviceDied(
            name: "meshctl up", ending: "\(ending)", log: state.log(of: "meshctl"),
            lastLines: state.endOfLog(of: "meshctl", from: logStart))
    }

    /// Does not return while the mesh starts as it should; interrupted, it stops what has started.
    private func superviseDetached(
        _ state: StateDirectory, log: FileDescriptor
    ) async throws -> Ending {
        let result = try await Subprocess.run(
            .path("/proc/self/exe"), arguments: Arguments(supervisorArguments(state)),
            platformOptions: .ownSession(grace: Supervisor.grace), input: .none,
            output: .fileDescriptor(log, closeAfterSpawningProcess: true),
            error: .combinedWithOutput
        ) { execution in
            guard
                let mesh = try await readyMesh(
                    state, supervisor: execution.processIdentifier.value)
            else { return }
            show(mesh)
            // The supervisor is to outlive us; returning from here would wait for its end.
            Glibc.exit(EXIT_SUCCESS)
        }
        return Ending(result.terminationStatus)
    }

    private func supervisorArguments(_ state: StateDirectory) -> [String] {
        ["up", "--config", config, "--state", state.path]
            + (listen.map { ["--listen", $0] } ?? [])
            + (workers.map { ["--workers", "\($0)"] } ?? [])
    }

    /// The record of the ready mesh, or nil when the supervisor has ended.
    private func readyMesh(_ state: StateDirectory, supervisor: Int32) async throws -> MeshRecord? {
        let deadline = ContinuousClock.now + Supervisor.readyTimeout + .seconds(5)
        let process = ProcessIdentity(pid: supervisor)
        var told: String?
        return try await Polling.until(deadline) { () -> MeshRecord?? in
            if let mesh = try state.lastMesh(), mesh.supervisor.pid == supervisor {
                if mesh.isReady { return .some(mesh) }
                if let reason = mesh.waitingFor, reason != told {
                    Terminal.say("waiting: \(reason)")
                    told = reason
                }
            }
            return process?.isRunning == true ? nil : .some(nil)
        } ?? nil
    }
}
