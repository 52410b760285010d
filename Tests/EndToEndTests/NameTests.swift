import Mesh
import Testing
import Wire

@testable import Router

/// Workers and their names, over real connections.
@Suite(.timeLimit(.minutes(2)))
struct NameTests {
    private let a = WorkerID(name: "a")

    @Test func `a second worker of a name is refused and told who has it`() async throws {
        let mesh = try await TinyMesh("granitemoeshared")
        _ = try await mesh.addWorker("a", instance: 1)
        let refusal = await #expect(throws: MeshError.self) {
            try await mesh.addWorker("a", instance: 2)
        }
        #expect("\(refusal, default: "")".contains("the name a is taken by a worker of host here"))
        #expect(await mesh.fleet.peers[a]?.remote.instance == 1)
        #expect(await mesh.fleet.missing.isEmpty)
        try await mesh.stop()
    }

    @Test(arguments: [UInt64(1), 2])
    func `a name is free when its connection has died, and always for its own process`(
        instance: UInt64
    ) async throws {
        let mesh = try await TinyMesh("granitemoeshared")
        let first = try await mesh.addWorker("a", instance: 1)
        if instance != 1 { await first.close() }
        _ = try await mesh.addWorker("a", instance: instance)
        await first.waitUntilClosed()
        let missing = await mesh.fleet.waitUntilHeld(
            mesh.fleet.state.serving, deadline: .after(.seconds(20)))
        #expect(missing.isEmpty)
        try await mesh.stop()
    }

    @Test(arguments: ["", "a b", "a\nb", String(repeating: "a", count: 129)])
    func `a name that cannot stand in a report is refused`(name: String) async throws {
        let mesh = try await TinyMesh("granitemoeshared")
        let refusal = await #expect(throws: MeshError.self) {
            try await mesh.dial(name, handlers: Handlers())
        }
        #expect("\(refusal, default: "")".contains(WorkerName.rule))
        try await mesh.stop()
    }
}
