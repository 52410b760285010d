import Logging
import Mesh
import Testing
import Transport
import Wire

@testable import ExpertWorker

@Suite struct DepartureTests {
    private let links = RouterLinks()
    private var departure: Departure {
        Departure(links: links, logger: Logger(label: "worker") { _ in SwiftLogNoOpLogHandler() })
    }

    /// A router that answers `Drain` as told, connected; the router's end.
    private func router(
        _ stage: FetchStage, _ answer: (@Sendable (Drain) async throws -> DrainReply)?
    ) async throws -> Peer {
        var handlers = Handlers()
        if let answer {
            handlers.on(Drain.self) { request, _, _ in (try await answer(request), .empty) }
        }
        let (router, worker) = try await stage.connect(handlers)
        #expect(await links.add(worker))
        return router
    }

    @Test func `a worker serves until every router has let it go`() async throws {
        let stage = try FetchStage(artifacts: [])
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let (opened, open) = AsyncStream<Void>.makeStream()
        let quick = try await router(stage) { _ in DrainReply(neededCount: 0) }
        let slow = try await router(stage) { _ in
            ask.yield()
            for await _ in opened { break }
            return DrainReply(neededCount: 0)
        }
        let leaving = Task { [departure] in await departure.leave(within: .seconds(60)) }
        for await _ in asked { break }
        for router in [quick, slow] {
            _ = try await router.call(WorkerStatus(), deadline: .after(.seconds(20)))
        }
        open.yield()
        await leaving.value
        for router in [quick, slow] { await router.waitUntilClosed() }
        await links.waitUntilLeft()
    }

    @Test func `a router that knows no Drain, or is gone, holds nobody up`() async throws {
        let stage = try FetchStage(artifacts: [])
        let old = try await router(stage, nil)
        let gone = try await router(stage) { _ in throw Fault(code: .internal, message: "ill") }
        await gone.close()
        await departure.leave(within: .seconds(60))
        await old.waitUntilClosed()
    }

    @Test func `the grace ends the wait for a router that never answers`() async throws {
        let stage = try FetchStage(artifacts: [])
        let (waiting, _) = AsyncStream<Void>.makeStream()
        let silent = try await router(stage) { request in
            #expect((1...150).contains(request.withinMilliseconds))
            for await _ in waiting {}
            throw CancellationError()
        }
        await departure.leave(within: .milliseconds(200))
        await silent.waitUntilClosed()
    }

    @Test func `who is leaving takes no further router`() async throws {
        let stage = try FetchStage(artifacts: [])
        await departure.leave(within: .seconds(1))
        let (_, worker) = try await stage.connect(Handlers())
        #expect(await !links.add(worker))
        await worker.close()
    }
}
