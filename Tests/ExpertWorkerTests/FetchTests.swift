import Checkpoint
import FoundationEssentials
import Mesh
import Testing
import Transport
import Wire

@testable import ExpertWorker

/// Values that handlers leave for the test.
actor Notes<Value: Sendable> {
    private(set) var values: [Value] = []
    func add(_ value: Value) { values.append(value) }
}

@Suite struct FetchTests {
    let big = FetchStage.artifact(pieceCount: 6, seed: 1)
    var digest: ArtifactDigest { ArtifactDigest(of: big) }

    @Test func `what is not here comes from the router that wants it, and computes`() async throws {
        let stage = try FetchStage(artifacts: [big])
        let router = try await stage.router { request, _ in try stage.piece(request) }
        #expect(try await router.hold([digest]) == HoldArtifactsReply(residentBytes: big.count))
        #expect(try stage.cached == ["\(digest)"])
        let dispatch = ExpertDispatch(
            rowCount: 1, hiddenSize: 64,
            groups: [ExpertGroup(digest: digest.bytes, rows: [0], weights: [1])])
        let reply = try await router.call(
            dispatch, attachment: Attachment(floats: [Float](repeating: 1, count: 64)),
            deadline: .after(.seconds(20)))
        #expect(reply.message.rowCount == 1)
        await router.close()
    }

    @Test func `after a lost connection only the rest is fetched`() async throws {
        let stage = try FetchStage(artifacts: [big])
        let half = 3 * ArtifactFetch.pieceByteCount
        let first = try await stage.router { request, peer in
            if request.offset > half { await peer.close() }
            return try stage.piece(request)
        }
        await #expect(throws: MeshError.self) { try await first.hold([digest]) }
        while await stage.shard.digestsInUse.contains(digest) { await Task.yield() }
        #expect(try stage.cached == ["\(digest).partial"])
        let offsets = Notes<Int>()
        let second = try await stage.router { request, _ in
            await offsets.add(request.offset)
            return try stage.piece(request)
        }
        #expect(try await second.hold([digest]).failures == [])
        #expect(try #require(await offsets.values.min()) > 0)
        #expect(try stage.cached == ["\(digest)"])
        await second.close()
    }

    @Test func `a later process finds what an earlier one fetched, and no damage`() throws {
        let stage = try FetchStage(artifacts: [])
        let path = stage.cachePath + "-of-two"
        let small = FetchStage.artifact(pieceCount: 1, seed: 3)
        do {
            let earlier = try ArtifactCache(path: path, byteCountMax: 1 << 30)
            for bytes in [big, small] {
                let partial = try earlier.partial(ArtifactDigest(of: bytes))
                try partial.append(bytes)
                _ = try partial.commit()
            }
            #expect(throws: CheckpointError.self) { try ArtifactCache(path: path, byteCountMax: 1) }
        }
        var damaged = Data(big)
        damaged[100] ^= 1
        try damaged.write(to: URL(filePath: "\(path)/\(digest)"))
        var later = try ArtifactCache(path: path, byteCountMax: 1 << 30)
        #expect(later.open(ArtifactDigest(of: small))?.byteCount == small.count)
        #expect(later.open(digest) == nil)
        #expect(!FileManager.default.fileExists(atPath: "\(path)/\(digest)"))
    }

    @Test func `bytes that are not the artifact are thrown away, and the worker lives`()
        async throws
    {
        let stage = try FetchStage(artifacts: [big])
        let liar = try await stage.router { request, _ in
            let (reply, attachment) = try stage.piece(request)
            var bytes = attachment.bytes
            if request.offset == 0 { bytes[100] ^= 1 }
            return (reply, Attachment(bytes))
        }
        let failures = try await liar.hold([digest]).failures
        #expect(failures.map(\.digest) == [digest.bytes])
        #expect(failures[0].reason.contains("thrown away"))
        #expect(try stage.cached == [])
        let honest = try await stage.router { request, _ in try stage.piece(request) }
        #expect(try await honest.hold([digest]).failures == [])
        await liar.close()
        await honest.close()
    }

    @Test(arguments: [0, 1, ArtifactFetch.pieceByteCount - 1, ArtifactFetch.pieceByteCount + 1])
    func `a piece of another length is refused`(byteCount: Int) async throws {
        let stage = try FetchStage(artifacts: [big])
        let liar = try await stage.router { request, _ in
            (
                FetchArtifactReply(byteCount: 1 << 20),
                Attachment([UInt8](repeating: 0, count: byteCount))
            )
        }
        #expect(try await liar.hold([digest]).failures[0].reason.contains("sent a piece of"))
        #expect(try stage.cached == [])
        await liar.close()
    }

