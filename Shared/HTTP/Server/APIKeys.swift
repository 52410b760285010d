/// The keys that open a server. Presented as `Authorization: Bearer KEY`.
public struct APIKeys: Sendable {
    private let keys: [[UInt8]]

    /// - Returns: nil when there is no key, that is, when everyone may.
    public init?(_ keys: [String]) {
        guard !keys.isEmpty else { return nil }
        self.keys = keys.map { Array($0.utf8) }
    }

    /// - Parameter header: the value of the `Authorization` field.
    func admit(_ header: String?) -> Bool {
        let scheme = "bearer "
        guard let header, header.lowercased().hasPrefix(scheme) else { return false }
        let presented = Array(header.utf8.dropFirst(scheme.utf8.count))
        // Every key is compared to its end, so that time says nothing about which one nearly
        // matched.
        return keys.map { Self.equal($0, presented) }.contains(true)
    }

    /// Takes as long for a wrong first byte as for a wrong last one.
    private static func equal(_ key: [UInt8], _ presented: [UInt8]) -> Bool {
        var difference = key.count ^ presented.count
        for index in key.indices {
            let byte = index < presented.count ? presented[index] : 0
            difference |= Int(key[index] ^ byte)
        }
        return difference == 0
    }
}
