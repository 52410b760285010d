internal import CEvent
internal import Glibc

/// An open socket that nobody reads yet. Closed when it is dropped before a connection has taken it
/// over.
public final class Socket: Sendable {
    private let descriptor: Locked<CInt>

    init(_ descriptor: CInt) { self.descriptor = Locked(descriptor) }

    deinit { close() }

    public func close() {
        let descriptor = release()
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
    }

    /// The descriptor, which the caller must now close; negative when it was released before.
    func release() -> CInt {
        descriptor.withLock { descriptor in
            defer { descriptor = -1 }
            return descriptor
        }
    }

    /// The descriptor, for a system call now.
    var number: CInt { descriptor.withLock { $0 } }
}

/// How we use stream sockets.
enum SocketOptions {
    static let streamType =
        CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)

    /// Backstops behind the heartbeat: a cut link is noticed by the system within seconds, with or
    /// without data under way.
    private static let unacknowledgedMillisecondsMax: CInt = 3000
    private static let keepAliveIdleSeconds: CInt = 1
    private static let keepAliveIntervalSeconds: CInt = 1
    private static let keepAliveProbeCountMax: CInt = 3

    /// Sends at once, and notices a peer that has vanished. Unix sockets need neither.
    static func setUp(_ descriptor: CInt, family: CInt) {
        guard family != AF_UNIX else { return }
        set(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, 1)
        set(descriptor, CInt(IPPROTO_TCP), TCP_USER_TIMEOUT, unacknowledgedMillisecondsMax)
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        set(descriptor, CInt(IPPROTO_TCP), TCP_KEEPIDLE, keepAliveIdleSeconds)
        set(descriptor, CInt(IPPROTO_TCP), TCP_KEEPINTVL, keepAliveIntervalSeconds)
        set(descriptor, CInt(IPPROTO_TCP), TCP_KEEPCNT, keepAliveProbeCountMax)
    }

    /// An option that the system refuses is one that this kind of socket does not have; none is
    /// needed for correctness.
    static func set(_ descriptor: CInt, _ level: CInt, _ option: CInt, _ value: CInt) {
        var value = value
        _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    /// The error of a connection attempt that has ended.
    static func pendingError(_ descriptor: CInt) -> CInt {
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        let status = unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        return status == 0 ? code : errno
    }
}
