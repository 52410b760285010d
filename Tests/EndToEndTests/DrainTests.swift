import Checkpoint
import Mesh
import Testing
import Transport
import Wire

@testable import Router

/// An operator's drain, over real connections.
@Suite(.timeLimit(.minutes(2)))
struct DrainTests {
    private let a = WorkerID(name: "a")

    @Test func `a drain is refused at once when nobody can take the experts`() async throws {
        let mesh = try await TinyMesh("granitemoeshared")
        _ = try await mesh.addWorker("a")
        let everything = mesh.model.initial.expertIDs
        await #expect(throws: DrainFailure.immovable(a, everything, reasons: ["a drains"])) {
            try await mesh.fleet.drain(a, deadline: .after(.seconds(60)))
        }
        #expect(await mesh.fleet.state.members[a]?.isLeaving == false)
        #expect(await mesh.fleet.missing.isEmpty)
        try await mesh.stop()
    }

    @Test func `a worker can be stopped when others hold all that it held`() async throws {
        let mesh = try await TinyMesh("granitemoeshared", replicas: 1)
        let worker = try await mesh.addWorker("a")
        _ = try await mesh.addWorker("b")
        try await mesh.fleet.drain(a, deadline: .after(.seconds(60)))
        await worker.close()
        await mesh.fleet.waitUntilGone(a)
        #expect(await mesh.fleet.missing.isEmpty)
        try await mesh.stop()
    }

    @Test func `a drain ends when its caller goes, and when it is taken back`() async throws {
        let mesh = try await TinyMesh("granitemoeshared", replicas: 1)
        _ = try await mesh.addWorker("a")
        _ = try await mesh.addIdler("b")
        let abandoned = await mesh.beginDrain(a)
        abandoned.cancel()
        _ = await abandoned.result
        #expect(await mesh.fleet.state.members[a]?.isLeaving == false)
        let takenBack = await mesh.beginDrain(a)
        await mesh.fleet.takeBack(a)
        await #expect(throws: DrainFailure.takenBack(a)) { try await takenBack.value }
        try await mesh.stop()
    }

    @Test func `a worker that dies while it drains was not drained`() async throws {
        let mesh = try await TinyMesh("granitemoeshared", replicas: 1)
        let worker = try await mesh.addWorker("a")
        _ = try await mesh.addIdler("b")
        let drain = await mesh.beginDrain(a)
        await worker.close()
        let failure = await #expect(throws: DrainFailure.self) { try await drain.value }
        #expect(failure?.description.contains("a has gone before") == true)
        try await mesh.stop()
    }
}

extension TinyMesh {
    /// A worker that never gets done with taking experts.
    fileprivate func addIdler(_ name: String) async throws -> Peer {
        var handlers = Handlers()
        handlers.on(HoldArtifacts.self) { _, _, context in
            await context.peer.waitUntilClosed()
            throw CancellationError()
        }
        handlers.on(WorkerStatus.self) { _, _, _ in
            (WorkerStatusReply(inFlight: 0, residentBytes: 0), .empty)
        }
        return try await dial(name, handlers: handlers)
    }

    /// Returns when the worker is leaving.
    fileprivate func beginDrain(_ worker: WorkerID) async -> Task<Void, any Error> {
        let drain = Task { try await fleet.drain(worker, deadline: .after(.seconds(60))) }
        while await fleet.state.members[worker]?.isLeaving != true {
            await fleet.waitForChange(atMost: .milliseconds(20))
        }
        return drain
    }
}

extension Fleet {
    fileprivate func waitUntilGone(_ worker: WorkerID) async {
        while state.members[worker] != nil { await waitForChange(atMost: .milliseconds(20)) }
    }
}
