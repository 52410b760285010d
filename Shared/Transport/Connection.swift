internal import CEvent
internal import Glibc

/// Frames in, frames out, over one socket.
///
/// Belongs to the actor that made it and is used on its loop only, where libevent calls it too.
/// What libevent holds is retained at `init` and released by `close`, which therefore must happen:
/// closing is the only way to be rid of a connection.
@safe public final class Connection {
    /// Raised once the other side has said who it is.
    public var frameLimits: FrameLimits {
        get { decoder.limits }
        set { decoder.limits = newValue }
    }
    /// Bytes that wait for the other side to read.
    public var pendingByteCount: Int { isOpen ? unsafe evbuffer_get_length(output) : 0 }
    public private(set) var isOpen = true
    /// Grows with every byte from the other side: its sign of life.
    public private(set) var receivedByteCount: UInt64 = 0

    private let loop: EventLoop
    private let socket: CInt
    private let pendingByteCountMax: Int
    private let events: Events

    private var decoder: FrameDecoder
    private var received: [Frame] = []
    private var readEvent: OpaquePointer?
    private var writeEvent: OpaquePointer?
    private let output: OpaquePointer
    private var willWrite = false

    /// One turn of the loop reads at most this much from one connection, so that the others get
    /// theirs.
    private static let readByteCountPerTurnMax = 4 << 20
    /// Longer attachments are lent to libevent, shorter ones copied: lending costs an allocation.
    private static let lentByteCountMin = 16 * 1024

    /// What a connection tells its owner, on the loop.
    public struct Events {
        /// Frames in order, as many as came at once.
        public var received: ([Frame]) -> Void
        /// All pending bytes have been handed to the system.
        public var drained: () -> Void
        /// The last call. The socket is closed.
        public var closed: (TransportError) -> Void

        public init(
            received: @escaping ([Frame]) -> Void, drained: @escaping () -> Void,
            closed: @escaping (TransportError) -> Void
        ) {
            self.received = received
            self.drained = drained
            self.closed = closed
        }
    }

    /// - Parameter pendingByteCountMax: With more bytes unread the other side is a slow consumer,
    ///   and is closed.
    public init(
        _ socket: Socket, on loop: EventLoop, frameLimits: FrameLimits,
        pendingByteCountMax: Int, events: Events
    ) {
        self.loop = loop
        self.socket = socket.release()
        self.pendingByteCountMax = pendingByteCountMax
        self.events = events
        decoder = FrameDecoder(limits: frameLimits)
        guard let output = unsafe evbuffer_new() else { preconditionFailure("out of memory") }
        unsafe self.output = unsafe output
        register()
    }

    /// Queues a frame; it is written with all others at the end of the loop's turn.
    public func send(_ frame: Frame) {
        guard isOpen else { return }
        append(frame)
        let pending = pendingByteCount
        guard pending <= pendingByteCountMax else {
            return close(.slowConsumer(pendingByteCount: pending, max: pendingByteCountMax))
        }
        if !willWrite {
            willWrite = true
            loop.writeAtEndOfTurn(self)
        }
    }

    /// Writes what the system takes at once, then closes the socket.
    public func close(_ reason: TransportError) {
        guard isOpen else { return }
        if case .closed = reason { _ = unsafe evbuffer_write(output, socket) }
        isOpen = false
        unsafe event_free(readEvent)
        unsafe event_free(writeEvent)
        unsafe evbuffer_free(output)
        _ = Glibc.close(socket)
        events.closed(reason)
        unsafe Unmanaged.passUnretained(self).release()
    }

    // MARK: Registration

