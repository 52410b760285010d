/// Reference encoders, rounding as ggml's do (`quantize_row_*_ref`): for tests and for making small
/// files, not for speed.
extension BlockFormat {
    /// `numbers` in the given storage, or nil when they are not whole blocks or the type has no
    /// encoder (Q6_K).
    public static func encode(_ numbers: [Float], storage: StorageType) -> [UInt8]? {
        guard storage != .q6_K, let byteCount = storage.byteCount(of: numbers.count) else {
            return nil
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        for start in stride(from: 0, to: numbers.count, by: storage.blockLength) {
            append(numbers[start..<start + storage.blockLength], storage, to: &bytes)
        }
        return bytes
    }

    private static func append(
        _ block: ArraySlice<Float>, _ storage: StorageType, to bytes: inout [UInt8]
    ) {
        switch storage {
        case .float32: bytes.append(littleEndian: block[block.startIndex].bitPattern)
        case .float16: bytes.append(half: block[block.startIndex])
        case .bfloat16: bytes.append(littleEndian: bfloat16(block[block.startIndex]))
        case .q8_0: appendQ8_0(block, to: &bytes)
        case .q4_0: appendQ4_0(block, to: &bytes)
        case .q4_1: appendQ4_1(block, to: &bytes)
        case .q6_K: preconditionFailure("refused by encode")
        }
    }

    /// The upper half of the bits, rounded to nearest, ties to even; a NaN stays one.
    private static func bfloat16(_ number: Float) -> UInt16 {
        let bits = number.bitPattern
        if number.isNaN { return UInt16(bits >> 16) | 64 }
        return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
    }

    /// scale = largest magnitude / 127.
    private static func appendQ8_0(_ block: ArraySlice<Float>, to bytes: inout [UInt8]) {
        let scale = block.reduce(0) { max($0, abs($1)) } / 127
        let inverse = scale == 0 ? 0 : 1 / scale
        bytes.append(half: scale)
        for number in block {
            let rounded = (number * inverse).rounded(.toNearestOrAwayFromZero)
            bytes.append(UInt8(bitPattern: Int8(rounded)))
        }
    }

    /// scale = the number of largest magnitude, with its sign, / −8: so that number is exactly
    /// nibble 0.
    private static func appendQ4_0(_ block: ArraySlice<Float>, to bytes: inout [UInt8]) {
        var extreme: Float = 0
        for number in block where abs(number) > abs(extreme) { extreme = number }
        let scale = extreme / -8
        let inverse = scale == 0 ? 0 : 1 / scale
        bytes.append(half: scale)
        bytes.append(nibbles: block.map { $0 * inverse + 8.5 })
    }

    /// scale = range / 15, minimum = smallest.
    private static func appendQ4_1(_ block: ArraySlice<Float>, to bytes: inout [UInt8]) {
        let minimum = block.reduce(.infinity, min)
        let scale = (block.reduce(-.infinity, max) - minimum) / 15
        let inverse = scale == 0 ? 0 : 1 / scale
        bytes.append(half: scale)
        bytes.append(half: minimum)
        bytes.append(nibbles: block.map { ($0 - minimum) * inverse + 0.5 })
    }
}

extension [UInt8] {
    mutating func append(littleEndian number: some FixedWidthInteger) {
        for shift in stride(from: 0, to: type(of: number).bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    fileprivate mutating func append(half number: Float) {
        append(littleEndian: Float16(number).bitPattern)
    }

    /// 32 numbers, cut off to 0...15, number j beside number j + 16.
    fileprivate mutating func append(nibbles numbers: [Float]) {
        let nibbles = numbers.map { UInt8(Swift.min(Swift.max($0, 0), 15)) }
        for j in 0..<16 { append(nibbles[j] | nibbles[j + 16] << 4) }
    }
}
