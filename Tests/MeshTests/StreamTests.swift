import Mesh
import Testing
import Transport
import Wire

@Suite struct StreamTests {
    /// Counts to the limit that ListDocuments asks for; faults at 13 if `after` says so.
    static var counting: Handlers {
        var handlers = Handlers()
        handlers.onStream(ListDocuments.self) { request, attachment, _, replies in
            for number in 0..<request.limit {
                if number == 13 && request.after == "fault" {
                    throw Fault(code: .noSpace, message: "thirteen")
                }
                try await replies.send(
                    ListDocumentsReply(documents: [], isComplete: number % 2 == 0),
                    attachment: Attachment(attachment.bytes + [UInt8(truncatingIfNeeded: number)]))
            }
        }
        return handlers
    }

    @Test func `items arrive in order, with their attachments, and end`() async throws {
        let stage = try await Stage(Self.counting)
        var count = 0
        for try await reply in await stage.peer.stream(
            ListDocuments(collection: "c", limit: 500), attachment: Attachment([7]), deadline: .soon
        ) {
            #expect(reply.message.isComplete == (count % 2 == 0))
            #expect(reply.attachment.bytes == [7, UInt8(truncatingIfNeeded: count)])
            count += 1
        }
        #expect(count == 500)
        #expect(await stage.peer.inFlight == 0)
        await stage.close()
    }

    @Test func `a fault ends the stream after the items before it`() async throws {
        let stage = try await Stage(Self.counting)
        var count = 0
        await #expect(throws: MeshError.fault(Fault(code: .noSpace, message: "thirteen"))) {
            for try await _ in await stage.peer.stream(
                ListDocuments(collection: "c", after: "fault", limit: 500), deadline: .soon)
            {
                count += 1
            }
        }
        #expect(count == 13)
        await stage.close()
    }

    @Test func `a stream larger than every buffer waits for its reader`() async throws {
        var limits = MeshLimits.patient
        limits.pendingByteCountHigh = 2 << 20
        let stage = try await Stage(Self.counting, limits: limits)
        let megabyte = Attachment([UInt8](repeating: 1, count: 1 << 20))
        var byteCount = 0
        for try await reply in await stage.peer.stream(
            ListDocuments(collection: "c", limit: 40), attachment: megabyte, deadline: .soon)
        {
            byteCount += reply.attachment.byteCount
        }
        #expect(byteCount == 40 * ((1 << 20) + 1))
        await stage.close()
    }

    @Test func `a consumer too far behind is told so`() async throws {
        var limits = MeshLimits.patient
        limits.streamItemCountMax = 4
        let stage = try await Stage(Self.counting, limits: limits)
        let stream = await stage.peer.stream(
            ListDocuments(collection: "c", limit: 500), deadline: .soon)
        // The peer drops the request when the fifth item finds no place.
        while await stage.peer.inFlight > 0 { await Task.yield() }
        var count = 0
        await #expect(throws: MeshError.overloaded(retryAfter: .milliseconds(50))) {
            for try await _ in stream { count += 1 }
        }
        #expect(count == 4)
        await stage.close()
    }

    @Test func `a call answered by a stream is a protocol violation, not a wrong answer`()
        async throws
    {
        let stage = try await Stage(Self.counting)
        await #expect {
            try await stage.peer.call(ListDocuments(collection: "c", limit: 3), deadline: .soon)
        } throws: { error in
            if case MeshError.protocolViolation = error { true } else { false }
        }
        await stage.close()
    }
}
