import Checkpoint
import Testing

@Suite struct BlockFormatTests {
    let file: GGUFFile

    init() throws { file = try GGUFFile(path: fixture("blocks.gguf")) }

    /// The oracle is the gguf package; decoding has no rounding to differ in, so bits must be
    /// equal.
    @Test(arguments: StorageType.allCases)
    func `decoded blocks equal those of the gguf package to the bit`(storage: StorageType) throws {
        let decoded = try file.floats("\(storage)")
        let expected = try file.floats("\(storage).decoded")
        #expect(decoded.count >= 32)
        #expect(decoded.map(\.bitPattern) == expected.map(\.bitPattern))
    }

    @Test(arguments: [StorageType.float16, .bfloat16, .q8_0, .q4_0, .q4_1])
    func `encoded blocks equal those of the gguf package to the bit`(storage: StorageType) throws {
        let numbers = try file.floats("input")
        let expected = try file.tensor("\(storage).encoded").bytes
        #expect(
            BlockFormat.encode(numbers, storage: storage) == expected.file.bytes(in: expected.range)
        )
    }

    /// Half a step of the block's scale, which is at most 1/127 (Q8_0) or 1/7.5 (4 bits) of its
    /// extreme; 1 % on top for the scale's own rounding to half precision.
    @Test(arguments: [(StorageType.q8_0, Float(127)), (.q4_0, 8), (.q4_1, 7.5)])
    func `an encoded number comes back within half a step`(storage: StorageType, steps: Float) {
        let numbers = (0..<320).map { Float($0 * 7919 % 641 - 320) / 100 }
        let decoded = BlockFormat.decode(
            BlockFormat.encode(numbers, storage: storage)!, storage: storage)
        for start in stride(from: 0, to: 320, by: 32) {
            let block = numbers[start..<start + 32]
            let step = block.map(abs).max()! / steps
            // Q4_0 has no code for the opposite extreme: its error there is a whole step.
            let bound = step * (storage == .q4_0 ? 1.01 : 0.51)
            for i in block.indices { #expect(abs(numbers[i] - decoded[i]) <= bound) }
        }
    }

    @Test func `numbers that are not whole blocks are not encoded`() {
        #expect(BlockFormat.encode([1, 2, 3], storage: .q8_0) == nil)
        #expect(StorageType.q6_K.byteCount(of: 255) == nil)
        #expect(StorageType.float32.byteCount(of: .max) == nil)
        #expect(StorageType.float32.byteCount(of: -4) == nil)
        #expect(TensorInfo(name: "rows of half a block", storage: .q8_0, shape: [2, 16]) == nil)
    }
}
