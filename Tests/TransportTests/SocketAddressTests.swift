import Testing
import Transport

@Suite struct SocketAddressTests {
    @Test(arguments: [
        ("unix:/run/mesh.sock", SocketAddress.unix(path: "/run/mesh.sock")),
        ("router.mesh:7000", .tcp(host: "router.mesh", port: 7000)),
        ("127.0.0.1:0", .tcp(host: "127.0.0.1", port: 0)),
        ("[::1]:65535", .tcp(host: "::1", port: 65535)),
    ])
    func `an address reads and prints alike`(text: String, address: SocketAddress) throws {
        #expect(try SocketAddress(text) == address)
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", "host", ":80", "host:", "host:65536", "host:-1", "host:http", "::1:80", "unix:",
        "unix:relative",
        "unix:/" + String(repeating: "x", count: 107), "unix:/a\0b", "a\0b:80",
    ])
    func `what is no address is refused`(text: String) {
        #expect(throws: TransportError.badAddress(text)) { try SocketAddress(text) }
    }
}
