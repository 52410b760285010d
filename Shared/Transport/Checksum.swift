internal import CChecksum

/// CRC32C of bytes that come in pieces.
struct Checksum {
    /// Of the bytes so far; 0 while there are none.
    private(set) var value: UInt32 = 0

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        value = unsafe cc_crc32c(value, bytes.baseAddress, bytes.count)
    }
}
