import Glibc
import Testing

@testable import Transport

@Suite struct ListenerTests {
    static let loop = EventLoop(name: "test listener")

    actor Door: LoopBound {
        nonisolated let loop: EventLoop
        private var listener: Listener?
        private let visitors: AsyncStream<Socket>.Continuation

        init(on loop: EventLoop, _ visitors: AsyncStream<Socket>.Continuation) {
            self.loop = loop
            self.visitors = visitors
        }

        func open(_ socket: ListeningSocket) {
            listener = Listener(socket, on: loop) { [visitors] in visitors.yield($0) }
        }

        func close() {
            listener?.close()
            visitors.finish()
        }
    }

    @Test func `a second service on the same unix socket is refused, a stale file is not`()
        async throws
    {
        let address = SocketAddress.unix(path: "/tmp/mesh-listener-\(getpid()).sock")
        let first = try await ListeningSocket(on: address)
        await #expect(throws: TransportError.addressInUse("\(address)")) {
            try await ListeningSocket(on: address)
        }
        // As a killed process would leave it: the socket closed, the file there.
        first.socket.close()
        let second = try await ListeningSocket(on: address)
        second.socket.close()
        if case .unix(let path) = address { unsafe #expect(unlink(path) == 0) }
    }

    @Test func `what waits in the queue when the door closes is still let in`() async throws {
        let (visitors, continuation) = AsyncStream<Socket>.makeStream()
        let socket = try await ListeningSocket(on: .tcp(host: "127.0.0.1", port: 0))
        var callers: [Socket] = []
        for _ in 0..<10 {
            callers.append(
                try await Socket.connect(to: socket.address, on: Self.loop, within: .seconds(5)))
        }
        let door = Door(on: Self.loop, continuation)
        await door.open(socket)
        await door.close()
        var count = 0
        for await _ in visitors { count += 1 }
        #expect(count == 10)
        #expect(callers.count == 10)
    }

    @Test func `a port nobody listens on refuses, a name nobody knows cannot be resolved`()
        async throws
    {
        let socket = try await ListeningSocket(on: .tcp(host: "127.0.0.1", port: 0))
        socket.socket.close()
        await #expect(throws: TransportError.self) {
            try await Socket.connect(to: socket.address, on: Self.loop, within: .seconds(5))
        }
        await #expect {
            try await Socket.connect(
                to: .tcp(host: "no.such.host.invalid", port: 1), on: Self.loop, within: .seconds(5))
        } throws: { error in
            if case TransportError.unresolvable = error { true } else { false }
        }
    }
}
