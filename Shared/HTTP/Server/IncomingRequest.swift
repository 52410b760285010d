internal import NIOHTTP1

/// One whole request: head and body have arrived and were within the limits.
public struct IncomingRequest: Sendable {
    public let method: String
    /// The path as sent, without the query: `/v1/models`.
    public let path: String
    public let query: [QueryItem]
    public let body: [UInt8]
    /// What the route's `{name}` segments matched, percent-decoded.
    public internal(set) var parameters: [String: String] = [:]
    /// The pattern that matched: the label of metrics, for paths are without number.
    var route = ""
    /// Goes out as `x-request-id` and into the logs.
    public let id: String
    let headers: HTTPHeaders

    static func makeID() -> String { "req_" + RandomIdentifier.hex(byteCount: 12) }

    /// The first value of a header field, whatever the case of its name.
    public func header(_ name: String) -> String? { headers.first(name: name) }
}
