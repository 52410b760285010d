/// Where a service listens or is reached, as an operator writes it.
public enum SocketAddress: Sendable, Hashable, CustomStringConvertible {
    case unix(path: String)
    /// `host` is a name, an IPv4 or an IPv6 address. Names are resolved anew at each connection.
    case tcp(host: String, port: UInt16)

    /// The path must fit `sockaddr_un` with its closing zero.
    private static let pathByteCountMax = 107

    /// Parses `unix:/path`, `host:port` or `[IPv6]:port`.
    public init(_ text: String) throws(TransportError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard path.hasPrefix("/"), path.utf8.count <= Self.pathByteCountMax,
                !path.utf8.contains(0)
            else { throw .badAddress(text) }
            self = .unix(path: path)
        } else {
            self = try Self.parseTCP(text)
        }
    }

    private static func parseTCP(_ text: String) throws(TransportError) -> SocketAddress {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { throw .badAddress(text) }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            // An IPv6 address without brackets: nobody knows where it ends and the port begins.
            throw .badAddress(text)
        }
        guard !host.isEmpty, !host.utf8.contains(0) else { throw .badAddress(text) }
        return .tcp(host: String(host), port: port)
    }

    public var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}
