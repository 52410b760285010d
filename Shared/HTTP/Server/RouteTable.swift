/// One operation: a method, a path pattern, and what answers it.
public struct Route: Sendable {
    /// What answers an operation; what it throws becomes the error's response.
    public typealias Handler = @Sendable (IncomingRequest) async throws -> OutgoingResponse

    let method: String
    let segments: [Segment]
    let pattern: String
    /// Bodies beyond it are answered 413 before they are read; nil takes the server's limit.
    let bodyByteCountMax: Int?
    let handler: Handler

    enum Segment: Sendable, Equatable {
        case literal(String)
        case parameter(String)
    }

    /// - Parameter pattern: `/v1/files/{file}/content`; a segment in braces matches any one segment
    ///   that is not empty.
    public init(
        _ method: String, _ pattern: String, bodyByteCountMax: Int? = nil,
        handler: @escaping Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.bodyByteCountMax = bodyByteCountMax
        self.handler = handler
        segments = Self.split(pattern).map { segment in
            segment.hasPrefix("{")
                ? .parameter(String(segment.dropFirst().dropLast())) : .literal(String(segment))
        }
    }

    static func split(_ path: String) -> [Substring] {
        path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    }

    /// The parameters' values when the path matches.
    func match(_ path: [Substring]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (segment, text) in zip(segments, path) {
            switch segment {
            case .literal(let literal): guard literal == text else { return nil }
            case .parameter(let name):
                guard let value = percentDecoded(text), !value.isEmpty else { return nil }
                parameters[name] = value
            }
        }
        return parameters
    }
}

/// The operations of one server.
public struct RouteTable: Sendable {
    private let routes: [Route]

    public init(_ routes: [Route]) { self.routes = routes }

    /// The route of a request and its parameters; else 404, or 405 when only the method is wrong.
    func route(method: String, path: String) throws(Refusal) -> (Route, [String: String]) {
        let segments = Route.split(path)
        var methods: [String] = []
        for route in routes {
            guard let parameters = route.match(segments) else { continue }
            if route.method == method { return (route, parameters) }
            methods.append(route.method)
        }
        guard !methods.isEmpty else {
            throw Refusal(
                status: 404, message: "no such path: \(method) \(path)", code: "unknown_url")
        }
        throw Refusal(
            status: 405, message: "\(method) is not offered for \(path)",
            code: "method_not_allowed", allowedMethods: Set(methods).sorted())
    }
}