    @Test func `what the disk or the cache has no place for fails clearly`() async throws {
        let stage = try FetchStage(artifacts: [big], memory: .max, cacheSize: 1 << 60)
        let small = FetchStage.artifact(pieceCount: 1, seed: 2)
        let size = Notes<Int>()
        let router = try await stage.router { request, _ in
            await size.add(request.offset)
            let isLast = await size.values.count > 1
            return (
                FetchArtifactReply(byteCount: isLast ? 1 << 61 : 1 << 59),
                Attachment([UInt8](repeating: 0, count: request.byteCount))
            )
        }
        let failures = try await router.hold([digest, ArtifactDigest(of: small)]).failures
        #expect(failures[0].reason.contains("the disk has"))
        #expect(failures[1].reason.contains("--artifact-cache-size"))
        #expect(try stage.cached == [])
        await router.close()
    }

    @Test func `more than memory allows is refused before it is fetched`() async throws {
        let stage = try FetchStage(artifacts: [big], memory: big.count - 1)
        let offsets = Notes<Int>()
        let router = try await stage.router { request, _ in
            await offsets.add(request.offset)
            return try stage.piece(request)
        }
        let error = await #expect(throws: MeshError.self) { try await router.hold([digest]) }
        guard case .fault(let fault) = error else { return #expect(Bool(false)) }
        #expect(fault.code == .noSpace)
        #expect(await offsets.values == [0])
        #expect(try stage.cached == [])
        await router.close()
    }

    @Test func `two routers that want the same get it for one fetch`() async throws {
        let stage = try FetchStage(artifacts: [big])
        let offsets = Notes<Int>()
        let answer: PieceAnswer = { request, _ in
            await offsets.add(request.offset)
            return try stage.piece(request)
        }
        let first = try await stage.router(answer)
        let second = try await stage.router(answer)
        let holds = [first, second].map { router in Task { try await router.hold([digest]) } }
        for hold in holds { #expect(try await hold.value.failures == []) }
        #expect(await offsets.values.sorted() == Set(offsets.values).sorted())
        await first.close()
        await second.close()
    }

    @Test func `a full cache forgets what was not used for longest, never what is held`()
        async throws
    {
        let artifacts = (1...3).map { FetchStage.artifact(pieceCount: 1, seed: UInt8($0)) }
        let digests = artifacts.map { ArtifactDigest(of: $0) }
        let stage = try FetchStage(artifacts: artifacts, cacheSize: 2 * artifacts[0].count)
        let router = try await stage.router { request, _ in try stage.piece(request) }
        #expect(try await router.hold([digests[0]]).failures == [])
        #expect(try await router.hold([digests[0], digests[1]]).failures == [])
        let failures = try await router.hold(digests).failures
        #expect(failures.map(\.digest) == [digests[2].bytes])
        #expect(try await router.hold([digests[0]]).failures == [])
        #expect(try await router.hold([digests[0], digests[2]]).failures == [])
        #expect(try stage.cached == ["\(digests[0])", "\(digests[2])"])
        await router.close()
    }

    @Test func `rows are computed while an artifact is on its way`() async throws {
        let small = FetchStage.artifact(pieceCount: 1, seed: 9)
        let stage = try FetchStage(artifacts: [big, small])
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let (opened, open) = AsyncStream<Void>.makeStream()
        let blocked = digest.bytes
        let router = try await stage.router { request, _ in
            if request.digest == blocked, request.offset > 0 {
                ask.yield()
                for await _ in opened { break }
                open.yield()
            }
            return try stage.piece(request)
        }
        let ready = ArtifactDigest(of: small)
        #expect(try await router.hold([ready]).failures == [])
        let held = Task { try await router.hold([ready, digest]) }
        for await _ in asked { break }
        let dispatch = ExpertDispatch(
            rowCount: 1, hiddenSize: 64,
            groups: [ExpertGroup(digest: ready.bytes, rows: [0], weights: [1])])
        _ = try await router.call(
            dispatch, attachment: Attachment(floats: [Float](repeating: 1, count: 64)),
            deadline: .after(.seconds(20)))
        open.yield()
        #expect(try await held.value.failures == [])
        await router.close()
    }
}
