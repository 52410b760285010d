/// A value on its way into a statement.
public enum SQLValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    /// An integer as Swift counts with it.
    public static func integer(_ value: Int) -> SQLValue { .integer(Int64(value)) }

    /// Floats as little-endian IEEE 754 bytes, 4 each.
    public static func floats(_ values: [Float]) -> SQLValue {
        .blob(
            values.flatMap { value in
                let bits = value.bitPattern
                return [
                    UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8),
                    UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 24),
                ]
            })
    }
}

extension SQLValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral
{
    /// `1`
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// `"text"`
    public init(stringLiteral value: String) { self = .text(value) }
    /// `nil`
    public init(nilLiteral: ()) { self = .null }
}