    private func register() {
        let this = unsafe Unmanaged.passRetained(self).toOpaque()
        let onReadable: event_callback_fn = { _, _, context in
            unsafe Connection.from(context).read()
        }
        let onWritable: event_callback_fn = { _, _, context in
            unsafe Connection.from(context).write()
        }
        unsafe readEvent = event_new(
            loop.base, socket, Int16(EV_READ | EV_PERSIST), onReadable, this)
        unsafe writeEvent = event_new(loop.base, socket, Int16(EV_WRITE), onWritable, this)
        unsafe event_add(readEvent, nil)
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Connection {
        guard let context = unsafe context else {
            preconditionFailure("an event without its connection")
        }
        return unsafe Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue()
    }

    // MARK: Reading

    private func read() {
        var byteCount = 0
        while isOpen, byteCount < Self.readByteCountPerTurnMax {
            let (count, space) = readOnce()
            guard count > 0 else { return finishReading(count, errno) }
            byteCount += count
            receivedByteCount += UInt64(count)
            deliver()
            if count < space { return }  // The socket is empty; asking again would only say so.
        }
    }

    /// How many bytes came (0: the end; negative: `errno`), and how many could have.
    private func readOnce() -> (count: Int, space: Int) {
        var (count, space) = (0, 0)
        func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
            space = buffer.count
            count = unsafe Glibc.read(socket, buffer.baseAddress, buffer.count)
            return count
        }
        do throws(FrameError) {
            guard try unsafe decoder.readDirectly(into: &received, read) == nil else {
                return (count, space)
            }
            let buffer = unsafe loop.receiveBuffer
            guard unsafe read(buffer) > 0 else { return (count, space) }
            try unsafe decoder.decode(
                UnsafeRawBufferPointer(rebasing: buffer[..<count]), into: &received)
        } catch {
            // The frames before the bad one were good.
            deliver()
            close(.badFrame(error))
        }
        return (count, space)
    }

    private func deliver() {
        guard !received.isEmpty else { return }
        var frames: [Frame] = []
        swap(&frames, &received)
        events.received(frames)
        if received.isEmpty {
            frames.removeAll(keepingCapacity: frames.count <= 64)
            received = frames
        }
    }

    private func finishReading(_ count: Int, _ code: CInt) {
        if count == 0 || code == ECONNRESET {
            close(decoder.isBetweenFrames ? .closedByPeer : .truncatedFrame)
        } else if code != EAGAIN && code != EINTR {
            close(.system(call: "read", subject: "from a peer", code: code))
        }
    }

    // MARK: Writing

    private func append(_ frame: Frame) {
        unsafe frame.withHead { unsafe copy($0) }
        if frame.attachment.byteCount < Self.lentByteCountMin {
            unsafe frame.attachment.withBytes { unsafe copy($0) }
        } else {
            lend(frame.attachment)
        }
    }

    private func copy(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        unsafe evbuffer_add(output, bytes.baseAddress, bytes.count)
    }

    /// Adds the attachment without copying it; libevent gives it back when it is written.
    ///
    /// The address stays good after `withBytes` because the array is on the heap, kept alive by
    /// `Loan`, and never changed.
    private func lend(_ attachment: Attachment) {
        let loan = Loan(attachment)
        unsafe attachment.withBytes { bytes in
            _ = unsafe evbuffer_add_reference(
                output, bytes.baseAddress, bytes.count,
                { _, _, context in
                    guard let context = unsafe context else { return }
                    unsafe Unmanaged<Loan>.fromOpaque(context).release()
                }, Unmanaged.passRetained(loan).toOpaque())
        }
    }

    /// Hands pending bytes to the system, and asks to be called again if it does not take all.
    func write() {
        willWrite = false
        guard isOpen else { return }
        while pendingByteCount > 0 {
            guard unsafe evbuffer_write(output, socket) >= 0 else { return finishWriting(errno) }
        }
        events.drained()
    }

    private func finishWriting(_ code: CInt) {
        if code == EAGAIN || code == EINTR {
            unsafe event_add(writeEvent, nil)
        } else if code == EPIPE || code == ECONNRESET {
            // The other side has closed. What it sent before is still to be read, and then the end.
            unsafe evbuffer_drain(output, evbuffer_get_length(output))
        } else {
            close(.system(call: "write", subject: "to a peer", code: code))
        }
    }
}

private final class Loan {
    let attachment: Attachment
    init(_ attachment: Attachment) { self.attachment = attachment }
}
