import Mesh
import Testing
import Transport
import Wire

@Suite struct CallTests {
    @Test(arguments: TransportKind.allCases)
    func `a request is answered, and its attachment comes back`(over transport: TransportKind) async throws {
        var handlers = Handlers()
        handlers.on(Embed.self) { request, attachment, _ in
            (EmbedReply(dimension: request.texts.count, tokenCount: attachment.byteCount), attachment)
        }
        let stage = try await Stage(handlers, over: transport)
        let rows = (0..<300_000).map(Float.init)
        let reply = try await stage.peer.call(
            Embed(texts: ["one", "two"]), attachment: Attachment(floats: rows), deadline: .soon)
        #expect(reply.message == EmbedReply(dimension: 2, tokenCount: 1_200_000))
        #expect(try reply.attachment.floats(count: 300_000) == rows)
        #expect(stage.peer.remote == .server)
        await stage.close()
    }
}
