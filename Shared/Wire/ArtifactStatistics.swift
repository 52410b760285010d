/// A resident artifact, and what it has done since it was loaded.
///
/// Travels as a record of 64 bytes, so that a million of them fit into an attachment: the digest,
/// then four numbers of 8 bytes, little-endian, in the order of the properties.
public struct ArtifactStatistics: Sendable, Equatable {
    public static let recordByteCount = digestByteCount + 4 * numberByteCount
    private static let digestByteCount = 32
    private static let numberByteCount = 8

    /// SHA-256 of the artifact.
    public var digest: [UInt8]
    public var byteCount: Int
    public var rowCount: Int
    /// Sum of the gate weights of those rows.
    public var weightMass: Double
    public var computeNanoseconds: Int

    public init(
        digest: [UInt8], byteCount: Int, rowCount: Int = 0, weightMass: Double = 0,
        computeNanoseconds: Int = 0
    ) {
        self.digest = digest
        self.byteCount = byteCount
        self.rowCount = rowCount
        self.weightMass = weightMass
        self.computeNanoseconds = computeNanoseconds
    }

    fileprivate init(record: ArraySlice<UInt8>) throws(WireError) {
        func number(_ index: Int) -> UInt64 {
            let start = record.startIndex + Self.digestByteCount + index * Self.numberByteCount
            return record[start..<start + Self.numberByteCount].reversed()
                .reduce(0) { $0 << 8 | UInt64($1) }
        }
        self.init(
            digest: Array(record.prefix(Self.digestByteCount)),
            byteCount: try Read.integer(number(0), "byteCount"),
            rowCount: try Read.integer(number(1), "rowCount"),
            weightMass: Double(bitPattern: number(2)),
            computeNanoseconds: try Read.integer(number(3), "computeNanoseconds"))
    }

    fileprivate var record: [UInt8] {
        let numbers = [
            UInt64(byteCount), UInt64(rowCount), weightMass.bitPattern, UInt64(computeNanoseconds),
        ]
        return digest
            + numbers.flatMap { number in
                (0..<Self.numberByteCount).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
            }
    }
}

extension [ArtifactStatistics] {
    public var records: [UInt8] { flatMap(\.record) }

    /// Throws `partOfRecord` when the bytes are no whole records, `outOfRange` for a number that is
    /// none of ours.
    public init(records bytes: [UInt8]) throws(WireError) {
        self = []
        let step = ArtifactStatistics.recordByteCount
        guard bytes.count.isMultiple(of: step) else { throw .partOfRecord(byteCount: bytes.count) }
        reserveCapacity(bytes.count / step)
        for start in stride(from: 0, to: bytes.count, by: step) {
            append(try ArtifactStatistics(record: bytes[start..<start + step]))
        }
    }
}
