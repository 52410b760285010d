import CChecksum
import Testing

@testable import Transport

@Suite struct ChecksumTests {
    @Test func `the checksums of RFC 3720 come out`() {
        let zeros = [UInt8](repeating: 0, count: 32)
        let ones = [UInt8](repeating: 0xff, count: 32)
        let expected: [([UInt8], UInt32)] = [
            ([], 0), ([UInt8]("123456789".utf8), 0xe306_9283), (zeros, 0x8a91_36aa),
            (ones, 0x62a8_ab43), ([UInt8](0..<32), 0x46dd_794e),
        ]
        for (bytes, checksum) in expected {
            #expect(Self.fast(bytes) == checksum)
            #expect(Self.portable(bytes) == checksum)
            #expect(Self.twin(bytes) == checksum)
        }
    }

    @Test func `fast, portable and plain agree at every length and alignment`() {
        // Past one long and one short stretch, with every remainder.
        let bytes = ConnectionTests.pattern(4000)
        for count in 0...3600 {
            let piece = [UInt8](bytes[(count % 17)...].prefix(count))
            let expected = Self.twin(piece)
            #expect(Self.fast(piece) == expected, "\(count) bytes")
            #expect(Self.portable(piece) == expected, "\(count) bytes")
        }
    }

    @Test func `pieces have the checksum of the whole`() {
        let bytes = ConnectionTests.pattern(10_000)
        let whole = Self.twin(bytes)
        for cut in stride(from: 0, through: bytes.count, by: 97) {
            var checksum = Checksum()
            unsafe bytes[..<cut].withUnsafeBytes { unsafe checksum.add($0) }
            unsafe bytes[cut...].withUnsafeBytes { unsafe checksum.add($0) }
            #expect(checksum.value == whole, "cut at \(cut)")
        }
    }

    static func fast(_ bytes: [UInt8]) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe cc_crc32c(0, $0.baseAddress, $0.count) }
    }

    static func portable(_ bytes: [UInt8]) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe cc_portable_crc32c(0, $0.baseAddress, $0.count) }
    }

    /// The definition: one byte at a time, by a table made bit by bit.
    static func twin(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value >> 1 ^ (value & 1) * 0x82f6_3b78 }
    }
}
