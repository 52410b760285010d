import LinearAlgebra
import Support
import Testing

struct WeightMatrixTests {
    static let storages = WeightStorage.allCases

    /// 64-wide experts, lengths that leave a rest of each kernel's group, and plain rows of odd
    /// length.
    static func widths(_ storage: WeightStorage) -> [Int] {
        switch storage.blockLength {
        case 1: [1, 7, 16, 37, 576]
        case 32: [32, 64, 96, 128, 160, 576]
        default: [256, 768]
        }
    }

    @Test(arguments: storages)
    func `rows dequantise exactly as the format says`(storage: WeightStorage) throws {
        var random = SplitMix64(seed: 1)
        let (weights, bytes) = try random.weights(storage, rows: 3, columns: 768)
        let expected = Twin.decode(storage, bytes)
        // One rounding of the product, one of the sum.
        let isExact = zip(weights.dequantised().elements, expected).allSatisfy {
            abs(Double($0) - $1) <= abs($1) * 1.2e-7 + 1e-8
        }
        #expect(isExact)
        #expect(weights.row(2) == Array(weights.dequantised().row(2)))
    }

    @Test(arguments: storages)
    func `products equal the float64 twin`(storage: WeightStorage) throws {
        var random = SplitMix64(seed: 2)
        for width in Self.widths(storage) {
            let (weights, bytes) = try random.weights(storage, rows: 11, columns: width)
            let decoded = Twin.decode(storage, bytes)
            for rowCount in [1, 2, 3, 4, 7, 64] {
                let x = random.matrix(rowCount, width)
                let twin = Twin.product(x, decoded, rows: 11)
                // float32 sums of up to 768 terms in 8 lanes or more. Formats with an offset add
                // and take away up to 8 times a quant, so their error may be that much larger.
                #expect(twin.relativeError(of: weights.product(with: x).elements) < 4e-6)
            }
        }
    }

    @Test(arguments: storages)
    func `a row's result does not depend on its neighbours`(storage: WeightStorage) throws {
        var random = SplitMix64(seed: 3)
        let (weights, _) = try random.weights(storage, rows: 21, columns: 256)
        let x = random.matrix(70, 256)
        let together = weights.product(with: x)
        for row in 0..<70 {
            #expect(
                weights.product(with: x.rows(row..<row + 1)).elements == Array(together.row(row)))
        }
    }

    @Test func `bytes that do not fit the shape are refused`() {
        #expect(throws: LinearAlgebraError.wrongByteCount(expected: 40, found: 39)) {
            try WeightMatrix(
                storage: .q4_1, rowCount: 2, columnCount: 32,
                bytes: OwnedBytes([UInt8](repeating: 0, count: 39)))
        }
        #expect(throws: LinearAlgebraError.raggedRow(columnCount: 33, blockLength: 32)) {
            try WeightMatrix(
                storage: .q4_1, rowCount: 2, columnCount: 33, bytes: OwnedBytes([UInt8]()))
        }
        #expect(throws: LinearAlgebraError.tooLarge(rowCount: .max, columnCount: 64)) {
            try WeightMatrix(
                storage: .q8_0, rowCount: .max, columnCount: 64, bytes: OwnedBytes([UInt8]()))
        }
    }

    @Test func `empty matrices make empty products`() throws {
        let weights = WeightMatrix(Matrix(zeros: 0, 4))
        #expect(weights.product(with: Matrix(zeros: 2, 4)) == Matrix(zeros: 2, 0))
        #expect(
            WeightMatrix(Matrix(zeros: 3, 4)).product(with: Matrix(zeros: 0, 4))
                == Matrix(zeros: 0, 3))
    }
}

/// These change settings of the whole process, so one at a time.
@Suite(.serialized) struct ComputeSettingsTests {
    @Test(arguments: WeightStorage.allCases)
    func `the number of threads does not change a bit`(storage: WeightStorage) throws {
        var random = SplitMix64(seed: 4)
        let (weights, _) = try random.weights(storage, rows: 512, columns: 512)
        for rowCount in [1, 3, 70] {
            let x = random.matrix(rowCount, 512)
            ComputeThreads.set(1)
            let alone = weights.product(with: x)
            ComputeThreads.set(4)
            for _ in 0..<20 { #expect(weights.product(with: x) == alone) }
        }
        ComputeThreads.set(1)
    }

    @Test func `several callers may compute at once`() async throws {
        var random = SplitMix64(seed: 5)
        let (weights, _) = try random.weights(.q8_0, rows: 512, columns: 256)
        let x = random.matrix(2, 256)
        let expected = weights.product(with: x)
        ComputeThreads.set(3)
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<50 { #expect(weights.product(with: x) == expected) } }
            }
        }
        ComputeThreads.set(1)
    }
}
