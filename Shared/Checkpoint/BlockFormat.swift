/// Reference decoders of the storage types: plain, obvious and slow.
/// The kernels that compute with weights must equal them to the bit.
///
/// Layouts are those of GGUF (ggml): little-endian, scales as IEEE half precision, and within a
/// block of 4-bit numbers byte j holds number j in its low half and number j + 16 in its high half.
public enum BlockFormat {
    /// The numbers stored in `bytes`, which must be whole blocks.
    public static func decode(_ bytes: UnsafeRawBufferPointer, storage: StorageType) -> [Float] {
        let blockCount = bytes.count / storage.blockByteCount
        precondition(blockCount * storage.blockByteCount == bytes.count)
        let count = blockCount * storage.blockLength
        return unsafe [Float](unsafeUninitializedCapacity: count) { numbers, initializedCount in
            for block in 0..<blockCount {
                let start = block * storage.blockByteCount
                let source = unsafe Block(bytes: bytes, start: start)
                let target = numbers.extracting((block * storage.blockLength)...)
                unsafe decodeBlock(source, storage, target)
            }
            initializedCount = count
        }
    }

    /// The numbers stored in `bytes`, which must be whole blocks.
    public static func decode(_ bytes: [UInt8], storage: StorageType) -> [Float] {
        unsafe bytes.withUnsafeBytes { unsafe decode($0, storage: storage) }
    }

    private static func decodeBlock(
        _ block: Block, _ storage: StorageType, _ numbers: UnsafeMutableBufferPointer<Float>
    ) {
        switch storage {
        case .float32: unsafe numbers[0] = Float(bitPattern: block.word32(0))
        case .float16: unsafe numbers[0] = block.half(0)
        case .bfloat16: unsafe numbers[0] = Float(bitPattern: UInt32(block.word16(0)) << 16)
        case .q8_0: unsafe decodeQ8_0(block, numbers)
        case .q4_0: unsafe decodeQ4_0(block, numbers)
        case .q4_1: unsafe decodeQ4_1(block, numbers)
        case .q6_K: unsafe decodeQ6_K(block, numbers)
        }
    }

    /// scale, 32 signed bytes: number = byte · scale.
    private static func decodeQ8_0(
        _ block: Block, _ numbers: UnsafeMutableBufferPointer<Float>
    ) {
        let scale = block.half(0)
        for j in 0..<32 { unsafe numbers[j] = Float(block.signed(2 + j)) * scale }
    }

    /// scale, 16 bytes of two numbers: number = (nibble − 8) · scale.
    private static func decodeQ4_0(
        _ block: Block, _ numbers: UnsafeMutableBufferPointer<Float>
    ) {
        let scale = block.half(0)
        for j in 0..<16 {
            let pair = Int(block.byte(2 + j))
            unsafe numbers[j] = Float((pair & 15) - 8) * scale
            unsafe numbers[j + 16] = Float((pair >> 4) - 8) * scale
        }
    }

    /// scale, minimum, 16 bytes of two numbers: number = nibble · scale + minimum.
    private static func decodeQ4_1(
        _ block: Block, _ numbers: UnsafeMutableBufferPointer<Float>
    ) {
        let scale = block.half(0)
        let minimum = block.half(2)
        for j in 0..<16 {
            let pair = block.byte(4 + j)
            unsafe numbers[j] = Float(pair & 15) * scale + minimum
            unsafe numbers[j + 16] = Float(pair >> 4) * scale + minimum
        }
    }

    /// 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, one scale of the
    /// scales. Each half of the block holds 128 numbers as four runs of 32: run r takes its low
    /// bits from 32 of the 64 low bytes (runs 0 and 1 the low nibbles, 2 and 3 the high ones) and
    /// bits 2r, 2r+1 of 32 high bytes. number = (scale · scales[i / 16]) · (6 bits − 32).
    private static func decodeQ6_K(
        _ block: Block, _ numbers: UnsafeMutableBufferPointer<Float>
    ) {
        let scale = block.half(208)
        for i in 0..<256 {
            let (half, run, j) = (i / 128, i / 32 % 4, i % 32)
            let low = block.byte(64 * half + 32 * (run % 2) + j) >> (run < 2 ? 0 : 4) & 15
            let high = block.byte(128 + 32 * half + j) >> (2 * run) & 3
            let number = Float(Int(low | high << 4) - 32)
            unsafe numbers[i] = scale * Float(block.signed(192 + i / 16)) * number
        }
    }
}

/// One block, read number by number.
@safe private struct Block {
    let bytes: UnsafeRawBufferPointer
    let start: Int

    func byte(_ offset: Int) -> UInt8 { unsafe bytes[start + offset] }
    func signed(_ offset: Int) -> Int8 { Int8(bitPattern: byte(offset)) }
    func word16(_ offset: Int) -> UInt16 {
        unsafe UInt16(
            littleEndian: bytes.loadUnaligned(fromByteOffset: start + offset, as: UInt16.self))
    }
    func word32(_ offset: Int) -> UInt32 {
        unsafe UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: start + offset, as: UInt32.self))
    }
    func half(_ offset: Int) -> Float { Float(Float16(bitPattern: word16(offset))) }
}
