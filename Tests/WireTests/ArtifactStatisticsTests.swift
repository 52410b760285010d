import Testing
import Wire

@Suite struct ArtifactStatisticsTests {
    private let one = ArtifactStatistics(
        digest: Array(1...32), byteCount: 1 << 33, rowCount: 1 << 40, weightMass: 0.25,
        computeNanoseconds: 0x0102)

    @Test func `a record is the digest and four numbers, little-endian`() {
        let bytes = [one].records
        #expect(bytes.count == ArtifactStatistics.recordByteCount)
        #expect(Array(bytes[..<32]) == Array(1...32))
        #expect(Array(bytes[32..<40]) == [0, 0, 0, 0, 2, 0, 0, 0])
        #expect(Array(bytes[48..<56]) == [0, 0, 0, 0, 0, 0, 0xd0, 0x3f])
        #expect(Array(bytes[56...]) == [2, 1, 0, 0, 0, 0, 0, 0])
    }

    @Test func `records are read as they were written`() throws {
        var other = one
        other.digest.reverse()
        let both = [one, other]
        #expect(try [ArtifactStatistics](records: both.records) == both)
        #expect(try [ArtifactStatistics](records: []).isEmpty)
    }

    @Test func `half a record and a number beyond 63 bits are refused`() {
        var bytes = [one].records
        #expect(throws: WireError.partOfRecord(byteCount: 63)) {
            try [ArtifactStatistics](records: bytes.dropLast())
        }
        bytes[39] = 0x80
        #expect(throws: WireError.outOfRange(field: "byteCount")) {
            try [ArtifactStatistics](records: bytes)
        }
    }
}
