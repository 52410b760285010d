internal import Glibc

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

extension SocketAddress {
    /// What it stands for now: for a name, each of its addresses with its host in numbers, once;
    /// for any other, itself.
    public func resolved() async throws(TransportError) -> [SocketAddress] {
        guard case .tcp(_, let port) = self else { return [self] }
        var seen: Set<SocketAddress> = []
        return try await Resolver.addresses(of: self).compactMap { $0.numeric(port: port) }
            .filter { seen.insert($0).inserted }
    }
}

/// The system's name for the machine; empty where it has none.
public func systemHostName() -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(HOST_NAME_MAX) + 1) { name in
        guard let text = name.baseAddress, unsafe gethostname(text, name.count) == 0 else {
            return ""
        }
        return unsafe String(cString: text)
    }
}
