import LinearAlgebra
import Support

extension SplitMix64 {
    /// Numbers in [-1, 1).
    mutating func floats(_ count: Int) -> [Float] {
        (0..<count).map { _ in Float.random(in: -1..<1, using: &self) }
    }

    mutating func matrix(_ rows: Int, _ columns: Int) -> Matrix {
        Matrix(rowCount: rows, columnCount: columns, elements: floats(rows * columns))
    }

    /// Random quants under small finite scales: every bit pattern that a file could hold, but for
    /// the scales.
    mutating func weights(
        _ storage: WeightStorage, rows: Int, columns: Int
    ) throws -> (WeightMatrix, bytes: [UInt8]) {
        let blockCount = rows * columns / storage.blockLength
        var bytes = randomBytes(blockCount * storage.blockByteCount)
        for block in 0..<blockCount { tame(&bytes, storage, block * storage.blockByteCount) }
        let matrix = try WeightMatrix(
            storage: storage, rowCount: rows, columnCount: columns, bytes: OwnedBytes(bytes))
        return (matrix, bytes)
    }

    private mutating func randomBytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = next()
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (shift * 8))) }
        }
        return Array(bytes[..<count])
    }

    /// Gives the floats of a block values between 0.002 and 1: the exponent's high bits are set,
    /// not drawn.
    private func tame(_ bytes: inout [UInt8], _ storage: WeightStorage, _ start: Int) {
        switch storage {
        case .float32: bytes[start + 3] = bytes[start + 3] & 0x80 | 0x3d
        case .float16: bytes[start + 1] = bytes[start + 1] & 0x87 | 0x30
        case .bfloat16: bytes[start + 1] = bytes[start + 1] & 0x80 | 0x3d
        case .q8_0, .q4_0: bytes[start + 1] = bytes[start + 1] & 0x87 | 0x18
        case .q4_1:
            bytes[start + 1] = bytes[start + 1] & 0x87 | 0x20
            bytes[start + 3] = bytes[start + 3] & 0x87 | 0x28
        case .q6_K: bytes[start + 209] = bytes[start + 209] & 0x87 | 0x18
        }
    }
}
