import Mesh
import Testing
import Transport
import Wire

/// Calls that end otherwise than by an answer.
@Suite struct EndingTests {
    /// A server whose handler of Health hangs until it is cancelled.
    struct Hanging {
        let started = Gate()
        let cancelled = Gate()
        let stage: Stage

        init() async throws {
            var handlers = Handlers()
            handlers.on(Health.self) { [started, cancelled] _, _, _ in
                try await Gate.hang(started, cancelled)
                return (HealthReply(ready: true), .empty)
            }
            handlers.onStream(WorkerStatus.self) { [started, cancelled] _, _, _, replies in
                try await replies.send(
                    WorkerStatusReply(inFlight: 1, residentBytes: 0))
                try await Gate.hang(started, cancelled)
            }
            stage = try await Stage(handlers)
        }
    }

    @Test func `cancelling the caller cancels the handler at the other end`() async throws {
        let hanging = try await Hanging()
        let call = Task { try await hanging.stage.peer.call(Health(), deadline: .soon) }
        await hanging.started.wait()
        call.cancel()
        await #expect(throws: MeshError.cancelled) { try await call.value }
        await hanging.cancelled.wait()
        #expect(await hanging.stage.peer.inFlight == 0)
        await hanging.stage.close()
    }

    @Test func `a deadline ends the call here and the work there`() async throws {
        let hanging = try await Hanging()
        await #expect(throws: MeshError.deadlineExceeded) {
            try await hanging.stage.peer.call(Health(), deadline: .after(.milliseconds(50)))
        }
        await hanging.cancelled.wait()
        await hanging.stage.close()
    }

    @Test func `a deadline that has passed sends nothing`() async throws {
        let hanging = try await Hanging()
        await #expect(throws: MeshError.deadlineExceeded) {
            try await hanging.stage.peer.call(Health(), deadline: .after(.zero))
        }
        #expect(await hanging.stage.peer.inFlight == 0)
        await hanging.stage.close()
    }

    @Test func `the other end keeps the deadline by itself`() async throws {
        let hanging = try await Hanging()
        let caller = try await Stranger(hanging.stage.server.address, saying: .client)
        try caller.send(
            Frame(kind: MessageKind.health.rawValue, requestID: 5, deadlineMilliseconds: 1))
        let answer = try await caller.receive()
        #expect(answer.requestID == 5)
        #expect(try Fault(decoding: answer.body).code == .deadlineExceeded)
        await hanging.cancelled.wait()
        await hanging.stage.close()
    }

    @Test func `a caller that hangs up cancels the handler`() async throws {
        let hanging = try await Hanging()
        let caller = try await Stranger(hanging.stage.server.address, saying: .client)
        try caller.send(
            Frame(kind: MessageKind.health.rawValue, requestID: 5, deadlineMilliseconds: 60_000))
        await hanging.started.wait()
        caller.close()
        await hanging.cancelled.wait()
        await hanging.stage.close()
    }

    @Test func `a connection lost in the middle of calls fails each of them at once`() async throws
    {
        var handlers = Handlers()
        handlers.on(Health.self) { _, _, context in
            await context.peer.close()
            return (HealthReply(ready: true), .empty)
        }
        let stage = try await Stage(handlers)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    await #expect {
                        try await stage.peer.call(Health(), deadline: .soon)
                    } throws: { error in
                        if case MeshError.unavailable = error { true } else { false }
                    }
                }
            }
        }
        await stage.peer.waitUntilClosed()
        await #expect(throws: MeshError.unavailable(.closedByPeer)) {
            try await stage.peer.call(Health(), deadline: .soon)
        }
        await stage.close()
    }

    @Test func `draining finishes what is in flight and refuses what is new`() async throws {
        var handlers = Handlers()
        let (started, mayAnswer) = (Gate(), Gate())
        handlers.on(Health.self) { _, _, _ in
            started.open()
            await mayAnswer.wait()
            return (HealthReply(ready: true), .empty)
        }
        let stage = try await Stage(handlers)
        async let first = stage.peer.call(Health(), deadline: .soon)
        await started.wait()
        let drained = Task { await stage.server.drain(within: .seconds(20)) }
        #expect(await refusal(of: stage.peer) == .draining)
        mayAnswer.open()
        #expect(try await first.message.ready)
        await drained.value
        await stage.peer.waitUntilClosed()
        await #expect(throws: MeshError.self) {
            try await Peer.connect(
                to: stage.server.address, on: Loops.client, hello: .client, deadline: .soon)
        }
    }

    @Test func `draining waits until the last answer has left, however large`() async throws {
        let answer = Attachment([UInt8](repeating: 7, count: 8 << 20))
        var handlers = Handlers()
        let (started, mayAnswer) = (Gate(), Gate())
        handlers.on(Health.self) { _, _, _ in
            started.open()
            await mayAnswer.wait()
            return (HealthReply(ready: true), answer)
        }
        let stage = try await Stage(handlers)
        async let reply = stage.peer.call(Health(), deadline: .soon)
        await started.wait()
        let drained = Task { await stage.server.drain(within: .seconds(20)) }
        #expect(await refusal(of: stage.peer) == .draining)
        mayAnswer.open()
        #expect(try await reply.attachment.byteCount == answer.byteCount)
        await drained.value
    }

    /// What a server says that answers health only: until it drains, that nobody answers this.
    private func refusal(of peer: Peer) async -> MeshError {
        while true {
            do throws(MeshError) {
                _ = try await peer.call(WorkerStatus(), deadline: .soon)
            } catch {
                if !error.isUnknownKind { return error }
            }
        }
    }

    @Test func `draining does not wait longer than it may`() async throws {
        let hanging = try await Hanging()
        let call = Task { try await hanging.stage.peer.call(Health(), deadline: .soon) }
        await hanging.started.wait()
        await hanging.stage.server.drain(within: .milliseconds(20))
        await #expect {
            try await call.value
        } throws: { error in
            if case MeshError.unavailable = error { true } else { false }
        }
        await hanging.cancelled.wait()
    }

    @Test func `dropping a stream cancels the handler that feeds it`() async throws {
        let hanging = try await Hanging()
        for try await reply in await hanging.stage.peer.stream(WorkerStatus(), deadline: .soon) {
            #expect(reply.message.inFlight == 1)
            break
        }
        await hanging.cancelled.wait()
        await hanging.stage.close()
    }
}

extension MeshError {
    fileprivate var isUnknownKind: Bool {
        if case .fault(let fault) = self { fault.code == .unknownKind } else { false }
    }
}
