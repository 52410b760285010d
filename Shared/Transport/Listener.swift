internal import CEvent
internal import Glibc

/// Accepts connections on an address. Belongs to the actor that made it; used on its loop only.
@safe public final class Listener {
    private let address: SocketAddress
    private let accepted: (Socket) -> Void
    private let family: CInt
    private let socket: CInt
    private var event: OpaquePointer?
    /// Given up when descriptors run out, so that the connection in the queue can be taken and
    /// closed instead of waking us for ever.
    private var spare: CInt

    /// One turn accepts at most this many, so that those who are connected get their turn too.
    private static let acceptCountPerTurnMax = 64
    /// Bursts of reconnecting peers wait here; the system caps it (net.core.somaxconn).
    private static let backlog: CInt = 1024

    public init(
        _ socket: ListeningSocket, on loop: EventLoop, accepted: @escaping (Socket) -> Void
    ) {
        self.socket = socket.socket.release()
        family = socket.family
        address = socket.address
        self.accepted = accepted
        spare = Self.openSpare()
        let this = unsafe Unmanaged.passRetained(self).toOpaque()
        let callback: event_callback_fn = { _, _, context in
            guard let context = unsafe context else { return }
            unsafe Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue().accept()
        }
        unsafe event = event_new(
            loop.base, self.socket, Int16(EV_READ | EV_PERSIST), callback, this)
        unsafe event_add(event, nil)
    }

    /// Takes what already waits in the queue, so that it is answered and not reset, then stops
    /// listening.
    public func close() {
        guard unsafe event != nil else { return }
        accept()
        unsafe event_free(event)
        unsafe event = nil
        // Before the socket is closed: afterwards the path may be a successor's.
        if case .unix(let path) = address { _ = unsafe unlink(path) }
        _ = Glibc.close(socket)
        _ = Glibc.close(spare)
        unsafe Unmanaged.passUnretained(self).release()
    }

    // MARK: Accepting

    private func accept() {
        for _ in 0..<Self.acceptCountPerTurnMax {
            let descriptor = accept4(
                socket, nil, nil, CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue))
            if descriptor >= 0 {
                SocketOptions.setUp(descriptor, family: family)
                accepted(Socket(descriptor))
            } else if errno == EMFILE || errno == ENFILE {
                refuseOne()
            } else if errno != ECONNABORTED && errno != EINTR {
                return
            }
        }
    }

    private func refuseOne() {
        _ = Glibc.close(spare)
        let descriptor = accept4(socket, nil, nil, 0)
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        spare = Self.openSpare()
    }

    private static func openSpare() -> CInt { unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC) }
}
