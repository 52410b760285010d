/// Asks the system for addresses of names, on a thread of its own, because the system's call
/// blocks.
actor Resolver: LoopBound {
    nonisolated let loop = EventLoop(name: "resolver")

    static let shared = Resolver()

    private func resolve(host: String, port: UInt16) throws(TransportError) -> [SystemAddress] {
        try SystemAddress.resolve(host: host, port: port, numericOnly: false)
    }

    static func addresses(of address: SocketAddress) async throws(TransportError) -> [SystemAddress]
    {
        switch address {
        case .unix(let path):
            return [SystemAddress(unixPath: path)]
        case .tcp(let host, let port):
            do throws(TransportError) {
                return try SystemAddress.resolve(host: host, port: port, numericOnly: true)
            } catch {
                return try await shared.resolve(host: host, port: port)
            }
        }
    }
}
