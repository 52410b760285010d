import HTTP
import JSON
import NIOConcurrencyHelpers
import Testing

/// A raw request and what must become of it.
struct RawCase: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let statuses: [Int]

    init(_ name: String, _ text: String, _ statuses: Int...) {
        self.name = name
        bytes = Array(text.utf8)
        self.statuses = statuses
    }

    var testDescription: String { name }
}

private let post = "POST /echo HTTP/1.1\r\nhost: localhost\r\n"
private let hidden = "GET /hidden HTTP/1.1\r\nhost: localhost\r\n\r\n"

/// What two readers could read in two ways, or what no honest client sends. Each is answered once
/// and its connection closed; what follows it in the same bytes is never taken for a request.
private let refused: [RawCase] = [
    RawCase(
        "both framings",
        post + "content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, 400),
    RawCase(
        "both framings, the other order",
        post + "transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n" + hidden, 400),
    RawCase(
        "two lengths that differ",
        post + "content-length: 3\r\ncontent-length: 4\r\n\r\nabcd" + hidden, 400),
    RawCase(
        "two lengths that agree",
        post + "content-length: 3\r\ncontent-length: 3\r\n\r\nabc" + hidden, 400),
    RawCase("a list of lengths", post + "content-length: 3, 3\r\n\r\nabc" + hidden, 400),
    RawCase("a length with a plus", post + "content-length: +3\r\n\r\nabc" + hidden, 400),
    RawCase("a negative length", post + "content-length: -1\r\n\r\n" + hidden, 400),
    RawCase("a length with letters", post + "content-length: 3abc\r\n\r\nabc" + hidden, 400),
    RawCase("a hexadecimal length", post + "content-length: 0x3\r\n\r\nabc" + hidden, 400),
    RawCase("an empty length", post + "content-length: \r\n\r\n" + hidden, 400),
    RawCase(
        "a length beyond 64 bits", post + "content-length: 99999999999999999999\r\n\r\n" + hidden,
        400),
    RawCase("a space before the colon", post + "content-length : 3\r\n\r\nabc" + hidden, 400),
    RawCase(
        "an unknown coding", post + "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden, 400),
    RawCase(
        "chunked, identity",
        post + "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden, 400),
    RawCase(
        "gzip, chunked", post + "transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + hidden, 400),
    RawCase(
        "two codings",
        post + "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
        400),
    RawCase("identity", post + "transfer-encoding: identity\r\n\r\n" + hidden, 400),
    RawCase(
        "a coding after a vertical tab",
        post + "transfer-encoding: \u{0B}chunked\r\n\r\n0\r\n\r\n" + hidden, 400),
    RawCase(
        "chunked in HTTP/1.0",
        "POST /echo HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
            + hidden,
        400),
    RawCase(
        "a chunk size with 0x",
        post + "transfer-encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n" + hidden, 400),
    RawCase(
        "a negative chunk size",
        post + "transfer-encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n" + hidden, 400),
    RawCase(
        "a chunk size beyond 64 bits",
        post + "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc" + hidden, 400),
    RawCase(
        "a chunk longer than it says",
        post + "transfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n" + hidden, 400),
    RawCase("a folded line", post + "x: a\r\n b\r\ncontent-length: 0\r\n\r\n" + hidden, 400),
    RawCase(
        "bare line feeds", "POST /echo HTTP/1.1\nhost: a\ncontent-length: 3\n\nabc" + hidden, 400),
    RawCase("a bare carriage return", post + "x: a\rcontent-length: 3\r\n\r\n" + hidden, 400),
    RawCase("a NUL in a value", post + "x: a\u{0}b\r\ncontent-length: 0\r\n\r\n" + hidden, 400),
    RawCase(
        "a control character in a value", post + "x: a\u{1}b\r\ncontent-length: 0\r\n\r\n" + hidden,
        400),
    RawCase("a NUL in a name", post + "x\u{0}: a\r\ncontent-length: 0\r\n\r\n" + hidden, 400),
    RawCase("an empty name", post + ": a\r\ncontent-length: 0\r\n\r\n" + hidden, 400),
    RawCase("a line without a colon", post + "nonsense\r\n\r\n" + hidden, 400),
    RawCase(
        "a space at the start of the first line",
        "POST /echo HTTP/1.1\r\n host: localhost\r\n\r\n" + hidden, 400),
    RawCase("no host", "POST /echo HTTP/1.1\r\ncontent-length: 0\r\n\r\n" + hidden, 400),
    RawCase("two hosts", post + "host: b\r\ncontent-length: 0\r\n\r\n" + hidden, 400),
    RawCase("a host with a path", "GET / HTTP/1.1\r\nhost: localhost/b\r\n\r\n" + hidden, 400),
    RawCase(
        "an absolute target", "GET http://b/ HTTP/1.1\r\nhost: localhost\r\n\r\n" + hidden, 400),
    RawCase("an asterisk", "OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n" + hidden, 400),
    RawCase("a fragment", "GET /#a HTTP/1.1\r\nhost: localhost\r\n\r\n" + hidden, 400),
    RawCase(
        "a target that is not ASCII", "GET /é HTTP/1.1\r\nhost: localhost\r\n\r\n" + hidden, 400),
    RawCase(
        "a malformed escape in the query",
        "GET /?a=%zz HTTP/1.1\r\nhost: localhost\r\n\r\n" + hidden, 400),
    RawCase("a space in the target", "GET /a b HTTP/1.1\r\nhost: localhost\r\n\r\n" + hidden, 400),
    RawCase("an unknown method", "BREW / HTTP/1.1\r\nhost: localhost\r\n\r\n" + hidden, 400),
    RawCase("HTTP/2.0", "GET / HTTP/2.0\r\nhost: localhost\r\n\r\n" + hidden, 400),
    RawCase("HTTP/1.9", "GET / HTTP/1.9\r\nhost: localhost\r\n\r\n" + hidden, 400),
    RawCase("HTTP/0.9", "GET / HTTP/0.9\r\nhost: localhost\r\n\r\n" + hidden, 400),
    RawCase("a TLS greeting", "\u{16}\u{3}\u{1}\u{2}\u{0}" + hidden, 400),
    RawCase("CONNECT", "CONNECT a:80 HTTP/1.1\r\nhost: localhost\r\n\r\n" + hidden, 400),
    RawCase(
        "an upgrade",
        "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n" + hidden,
        400),
    RawCase(
        "a compressed body",
        post + "content-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc" + hidden, 415),
    RawCase(
        "an expectation", post + "expect: a-miracle\r\ncontent-length: 3\r\n\r\nabc" + hidden, 417),
    RawCase("a declared body beyond the limit", post + "content-length: 101\r\n\r\n" + hidden, 413),
    RawCase(
        "a chunked body beyond the limit",
        post + "transfer-encoding: chunked\r\n\r\n65\r\n" + String(repeating: "x", count: 101)
            + "\r\n0\r\n\r\n" + hidden, 413),
    RawCase(
        "a head beyond the limit",
        "GET / HTTP/1.1\r\nhost: localhost\r\nx: " + String(repeating: "x", count: 20_000)
            + "\r\n\r\n"
            + hidden, 431),
    RawCase(
        "many small fields",
        "GET / HTTP/1.1\r\nhost: localhost\r\n" + String(repeating: "x: y\r\n", count: 100) + "\r\n"
            + hidden, 431),
    RawCase("an unknown path", "GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n" + hidden, 404),
    RawCase(
        "a method that the path has not", "GET /echo HTTP/1.1\r\nhost: localhost\r\n\r\n" + hidden,
        405),
]

private let accepted: [RawCase] = [
    RawCase("a length", post + "content-length: 3\r\nconnection: close\r\n\r\nabc", 200),
    RawCase("no body", post + "connection: close\r\n\r\n", 200),
    RawCase(
        "chunks",
        post
            + "connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
            + "2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n",
        200),
    RawCase(
        "chunks with a trailer",
        post
            + "connection: close\r\ntransfer-encoding: Chunked\r\n\r\n"
            + "3\r\nabc\r\n0\r\nx: y\r\n\r\n",
        200),
    RawCase("HTTP/1.0", "POST /echo HTTP/1.0\r\ncontent-length: 3\r\n\r\nabc", 200),
    RawCase(
        "two in one packet",
        post + "content-length: 3\r\n\r\nabc" + post
            + "connection: close\r\ncontent-length: 1\r\n\r\na", 200, 200),
    RawCase(
        "an expectation of 100-continue",
        post + "expect: 100-continue\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc", 100, 200
    ),
    RawCase(
        "a good request before a bad one",
        post + "content-length: 3\r\n\r\nabc" + post + "content-length: x\r\n\r\n" + hidden, 200,
        400),
]

@Suite struct CorpusTests {
    /// Every server of the corpus counts what its handlers were given.
    private static func answer(_ bytes: [UInt8]) async throws -> (statuses: [Int], hidden: Int) {
        let hiddenCount = NIOLockedValueBox(0)
        let routes = [
            Route("POST", "/echo", bodyByteCountMax: 100) { .text(String($0.body.count)) },
            Route("GET", "/") { _ in .text("root") },
            Route("GET", "/hidden") { _ in
                hiddenCount.withLockedValue { $0 += 1 }
                return .text("hidden")
            },
        ]
        return try await withServer(routes) { _, client in
            let text = try await client.exchange(bytes)
            let statuses = text.split(separator: "HTTP/1.1 ").map { Int($0.prefix(3)) ?? 0 }
            return (statuses, hiddenCount.withLockedValue { $0 })
        }
    }

    @Test(arguments: refused)
    func `what is ambiguous is refused once, and nothing after it is served`(
        _ request: RawCase
    ) async throws {
        let (statuses, hiddenCount) = try await Self.answer(request.bytes)
        #expect(statuses == request.statuses)
        #expect(hiddenCount == 0)
    }

    @Test(arguments: accepted) func `what is plain is served`(_ request: RawCase) async throws {
        #expect(try await Self.answer(request.bytes).statuses == request.statuses)
    }

    @Test func `a refusal has the shape of every other error`() async throws {
        try await withServer([]) { _, client in
            let reply = try await client.send("GET", "/nowhere")
            #expect(reply.status == 404)
            #expect(try reply.json["error"]?["code"] == "unknown_url")
            #expect(try reply.json["error"]?["type"] == "invalid_request_error")
        }
    }
}
