internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A request to one of our services. `meshctl` sends a handful of them, each on a connection of
/// its own.
struct HTTPRequest: Sendable {
    var method: HTTPMethod = .GET
    var path: String
    var contentType: String?
    var body: [UInt8] = []
}

/// What came back.
struct HTTPReply: Sendable {
    let status: Int
    let body: [UInt8]
}

/// HTTP/1.1 without encryption, proxies, redirects or a pool: what a command line on the same
/// machine needs, on the SwiftNIO that the front door stands on anyway.
struct HTTPClient: Sendable {
    /// `http://host:port`.
    let url: String
    private let host: String
    private let port: Int
    private let apiKey: String?

    /// A reply larger than this is not one of ours: the largest is the table of all experts.
    static let replyByteCountMax = 64 << 20
    /// The peer is a process on this machine or one hop away.
    static let connectTimeout = TimeAmount.seconds(5)

    init(url: String, apiKey: String? = nil) throws {
        let rest = url.hasPrefix("http://") ? url.dropFirst(7) : url[...]
        let address = rest.prefix { $0 != "/" }
        guard let colon = address.lastIndex(of: ":"),
            let port = Int(address[address.index(after: colon)...]), (1...65535).contains(port)
        else {
            throw MeshCtlError.badConfiguration(path: url, reason: "expected http://host:port")
        }
        self.host = address[..<colon].trimmingBrackets
        self.port = port
        self.url = "http://\(address)"
        self.apiKey = apiKey
    }

    /// The whole reply, whatever its status.
    func reply(to request: HTTPRequest, within limit: Duration) async throws -> HTTPReply {
        try await withLimit(
            limit, or: MeshCtlError.unreachable(url: url, reason: "no answer in \(limit)")
        ) {
            var body: [UInt8] = []
            let status = try await stream(request) { body += $0 }
            return HTTPReply(status: status, body: body)
        }
    }

    /// Hands out the body's bytes as they arrive; returns the status.
    func stream(
        _ request: HTTPRequest, _ receive: ([UInt8]) async throws -> Void
    ) async throws -> Int {
        do {
            return try await connect().executeThenClose { inbound, outbound in
                try await outbound.write(contentsOf: parts(of: request))
                return try await read(inbound, of: request, receive)
            }
        } catch let error where error is ChannelError || error is IOError {
            throw MeshCtlError.unreachable(url: url, reason: "\(error)")
        }
    }

    private func read(
        _ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>, of request: HTTPRequest,
        _ receive: ([UInt8]) async throws -> Void
    ) async throws -> Int {
        var status = 0
        var byteCount = 0
        for try await part in inbound {
            switch part {
            case .head(let head): status = Int(head.status.code)
            case .body(let buffer):
                byteCount += buffer.readableBytes
                try checkLength(byteCount, of: request)
                try await receive(Array(buffer.readableBytesView))
            case .end: return status
            }
        }
        throw MeshCtlError.unreachable(url: url, reason: "the connection closed in mid-reply")
    }

    private typealias Channel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private func connect() async throws -> Channel {
        do {
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(Self.connectTimeout)
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return try Channel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw MeshCtlError.unreachable(url: url, reason: "\(error)")
        }
    }

    /// They leave in one write: a server may answer and hang up as soon as it has the head.
    private func parts(of request: HTTPRequest) -> [HTTPClientRequestPart] {
        var head = HTTPRequestHead(version: .http1_1, method: request.method, uri: request.path)
        head.headers.add(name: "Host", value: "\(host):\(port)")
        head.headers.add(name: "Connection", value: "close")
        head.headers.add(name: "User-Agent", value: "meshctl")
        if let apiKey { head.headers.add(name: "Authorization", value: "Bearer \(apiKey)") }
        if let contentType = request.contentType {
            head.headers.add(name: "Content-Type", value: contentType)
            head.headers.add(name: "Content-Length", value: String(request.body.count))
        }
        let body = HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: request.body)))
        return [.head(head)] + (request.body.isEmpty ? [] : [body]) + [.end(nil)]
    }

    private func checkLength(_ byteCount: Int, of request: HTTPRequest) throws {
        guard byteCount > Self.replyByteCountMax else { return }
        throw MeshCtlError.malformedAnswer(
            path: request.path, reason: "more than \(Self.replyByteCountMax) bytes")
    }
}

extension Substring {
    /// An IPv6 literal stands in brackets in a URL and without them in an address.
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : String(self)
    }
}
