import HTTP
import JSON
import Logging
import NIOCore
import NIOPosix

/// A client that knows no HTTP: it sends bytes and reads bytes.
struct RawClient: Sendable {
    let address: ListenAddress

    /// Sends all, then reads until the server closes.
    func exchange(_ text: String) async throws -> String { try await exchange(Array(text.utf8)) }

    func exchange(_ bytes: [UInt8]) async throws -> String {
        try await connected { inbound, outbound in
            // A server that refuses may close before all is sent: its answer counts, not that.
            do { try await outbound.write(ByteBuffer(bytes: bytes)) } catch is IOError {
            } catch ChannelError.ioOnClosedChannel {}
            var response = ByteBuffer()
            for try await var part in inbound { response.writeBuffer(&part) }
            return String(buffer: response)
        }
    }

    typealias Inbound = NIOAsyncChannelInboundStream<ByteBuffer>
    typealias Outbound = NIOAsyncChannelOutboundWriter<ByteBuffer>

    /// The connection is closed when the body returns.
    func connected<Result: Sendable>(
        _ body: @escaping @Sendable (Inbound, Outbound) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { try await body($0, $1) }
    }

    /// A JSON request over a connection of its own: status, header text, body.
    func send(
        _ method: String, _ path: String, _ body: String = "", headers: String = ""
    ) async throws -> Reply {
        Reply(
            try await exchange(
                "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\(headers)"
                    + "content-length: \(body.utf8.count)\r\n\r\n\(body)"))
    }
}

/// An HTTP response in its parts; a chunked body is put together.
struct Reply {
    let status: Int
    let head: String
    let body: String

    init(_ text: String) {
        // A carriage return and a line feed are one character.
        let parts = text.split(
            separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        head = String(parts.first ?? "")
        status = Int(head.dropFirst("HTTP/1.1 ".count).prefix(3)) ?? 0
        let rest = parts.count == 2 ? String(parts[1]) : ""
        body =
            head.lowercased().contains("transfer-encoding: chunked")
            ? Self.joined(chunks: rest) : rest
    }

    var json: JSONValue { get throws { try JSONValue(parsing: body) } }

    /// The values of a stream of events, `[DONE]` left out.
    var events: [JSONValue] {
        get throws {
            try body.split(separator: "\n").filter {
                $0.hasPrefix("data: ") && !$0.hasSuffix("[DONE]")
            }
            .map { try JSONValue(parsing: String($0.dropFirst("data: ".count))) }
        }
    }

    private static func joined(chunks text: String) -> String {
        var bytes = Array(text.utf8)[...]
        var body: [UInt8] = []
        while let end = bytes.firstIndex(of: 13) {
            let digits = String(decoding: bytes[..<end], as: UTF8.self)
            guard let count = Int(digits, radix: 16), count > 0 else { break }
            body += bytes.dropFirst(digits.utf8.count + 2).prefix(count)
            bytes = bytes.dropFirst(digits.utf8.count + 2 + count + 2)
        }
        return String(decoding: body, as: UTF8.self)
    }
}

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Runs a server on a free port for the time of the body.
func withServer<Result: Sendable>(
    limits: ServerLimits = ServerLimits(), keys: APIKeys? = nil, _ routes: [Route],
    _ body: (HTTPServer, RawClient) async throws -> Result
) async throws -> Result {
    let table = RouteTable(routes)
    let server = try await HTTPServer.start(
        on: ListenAddress(host: "127.0.0.1", port: 0), limits: limits, logger: quietLogger,
        keys: keys
    ) { table }
    do {
        let result = try await body(server, RawClient(address: server.address))
        await server.drain(within: .milliseconds(10))
        return result
    } catch {
        await server.drain(within: .milliseconds(10))
        throw error
    }
}
