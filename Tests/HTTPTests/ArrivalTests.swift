import Glibc
import NIOCore
import Testing

@testable import HTTP

@Suite struct ArrivalTests {
    @Test func `a listener outlives a connection that it has no descriptor for`() async throws {
        try await withServer([Route("GET", "/") { _ in .text("root") }]) { server, client in
            let refusal = IOError(errnoCode: EMFILE, reason: "accept")
            server.listener.pipeline.fireErrorCaught(refusal)
            let reply = try await client.send("GET", "/")
            #expect(reply.body == "root")
        }
    }
}
