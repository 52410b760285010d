/// Why bytes are not JSON, and where.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    public let reason: String
    /// Counted from the first byte.
    public let byteOffset: Int

    public var description: String { "\(reason) at byte \(byteOffset)" }
}
