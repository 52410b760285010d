/// Reads little-endian numbers and strings one after another; throws `malformed` instead of passing
/// the end.
struct ByteReader {
    private let file: MappedFile
    private(set) var offset = 0

    init(_ file: MappedFile) { self.file = file }

    var remaining: Int { file.byteCount - offset }

    mutating func integer<Number: FixedWidthInteger>(
        _: Number.Type = Number.self
    ) throws(CheckpointError) -> Number {
        let start = try advance(Number.bitWidth / 8)
        return unsafe file.withBytes { bytes in
            unsafe Number(
                littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Number.self))
        }
    }

    /// A 64-bit count of things that take at least `byteCountMin` bytes each in the rest of the
    /// file, so that room for them may be reserved.
    mutating func count(
        of what: String, byteCountMin: Int, max: Int
    ) throws(CheckpointError) -> Int {
        let raw = try integer(UInt64.self)
        guard let count = Int(exactly: raw), count <= remaining / byteCountMin else {
            throw malformed("\(raw) \(what) do not fit into the \(remaining) bytes that follow")
        }
        guard count <= max else { throw malformed("\(raw) \(what); at most \(max) are accepted") }
        return count
    }

    /// UTF-8 text behind its 64-bit byte count.
    mutating func string(byteCountMax: Int) throws(CheckpointError) -> String {
        let count = try count(of: "bytes of text", byteCountMin: 1, max: byteCountMax)
        let start = try advance(count)
        let text = unsafe file.withBytes { bytes in
            unsafe String(validating: bytes[start..<start + count], as: UTF8.self)
        }
        guard let text else { throw malformed("text is not UTF-8") }
        return text
    }

    /// Passes `count` bytes and returns the offset of the first.
    mutating func advance(_ count: Int) throws(CheckpointError) -> Int {
        guard count <= remaining else {
            throw malformed("\(count) bytes expected, but only \(remaining) follow")
        }
        defer { offset += count }
        return offset
    }

    func malformed(_ reason: String) -> CheckpointError {
        .malformed(path: file.path, reason: "byte \(offset): \(reason)")
    }
}
