internal import NIOConcurrencyHelpers

/// The bytes of request bodies that all connections of a server may hold at once: each is small,
/// but there are many.
final class BodyBudget: Sendable {
    private let byteCountMax: Int
    private let byteCount = NIOLockedValueBox(0)

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    /// False when it would be too much; then nothing is reserved.
    func reserve(_ count: Int) -> Bool {
        byteCount.withLockedValue { held in
            guard count <= byteCountMax - held else { return false }
            held += count
            return true
        }
    }

    func release(_ count: Int) { byteCount.withLockedValue { $0 -= count } }

    var reserved: Int { byteCount.withLockedValue { $0 } }
}
