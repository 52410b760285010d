import HTTP
import JSON
import NIOConcurrencyHelpers
import NIOCore
import Testing

private let patient: [Route] = [
    Route("GET", "/") { _ in .text("root") },
    Route("POST", "/echo") { .text(String(decoding: $0.body, as: UTF8.self)) },
    Route("GET", "/items/{name}/parts/{part}") { request in
        .json(["query": .array(request.query.map { .string("\($0.name)=\($0.value)") })])
    },
]

/// Ends when told to, and tells when it was cancelled.
private struct Waiting: Sendable {
    let begun: AsyncStream<Void>
    let ended: AsyncStream<Bool>
    let route: Route

    init() {
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let (ended, end) = AsyncStream<Bool>.makeStream()
        (self.begun, self.ended) = (begun, ended)
        route = Route("GET", "/wait") { _ in
            begin.yield()
            let (never, source) = AsyncStream<Never>.makeStream()
            for await _ in never {}
            source.finish()
            end.yield(Task.isCancelled)
            return .text("waited")
        }
    }
}

@Suite struct ServerTests {
    @Test func `a connection is kept for the next request`() async throws {
        try await withServer(patient) { _, client in
            let text = try await client.connected { inbound, outbound in
                var iterator = inbound.makeAsyncIterator()
                var text = ""
                for close in ["", "connection: close\r\n"] {
                    try await outbound.write(
                        ByteBuffer(string: "GET / HTTP/1.1\r\nhost: localhost\r\n\(close)\r\n"))
                    text += try await iterator.next().map { String(buffer: $0) } ?? ""
                }
                return text
            }
            #expect(text.split(separator: "HTTP/1.1 200 OK").count == 2)
        }
    }

    @Test func `path parameters and queries are percent-decoded`() async throws {
        try await withServer(patient) { _, client in
            let reply = try await client.send("GET", "/items/a%2Fb/parts/%C3%A9?x=1%202&y&z=%26")
            #expect(reply.body == #"{"query":["x=1 2","y=","z=&"]}"#)
            #expect(try await client.send("GET", "/items//parts/1").status == 404)
            #expect(try await client.send("GET", "/items/%ff/parts/1").status == 404)
        }
    }

    @Test func `every answer has a number, and a wrong method is told the right ones`()
        async throws
    {
        let routes = patient + [Route("DELETE", "/echo") { _ in .text("gone") }]
        try await withServer(routes) { _, client in
            for (method, path, status) in [
                ("GET", "/", 200), ("GET", "/nowhere", 404), ("PUT", "/echo", 405),
                ("GET", "/?a=%zz", 400),
            ] {
                let reply = try await client.send(method, path)
                #expect(reply.status == status)
                #expect(reply.head.contains("x-request-id: req_"), "\(method) \(path)")
                #expect(reply.head.contains("allow: DELETE, POST") == (status == 405))
            }
            let malformed = try await client.exchange("what is this\r\n\r\n")
            #expect(malformed.contains(" 400 ") && malformed.contains("x-request-id: req_"))
        }
    }

    @Test func `a client that goes away cancels what is computed for it`() async throws {
        let waiting = Waiting()
        try await withServer([waiting.route]) { _, client in
            try await client.connected { _, outbound in
                try await outbound.write(
                    ByteBuffer(string: "GET /wait HTTP/1.1\r\nhost: localhost\r\n\r\n"))
                for await _ in waiting.begun { break }
            }
            for await wasCancelled in waiting.ended {
                #expect(wasCancelled)
                break
            }
        }
    }

    @Test func `connections beyond the maximum are told so`() async throws {
        var limits = ServerLimits()
        limits.connectionCountMax = 1
        let waiting = Waiting()
        try await withServer(limits: limits, [waiting.route]) { _, client in
            try await client.connected { _, outbound in
                try await outbound.write(
                    ByteBuffer(string: "GET /wait HTTP/1.1\r\nhost: localhost\r\n\r\n"))
                for await _ in waiting.begun { break }
                let reply = Reply(
                    try await client.exchange("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"))
                #expect(reply.status == 503)
                #expect(try reply.json["error"]?["code"] == "overloaded")
            }
        }
    }

    @Test func `a head that does not come in time ends the connection`() async throws {
        var limits = ServerLimits()
        limits.headTimeMax = .milliseconds(20)
        try await withServer(limits: limits, patient) { _, client in
            let byteCount = try await client.connected { inbound, _ in
                var byteCount = 0
                for try await bytes in inbound { byteCount += bytes.readableBytes }
                return byteCount
            }
            #expect(byteCount == 0)
        }
    }

    @Test func `a kept connection that stays silent is closed`() async throws {
        var limits = ServerLimits()
        limits.idleTimeMax = .milliseconds(20)
        try await withServer(limits: limits, patient) { _, client in
            let reply = Reply(
                try await client.exchange("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"))
            #expect(reply.status == 200)
        }
    }

    @Test func `a body that does not come in time is answered 408`() async throws {
        var limits = ServerLimits()
        limits.bodyTimeMax = .milliseconds(20)
        try await withServer(limits: limits, patient) { _, client in
            let text = try await client.exchange(
                "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nabc")
            #expect(Reply(text).status == 408)
        }
    }

