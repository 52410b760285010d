internal import CPostgres

/// The values of a statement as libpq takes them: in binary format, one after the other.
struct PostgresParameters {
    private var types: [Oid] = []
    private var bytes: [UInt8] = []
    /// Where each value is in `bytes`; nil is NULL.
    private var ranges: [Range<Int>?] = []

    /// Nil when a text has the character U+0000.
    init?(_ values: [SQLValue]) {
        for value in values {
            if case .text(let text) = value, text.utf8.contains(0) { return nil }
            append(value)
        }
        // A value without bytes needs an address, too.
        bytes.append(0)
    }

    private mutating func append(_ value: SQLValue) {
        switch value {
        case .null:
            types.append(PostgresType.inferred)
            ranges.append(nil)
        case .integer(let integer):
            append(Self.bytes(UInt64(bitPattern: integer)), PostgresType.integer)
        case .real(let real): append(Self.bytes(real.bitPattern), PostgresType.real)
        case .text(let text): append(Array(text.utf8), PostgresType.text)
        case .blob(let blob): append(blob, PostgresType.blob)
        }
    }

    private mutating func append(_ value: [UInt8], _ type: Oid) {
        types.append(type)
        ranges.append(bytes.count..<bytes.count + value.count)
        bytes += value
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }

    /// Hands a statement with these values to libpq, which copies them. False when it has no
    /// memory or no connection.
    func send(_ sql: String, on connection: OpaquePointer) -> Bool {
        let lengths = ranges.map { Int32($0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: ranges.count)
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            let start = unsafe UnsafeRawPointer(buffer.baseAddress!)
                .assumingMemoryBound(to: CChar.self)
            let values = unsafe ranges.map { range in
                unsafe range.map { unsafe start + $0.lowerBound }
            }
            return unsafe PQsendQueryParams(
                connection, sql, Int32(values.count), types, values, lengths, formats, 1) == 1
        }
    }
}
