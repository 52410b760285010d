import Glibc
import Testing

@testable import Transport

@Suite struct ConnectionTests {
    static let loop = EventLoop(name: "test connections")

    /// One end of a connection whose other end is a bare socket in the test's hands.
    actor End: LoopBound {
        nonisolated let loop: EventLoop
        private var connection: Connection?
        private let events: AsyncStream<Event>.Continuation

        enum Event: Sendable {
            case frame(Frame)
            case closed(TransportError)
        }

        init(on loop: EventLoop, _ events: AsyncStream<Event>.Continuation) {
            self.loop = loop
            self.events = events
        }

        func start(_ socket: Socket, pendingByteCountMax: Int) {
            connection = Connection(
                socket, on: loop, frameLimits: .open, pendingByteCountMax: pendingByteCountMax,
                events: Connection.Events(
                    received: { [events] frames in
                        for frame in frames { events.yield(.frame(frame)) }
                    },
                    drained: {},
                    closed: { [events] error in
                        events.yield(.closed(error))
                        events.finish()
                    }))
        }

        func send(_ frame: Frame) { connection?.send(frame) }
        func close() { connection?.close(.closed(reason: "test over")) }
        func pendingByteCount() -> Int { connection?.pendingByteCount ?? -1 }
    }

    static func stage(
        pendingByteCountMax: Int = 1 << 30
    ) async throws -> (end: End, events: AsyncStream<End.Event>, other: CInt) {
        var descriptors: [CInt] = [-1, -1]
        try #require(unsafe socketpair(AF_UNIX, SocketOptions.streamType, 0, &descriptors) == 0)
        let (events, continuation) = AsyncStream<End.Event>.makeStream()
        let end = End(on: loop, continuation)
        await end.start(Socket(descriptors[0]), pendingByteCountMax: pendingByteCountMax)
        return (end, events, descriptors[1])
    }

    static func write(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
        let count = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
        return count == bytes.count
    }

    /// What the connection says when the other end sends these bytes and hangs up.
    static func ending(of bytes: [UInt8]) async throws -> (frames: [Frame], error: TransportError?)
    {
        let (_, events, other) = try await stage()
        #expect(write(bytes, to: other))
        Glibc.close(other)
        var frames: [Frame] = []
        for await event in events {
            switch event {
            case .frame(let frame): frames.append(frame)
            case .closed(let error): return (frames, error)
            }
        }
        return (frames, nil)
    }

    @Test func `frames arrive in order, and the end is the end`() async throws {
        let (frames, error) = try await Self.ending(of: FrameDecoderTests.bytes)
        #expect(frames.map(\.wireBytes) == FrameDecoderTests.frames.map(\.wireBytes))
        #expect(error == .closedByPeer)
    }

    @Test func `a frame cut short is reported as such`() async throws {
        let (frames, error) = try await Self.ending(of: FrameDecoderTests.bytes.dropLast())
        #expect(frames.count == 2)
        #expect(error == .truncatedFrame)
    }

    @Test func `garbage closes the connection with the reason, after the good frames`() async throws
    {
        let (frames, error) = try await Self.ending(
            of: FrameDecoderTests.bytes
                + [UInt8]("GET / HTTP/1.1\r\nHost: mesh\r\n\r\n and so on".utf8))
        #expect(frames.count == 3)
        #expect(error == .badFrame(.notAFrame(magic: 0x2054_4547)))
    }

    @Test func `a peer that does not read is closed at the maximum of pending bytes`() async throws
    {
        let (end, events, other) = try await Self.stage(pendingByteCountMax: 4 << 20)
        let frame = Frame(
            kind: 20, requestID: 1, attachment: Attachment([UInt8](repeating: 1, count: 1 << 20)))
        for _ in 0..<6 { await end.send(frame) }
        for await event in events {
            guard case .closed(.slowConsumer(let pending, max: 4 << 20)) = event else { continue }
            #expect(pending > 4 << 20)
        }
        #expect(await end.pendingByteCount() == 0)
        Glibc.close(other)
    }

    /// Bytes in which a shift by any distance below 10,007 shows.
    static func pattern(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        let block = (0..<10_007).map { UInt8(truncatingIfNeeded: $0 &* $0) }
        while bytes.count < count { bytes += block.prefix(count - bytes.count) }
        return bytes
    }

    @Test func `large frames cross whole`() async throws {
        var descriptors: [CInt] = [-1, -1]
        try #require(unsafe socketpair(AF_UNIX, SocketOptions.streamType, 0, &descriptors) == 0)
        let (events, continuation) = AsyncStream<End.Event>.makeStream()
        let (_, ignored) = AsyncStream<End.Event>.makeStream()
        let (sender, receiver) = (
            End(on: Self.loop, ignored), End(on: EventLoopTests.loop, continuation)
        )
        await sender.start(Socket(descriptors[0]), pendingByteCountMax: 1 << 30)
        await receiver.start(Socket(descriptors[1]), pendingByteCountMax: 1 << 30)
        let sizes = [0, 1, 63, 16_383, 16_384, 16_385, 262_144, 3_000_001]
        for size in sizes {
            await sender.send(
                Frame(
                    kind: 1, requestID: UInt32(size), body: [1, 2],
                    attachment: Attachment(Self.pattern(size))))
        }
        var arrived: [Int] = []
        for await case .frame(let frame) in events {
            let size = Int(frame.requestID)
            #expect(frame.attachment.bytes == Self.pattern(size))
            arrived.append(size)
            if arrived.count == sizes.count { break }
        }
        #expect(arrived == sizes)
        await sender.close()
        await receiver.close()
    }
}
