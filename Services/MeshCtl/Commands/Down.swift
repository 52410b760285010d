internal import ArgumentParser
internal import Glibc
internal import JSON

/// Stops the mesh on this machine.
struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop the mesh on this machine, in order, and wait until it has stopped.")

    @OptionGroup var local: StateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let state = local.directory
        let mesh = try state.runningMesh()
        let running = mesh.services.reversed().filter(\.process.isRunning).map(\.name)
        if mesh.supervisor.isRunning {
            mesh.supervisor.send(SIGTERM)
            // It waits for one service after the other, and then kills.
            let patience = Supervisor.grace * (mesh.services.count + 1)
            try await wait(for: mesh.supervisor, "meshctl up", within: patience)
        } else {
            try await stopOrphans(of: mesh)
        }
        try state.forgetMesh()
        output.show(["stopped": .array(running.map { .string($0) })]) {
            running.isEmpty
                ? ["stopped `meshctl up`; its services had ended before"]
                : ["stopped \(running.joined(separator: ", "))"]
        }
    }

    /// The supervisor was killed and its services live on.
    private func stopOrphans(of mesh: MeshRecord) async throws {
        for service in mesh.services.reversed() {
            service.process.send(SIGTERM)
            try await wait(for: service.process, service.name, within: Supervisor.grace)
        }
    }

    private func wait(
        for process: ProcessIdentity, _ name: String, within limit: Duration
    ) async throws {
        let deadline = ContinuousClock.now + limit
        let ended = try await Polling.until(deadline) { process.isRunning ? nil : true }
        if ended == nil { throw MeshCtlError.stillRunning(name: name, pid: process.pid) }
    }
}
