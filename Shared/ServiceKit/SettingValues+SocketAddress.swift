public import Transport

extension SettingValues {
    /// A mesh address: `HOST:PORT` or `unix:PATH`.
    public func socketAddress(_ name: String) throws(SettingError) -> SocketAddress {
        try socketAddress(name, string(name))
    }

    /// Mesh addresses by commas; at least one.
    public func socketAddresses(_ name: String) throws(SettingError) -> [SocketAddress] {
        var addresses: [SocketAddress] = []
        for text in list(name) { addresses.append(try socketAddress(name, text)) }
        guard !addresses.isEmpty else { throw invalid(name, expected: "at least one address") }
        return addresses
    }

    private func socketAddress(
        _ name: String, _ text: String
    ) throws(SettingError) -> SocketAddress {
        do { return try SocketAddress(text) } catch {
            throw invalid(name, expected: "an address such as 127.0.0.1:7000 (\(error))")
        }
    }
}
