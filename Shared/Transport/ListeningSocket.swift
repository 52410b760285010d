internal import CEvent
internal import Glibc

/// A bound socket in whose queue connections already wait.
public struct ListeningSocket: Sendable {
    /// With the port that the system chose, where port 0 was asked for.
    public let address: SocketAddress
    let socket: Socket
    let family: CInt

    /// Bursts of reconnecting peers wait here; the system caps it (net.core.somaxconn).
    private static let backlog: CInt = 1024

    public init(on address: SocketAddress) async throws(TransportError) {
        if case .unix(let path) = address { try Self.removeStale(path) }
        guard let system = try await Resolver.addresses(of: address).first else {
            throw .unresolvable(host: "\(address)", reason: "no address")
        }
        socket = try Self.open(system, subject: address)
        family = system.family
        if case .tcp(let host, 0) = address {
            self.address = .tcp(host: host, port: SystemAddress.port(of: socket.number))
        } else {
            self.address = address
        }
    }

    private static func open(
        _ address: SystemAddress, subject: SocketAddress
    ) throws(TransportError) -> Socket {
        let descriptor = Glibc.socket(address.family, SocketOptions.streamType, 0)
        guard descriptor >= 0 else {
            throw .system(call: "socket", subject: "\(subject)", code: errno)
        }
        let socket = Socket(descriptor)
        SocketOptions.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        var status = unsafe address.withSockaddr { unsafe bind(descriptor, $0, $1) }
        // Only the owner may talk to a service through a file.
        if status == 0, case .unix(let path) = subject { status = unsafe chmod(path, 0o600) }
        if status == 0 { status = Glibc.listen(descriptor, backlog) }
        guard status == 0 else {
            throw errno == EADDRINUSE
                ? .addressInUse("\(subject)")
                : .system(call: "listen on", subject: "\(subject)", code: errno)
        }
        return socket
    }

    /// A socket file outlives its process. It is stale when nobody answers there.
    private static func removeStale(_ path: String) throws(TransportError) {
        let probe = Glibc.socket(AF_UNIX, SocketOptions.streamType, 0)
        guard probe >= 0 else { throw .system(call: "socket", subject: path, code: errno) }
        defer { _ = Glibc.close(probe) }
        let status = unsafe SystemAddress(unixPath: path).withSockaddr {
            unsafe connect(probe, $0, $1)
        }
        if status != 0 && errno == ECONNREFUSED { _ = unsafe unlink(path) }
    }
}