    @Test func `a client that does not read is cut`() async throws {
        var limits = ServerLimits()
        limits.writeTimeMax = .milliseconds(20)
        let (ended, end) = AsyncStream<Void>.makeStream()
        let flood = Route("GET", "/flood") { _ in
            OutgoingResponse(
                body: .stream { stream in
                    defer { end.finish() }
                    while true { try await stream.write(Array(repeating: 0, count: 1 << 16)) }
                })
        }
        try await withServer(limits: limits, [flood]) { _, client in
            try await client.connected { _, outbound in
                try await outbound.write(
                    ByteBuffer(string: "GET /flood HTTP/1.1\r\nhost: localhost\r\n\r\n"))
                for await _ in ended {}
            }
        }
    }

    @Test func `all bodies together have a maximum`() async throws {
        var limits = ServerLimits()
        limits.heldByteCountMax = 1000
        try await withServer(limits: limits, patient) { _, client in
            let refused = try await client.send(
                "POST", "/echo", String(repeating: "x", count: 1001))
            #expect(refused.status == 503)
            // What was held is given back, refused or answered.
            for _ in 0..<3 {
                let reply = try await client.send(
                    "POST", "/echo", String(repeating: "x", count: 600))
                #expect(reply.status == 200)
            }
        }
    }

    @Test func `a large refused upload still reads its refusal`() async throws {
        try await withServer(patient) { _, client in
            let body = String(repeating: "x", count: 4 << 20)
            let reply = try await client.send("POST", "/echo", body)
            #expect(reply.status == 413)
        }
    }

    @Test(arguments: [
        "", "authorization: Bearer wrong\r\n", "authorization: Basic c2VzYW1l\r\n",
        "authorization: sesame\r\n",
    ])
    func `without the key nobody comes in`(header: String) async throws {
        try await withServer(keys: APIKeys(["sesame", "other"]), patient) { _, client in
            let reply = try await client.send("GET", "/", headers: header)
            #expect(reply.status == 401)
            #expect(try reply.json["error"]?["code"] == "invalid_api_key")
            for key in ["sesame", "other"] {
                let open = try await client.send(
                    "GET", "/", headers: "authorization: Bearer \(key)\r\n")
                #expect(open.status == 200)
            }
        }
    }

    @Test(arguments: [
        ("origin: https://evil.example\r\n", 403), ("origin: null\r\n", 403), ("", 200),
    ])
    func `without a key no web page comes in`(header: String, status: Int) async throws {
        try await withServer(patient) { _, client in
            let reply = try await client.send("GET", "/", headers: header)
            #expect(reply.status == status)
        }
        let key = "authorization: Bearer sesame\r\n"
        try await withServer(keys: APIKeys(["sesame"]), patient) { _, client in
            let reply = try await client.send("GET", "/", headers: key + header)
            #expect(reply.status == 200)
        }
    }

    @Test(arguments: [
        ("localhost:80", 200), ("LOCALHOST", 200), ("127.0.0.1:1", 200), ("[::1]:8080", 200),
        ("evil.example", 421), ("127.evil.example", 421), ("localhost.evil.example", 421),
        ("[::2]", 421), ("10.0.0.1", 421),
    ])
    func `a name that is not this machine's is not answered`(host: String, status: Int) async throws
    {
        try await withServer(patient) { _, client in
            let text = "GET / HTTP/1.1\r\nhost: \(host)\r\nconnection: close\r\n\r\n"
            let reply = Reply(try await client.exchange(text))
            #expect(reply.status == status)
        }
    }

    @Test func `a drain lets the request in flight finish and takes no other`() async throws {
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Never>.makeStream()
        let slow = Route("GET", "/slow") { _ in
            begin.yield()
            for await _ in released {}
            return .text("done")
        }
        try await withServer([slow]) { server, client in
            async let reply = client.exchange("GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n")
            for await _ in begun { break }
            async let drained: Void = server.drain(within: .seconds(10))
            release.finish()
            let text = try await reply
            #expect(Reply(text).body == "done")
            await drained
            #expect(server.connectionCount == 0)
            await #expect(throws: (any Error).self) {
                try await client.exchange("GET / HTTP/1.1\r\n\r\n")
            }
        }
    }

    @Test func `a drain cuts what does not finish within the grace`() async throws {
        let waiting = Waiting()
        try await withServer([waiting.route]) { server, client in
            async let text = client.exchange("GET /wait HTTP/1.1\r\nhost: localhost\r\n\r\n")
            for await _ in waiting.begun { break }
            await server.drain(within: .milliseconds(20))
            #expect(server.connectionCount == 0)
            _ = try? await text
        }
    }

    @Test func `an address in use is named`() async throws {
        try await withServer([]) { server, _ in
            let error = await #expect(throws: HTTPServerError.self) {
                try await HTTPServer.start(on: server.address, logger: quietLogger) {
                    RouteTable([])
                }
            }
            #expect(error?.description.contains("cannot listen on \(server.address)") == true)
        }
    }

    @Test(arguments: ["8080", ":80", "a:", "a:70000", "a:-1", "::1:80", "[::1]", "[a]:1x", "a:1 "])
    func `an address that is none is refused`(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
