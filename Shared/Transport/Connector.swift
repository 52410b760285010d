internal import CEvent
internal import Glibc

extension Socket {
    /// Connects to an address, trying each that its name stands for, within `timeout` in all.
    public static func connect(
        to address: SocketAddress, on loop: EventLoop, within timeout: Duration
    ) async throws(TransportError) -> Socket {
        let end = ContinuousClock.now + timeout
        var lastError = TransportError.unresolvable(host: "\(address)", reason: "no address")
        for candidate in try await Resolver.addresses(of: address) {
            let left = ContinuousClock.now.duration(to: end)
            do throws(TransportError) {
                return try await connect(
                    to: candidate, subject: "\(address)", on: loop, within: left)
            } catch {
                lastError = error
            }
        }
        throw lastError
    }

    private static func connect(
        to address: SystemAddress, subject: String, on loop: EventLoop, within timeout: Duration
    ) async throws(TransportError) -> Socket {
        guard timeout > .zero else { throw .connectTimedOut(subject) }
        let descriptor = Glibc.socket(address.family, SocketOptions.streamType, 0)
        guard descriptor >= 0 else { throw .system(call: "socket", subject: subject, code: errno) }
        let socket = Socket(descriptor)
        SocketOptions.setUp(descriptor, family: address.family)
        let status = unsafe address.withSockaddr { unsafe Glibc.connect(descriptor, $0, $1) }
        var code = status == 0 ? 0 : errno
        if code == EINPROGRESS {
            switch await Readiness.writable(socket, on: loop, within: timeout) {
            case .ready: code = SocketOptions.pendingError(descriptor)
            case .timedOut: throw .connectTimedOut(subject)
            case .cancelled: throw .closed(reason: "cancelled while connecting to \(subject)")
            }
        }
        guard code == 0 else { throw .system(call: "connect to", subject: subject, code: code) }
        return socket
    }
}

extension Socket {
    /// Sends one small frame without an attachment on a fresh socket, whose buffer takes it whole.
    public func send(_ frame: Frame) throws(TransportError) {
        let code = unsafe frame.withHead { bytes in
            let count = unsafe Glibc.write(number, bytes.baseAddress, bytes.count)
            return count == bytes.count ? 0 : count < 0 ? errno : EAGAIN
        }
        guard code == 0 else { throw .system(call: "write", subject: "to a peer", code: code) }
    }

    /// Receives one frame and not a byte more, so that a connection can take over after it.
    public func receive(
        limits: FrameLimits, on loop: EventLoop, within timeout: Duration
    ) async throws(TransportError) -> Frame {
        let end = ContinuousClock.now + timeout
        var decoder = FrameDecoder(limits: limits)
        var frames: [Frame] = []
        while true {
            let filled = decoder.missingByteCount
            try receive(filled, into: &decoder, &frames)
            if let frame = frames.first { return frame }
            if decoder.missingByteCount != filled { continue }
            switch await Readiness.readable(
                self, on: loop, within: ContinuousClock.now.duration(to: end))
            {
            case .ready: continue
            case .timedOut: throw .closed(reason: "no frame within \(timeout)")
            case .cancelled: throw .closed(reason: "cancelled")
            }
        }
    }

    private func receive(
        _ countMax: Int, into decoder: inout FrameDecoder, _ frames: inout [Frame]
    ) throws(TransportError) {
        var bytes = [UInt8](repeating: 0, count: countMax)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe Glibc.read(number, $0.baseAddress, $0.count)
        }
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
        guard count >= 0 else { throw .system(call: "read", subject: "from a peer", code: errno) }
        guard count > 0 else { throw decoder.isBetweenFrames ? .closedByPeer : .truncatedFrame }
        do throws(FrameError) {
            try decoder.decode([UInt8](bytes.prefix(count)), into: &frames)
        } catch {
            throw .badFrame(error)
        }
    }
}
