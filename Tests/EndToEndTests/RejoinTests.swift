import Checkpoint
import FoundationEssentials
import Mesh
import Model
import Testing
import Transport
import Wire

@testable import Router

/// What is known of a worker when it comes, and of the sizes of what it is to hold.
@Suite(.timeLimit(.minutes(2)))
struct RejoinTests {
    @Test func `what a worker holds when it comes is known, and be it twenty thousand artifacts`()
        async throws
    {
        let mesh = try await TinyMesh("granitemoeshared")
        let wanted = mesh.model.initial.digests
        let others = (0..<20_000).map { ArtifactDigest(of: Array("\($0)".utf8)) }
        var handlers = Handlers()
        handlers.on(WorkerStatus.self) { _, _, _ in
            let held = (others + wanted).map {
                ArtifactStatistics(digest: $0.bytes, byteCount: 10)
            }
            return (
                WorkerStatusReply(inFlight: 0, residentBytes: 123_456), Attachment(held.records)
            )
        }
        handlers.on(HoldArtifacts.self) { _, _, context in
            await context.peer.waitUntilClosed()
            throw CancellationError()
        }
        _ = try await mesh.join("a", handlers: handlers)
        #expect(await mesh.fleet.missing.isEmpty)
        let member = await mesh.fleet.state.members[WorkerID(name: "a")]
        #expect(member?.residentByteCount == 123_456)
        try await mesh.stop()
    }

    @Test func `every artifact counts with its own size`() async throws {
        let mesh = try await TinyMesh("granitemoeshared")
        let last = try #require(mesh.loaded.experts.joined().max())
        let store = mesh.loaded.directory.artifacts
        let before = try store.byteCount(of: last)
        let path = "\(store.path)/\(last)"
        let content = try Data(contentsOf: URL(filePath: path))
        try (content + Data(count: 64)).write(to: URL(filePath: path))
        let revision = try Revision(mesh.loaded)
        let sizes = revision.experts.joined().map { ($0.digest, $0.byteCount) }
        #expect(sizes.allSatisfy { $0.1 == ($0.0 == last ? before + 64 : before) })
        try await mesh.stop()
    }
}
