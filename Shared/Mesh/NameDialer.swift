public import Transport

/// Keeps a connection to every process that a name stands for.
///
/// The name is resolved again and again: what is new is dialled, what has vanished is not dialled
/// any more. A connection that works stays, whatever the name says: a resolver may fail, or answer
/// with some of the addresses only.
public struct NameDialer: Sendable {
    public typealias Resolve =
        @Sendable (SocketAddress) async throws(TransportError) -> [SocketAddress]

    private let name: SocketAddress
    private let interval: Duration
    private let resolve: Resolve
    private let onFailure: @Sendable (TransportError) -> Void
    private let redial: @Sendable (SocketAddress) -> Redial

    /// - Parameters:
    ///   - interval: From one look-up to the next.
    ///   - onFailure: Called for each look-up that failed; for the log.
    ///   - redial: How to keep a connection to one address.
    public init(
        to name: SocketAddress, every interval: Duration = .seconds(5),
        resolve: @escaping Resolve = { address throws(TransportError) in
            try await address.resolved()
        },
        onFailure: @escaping @Sendable (TransportError) -> Void = { _ in },
        redial: @escaping @Sendable (SocketAddress) -> Redial
    ) {
        self.name = name
        self.interval = interval
        self.resolve = resolve
        self.onFailure = onFailure
        self.redial = redial
    }

    /// Runs until the calling task is cancelled, and then closes the connections.
    public func run() async {
        let addresses = NameAddresses()
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for address in await lookUp(addresses) {
                    group.addTask {
                        await redial(address).run { await addresses.isWanted(address) }
                        await addresses.ended(address)
                    }
                }
                guard (try? await Task.sleep(for: interval)) != nil else { return }
            }
        }
    }

    /// The addresses to be dialled now.
    private func lookUp(_ addresses: NameAddresses) async -> [SocketAddress] {
        do throws(TransportError) {
            return await addresses.resolved(try await resolve(name))
        } catch {
            onFailure(error)
            return []
        }
    }
}

/// The addresses of a name: those that it stands for, and those that are being dialled.
actor NameAddresses {
    private var wanted: Set<SocketAddress> = []
    private var dialled: Set<SocketAddress> = []

    /// - Returns: What is to be dialled now.
    func resolved(_ addresses: [SocketAddress]) -> [SocketAddress] {
        wanted = Set(addresses)
        return addresses.filter { dialled.insert($0).inserted }
    }

    func isWanted(_ address: SocketAddress) -> Bool { wanted.contains(address) }

    /// It is no longer dialled; when it is wanted again, it will be.
    func ended(_ address: SocketAddress) { dialled.remove(address) }
}
