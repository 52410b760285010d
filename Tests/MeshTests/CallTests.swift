import Mesh
import Testing
import Transport
import Wire

@Suite struct CallTests {
    /// Answers Embed with the number of texts, and sends the attachment back.
    static var echo: Handlers {
        var handlers = Handlers()
        handlers.on(Embed.self) { request, attachment, _ in
            (
                EmbedReply(dimension: request.texts.count, tokenCount: attachment.byteCount),
                attachment
            )
        }
        return handlers
    }

    @Test(arguments: TransportKind.allCases)
    func `a request is answered, and its attachment comes back`(over transport: TransportKind)
        async throws
    {
        let stage = try await Stage(Self.echo, over: transport)
        let rows = (0..<300_000).map(Float.init)
        let reply = try await stage.peer.call(
            Embed(texts: ["one", "two"]), attachment: Attachment(floats: rows), deadline: .soon)
        #expect(reply.message == EmbedReply(dimension: 2, tokenCount: 1_200_000))
        #expect(try reply.attachment.floats(count: 300_000) == rows)
        #expect(stage.peer.remote == .server)
        await stage.close()
    }

    @Test func `a thousand calls share a connection, each gets its own answer`() async throws {
        var handlers = Handlers()
        let everybodyIsHere = Gate()
        let waiting = Locked(0)
        handlers.on(Drain.self) { request, _, _ in
            let count = waiting.withLock { waiting in
                waiting += 1
                return waiting
            }
            // Nobody is answered before all have asked.
            if count == 1000 { everybodyIsHere.open() }
            while waiting.withLock({ $0 }) < 1000 { await Task.yield() }
            return (DrainReply(neededCount: request.withinMilliseconds * 2), .empty)
        }
        let stage = try await Stage(handlers)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    let reply = try await stage.peer.call(
                        Drain(withinMilliseconds: number), deadline: .soon)
                    #expect(reply.message.neededCount == number * 2)
                }
            }
            try await group.waitForAll()
        }
        #expect(await stage.peer.inFlight == 0)
        await stage.close()
    }

    @Test func `calls go both ways on one connection`() async throws {
        var handlers = Handlers()
        handlers.on(Health.self) { _, _, context in
            let reply = try await context.peer.call(
                WorkerStatus(), deadline: context.deadline, traceID: context.traceID)
            return (
                HealthReply(
                    ready: true,
                    reasons: ["\(reply.message.inFlight)", "\(context.peer.remote.name)"]), .empty
            )
        }
        var clientHandlers = Handlers()
        clientHandlers.on(WorkerStatus.self) { _, _, context in
            (
                WorkerStatusReply(inFlight: Int(context.traceID), residentBytes: 0),
                .empty
            )
        }
        let stage = try await Stage(handlers, clientHandlers: clientHandlers)
        let reply = try await stage.peer.call(Health(), deadline: .soon, traceID: 42)
        #expect(reply.message.reasons == ["42", "the client"])
        await stage.close()
    }

    @Test func `a handler's fault reaches the caller whole`() async throws {
        let fault = Fault(
            code: .expertUnavailable, message: "no live replica",
            artifact: [UInt8](repeating: 7, count: 32))
        var handlers = Handlers()
        handlers.on(Health.self) { _, _, _ in throw fault }
        let stage = try await Stage(handlers)
        await #expect(throws: MeshError.fault(fault)) {
            try await stage.peer.call(Health(), deadline: .soon)
        }
        await stage.close()
    }

    @Test func `a kind that nobody handles, and a body that is no message, are faults`()
        async throws
    {
        let stage = try await Stage(Self.echo)
        await #expect { try await stage.peer.call(Health(), deadline: .soon) } throws: { error in
            if case MeshError.fault(let fault) = error { fault.code == .unknownKind } else { false }
        }
        let raw = try await Stranger(stage.server.address, saying: .client)
        try raw.send(
            Frame(
                kind: MessageKind.embed.rawValue, requestID: 1, deadlineMilliseconds: 1000,
                body: [0x0a, 0xff]))
        let answer = try await raw.receive()
        #expect(answer.flags == [.reply, .fault])
        #expect(try Fault(decoding: answer.body).code == .badRequest)
        await stage.close()
    }

    @Test func `what is too large to send is not sent`() async throws {
        let stage = try await Stage(Self.echo)
        let texts = [String(repeating: "x", count: 1 << 20)]
        await #expect(throws: MeshError.tooLarge(.bodyTooLong((1 << 20) + 4, max: 1 << 20))) {
            try await stage.peer.call(Embed(texts: texts), deadline: .soon)
        }
        #expect(try await stage.peer.call(Embed(texts: []), deadline: .soon).message.dimension == 0)
        await stage.close()
    }

    @Test func `an answer too large to send becomes a fault`() async throws {
        var handlers = Handlers()
        handlers.on(Health.self) { _, _, _ in
            (HealthReply(ready: true, reasons: [String(repeating: "x", count: 1 << 20)]), .empty)
        }
        let stage = try await Stage(handlers)
        await #expect { try await stage.peer.call(Health(), deadline: .soon) } throws: { error in
            if case MeshError.fault(let fault) = error { fault.code == .internal } else { false }
        }
        await stage.close()
    }

    @Test func `over the limit a request is refused at once, and those within it are answered`()
        async throws
    {
        var handlers = Handlers()
        let (started, mayAnswer) = (Gate(), Gate())
        handlers.on(Health.self) { _, _, _ in
            started.open()
            await mayAnswer.wait()
            return (HealthReply(ready: true), .empty)
        }
        var limits = MeshLimits.patient
        limits.inFlightCountMax = 1
        let server = try await Server.listen(
            on: TransportKind.unix.address(), loop: Loops.server, hello: .server,
            handlers: handlers, limits: limits)
        let peer = try await Peer.connect(
            to: server.address, on: Loops.client, hello: .client, limits: .patient, deadline: .soon)
        async let first = peer.call(Health(), deadline: .soon)
        await started.wait()
        await #expect(throws: MeshError.overloaded(retryAfter: .milliseconds(50))) {
            try await peer.call(Health(), deadline: .soon)
        }
        mayAnswer.open()
        #expect(try await first.message.ready)
        await server.drain(within: .zero)
    }
}
