import Foundation
import LinearAlgebra
import Support
import Testing

struct ElementwiseTests {
    @Test func `softmax rows are distributions of the float64 twin`() {
        var random = SplitMix64(seed: 9)
        var matrix = random.matrix(5, 37).scaled(by: 20)
        let before = matrix
        matrix.softmaxRows()
        for row in 0..<5 {
            let numbers = before.row(row).map(Double.init)
            let exponentials = numbers.map { exp($0 - numbers.max()!) }
            let sum = exponentials.reduce(0, +)
            for (value, twin) in zip(matrix.row(row), exponentials) {
                #expect(abs(Double(value) - twin / sum) < 3e-7 * max(twin / sum, 1e-3))
            }
        }
    }

    @Test func `softmax keeps its footing at the edges`() {
        var matrix = Matrix(rowCount: 1, columnCount: 3, elements: [3e38, -3e38, 3e38])
        matrix.softmaxRows()
        #expect(matrix.elements == [0.5, 0, 0.5])
        var masked = Matrix(rowCount: 1, columnCount: 2, elements: [-.infinity, 1])
        masked.softmaxRows()
        #expect(masked.elements == [0, 1])
    }

    @Test func `norms equal their definitions`() {
        var random = SplitMix64(seed: 10)
        let x = random.matrix(3, 50)
        let weight = random.floats(50)
        let bias = random.floats(50)
        let rms = x.rmsNormalised(weight: weight, epsilon: 1e-5)
        let layer = x.layerNormalised(weight: weight, bias: bias, epsilon: 1e-5)
        for row in 0..<3 {
            let numbers = x.row(row).map(Double.init)
            let mean = numbers.reduce(0, +) / 50
            let square = numbers.reduce(0) { $0 + $1 * $1 } / 50
            let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 50
            for column in 0..<50 {
                let w = Double(weight[column])
                let byRMS = numbers[column] / (square + 1e-5).squareRoot() * w
                let byLayer =
                    (numbers[column] - mean) / (variance + 1e-5).squareRoot() * w
                    + Double(bias[column])
                #expect(abs(Double(rms[row, column]) - byRMS) < 1e-6)
                #expect(abs(Double(layer[row, column]) - byLayer) < 1e-6)
            }
        }
    }

    @Test func `the norm of groups is the norm of each`() {
        var random = SplitMix64(seed: 11)
        let x = random.matrix(2, 12)
        let weight = random.floats(4)
        let grouped = x.rmsNormalisedGroups(weight: weight, epsilon: 1e-6)
        let separate = Matrix(rowCount: 6, columnCount: 4, elements: x.elements)
            .rmsNormalised(weight: weight, epsilon: 1e-6)
        #expect(grouped.elements == separate.elements)
    }

    @Test func `activations equal their definitions`() {
        let numbers = stride(from: Float(-90), through: 90, by: 0.37).map { $0 }
        var gelu = Matrix(row: numbers)
        gelu.gelu()
        var sigmoid = Matrix(row: numbers)
        sigmoid.sigmoid()
        let ones = Matrix(row: [Float](repeating: 1, count: numbers.count))
        let silu = Matrix.swiGLU(gate: Matrix(row: numbers), up: ones)
        for (index, number) in numbers.enumerated() {
            let x = Double(number)
            #expect(
                abs(Double(gelu.elements[index]) - 0.5 * x * erfc(-x / 2.0.squareRoot())) < 1e-6
                    * max(1, abs(x)))
            #expect(abs(Double(sigmoid.elements[index]) - 1 / (1 + exp(-x))) < 2e-7)
            #expect(abs(Double(silu.elements[index]) - x / (1 + exp(-x))) < 3e-7 * max(1, abs(x)))
        }
    }

    @Test func `the three layouts of gate and up agree`() {
        var random = SplitMix64(seed: 12)
        let (gate, up) = (random.matrix(3, 10), random.matrix(3, 10))
        var (halves, pairs) = (Matrix(zeros: 3, 20), Matrix(zeros: 3, 20))
        for row in 0..<3 {
            for column in 0..<10 {
                halves[row, column] = gate[row, column]
                halves[row, 10 + column] = up[row, column]
                pairs[row, 2 * column] = gate[row, column]
                pairs[row, 2 * column + 1] = up[row, column]
            }
        }
        let expected = Matrix.swiGLU(gate: gate, up: up)
        #expect(largestDifference(halves.swiGLUOfHalves(), expected) < 1e-7)
        #expect(largestDifference(pairs.swiGLUOfPairs(), expected) < 1e-7)
    }

    @Test func `log sum exp survives large numbers`() {
        #expect(abs(logSumExp([1000, 1000]) - 1000.6931) < 1e-3)
        #expect(logSumExp([]) == -.infinity)
    }

    private func largestDifference(_ a: Matrix, _ b: Matrix) -> Float {
        zip(a.elements, b.elements).map { abs($0 - $1) }.max() ?? 0
    }
}
