import Mesh
import Transport
import Wire

/// The other end of a connection, frame by frame and without Mesh: it can be silent, late, or
/// wrong.
struct Stranger {
    private let socket: Socket

    init(_ address: SocketAddress) async throws {
        socket = try await Socket.connect(to: address, on: Loops.client, within: .seconds(20))
    }

    /// Connects and exchanges Hellos.
    init(_ address: SocketAddress, saying hello: Hello) async throws {
        try await self.init(address)
        try send(
            Frame(
                kind: MessageKind.hello.rawValue, requestID: 1, deadlineMilliseconds: 1000,
                body: hello.encoded()))
        _ = try await receive()
    }

    func send(_ frame: Frame) throws { try socket.send(frame) }

    /// The next frame that is not a Ping.
    func receive() async throws -> Frame {
        while true {
            let frame = try await socket.receive(
                limits: .open, on: Loops.client, within: .seconds(20))
            if frame.kind != MessageKind.ping.rawValue { return frame }
        }
    }

    func close() { socket.close() }
}
