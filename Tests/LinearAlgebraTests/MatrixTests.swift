import LinearAlgebra
import Testing

struct MatrixTests {
    private let matrix = Matrix(rowCount: 3, columnCount: 2, elements: [1, 2, 3, 4, 5, 6])

    @Test func `rows are taken by range and by index`() {
        #expect(matrix.rows(1..<3).elements == [3, 4, 5, 6])
        #expect(matrix.rows(at: [2, 0, 2]).elements == [5, 6, 1, 2, 5, 6])
        #expect(matrix[2, 1] == 6)
    }

    @Test func `sums and scales act on every element`() {
        var sum = matrix
        sum += matrix
        #expect(sum == matrix.scaled(by: 2))
        sum.add(matrix, scaledBy: -2)
        #expect(sum == Matrix(zeros: 3, 2))
        sum.addToRows([1, -1])
        #expect(sum.elements == [1, -1, 1, -1, 1, -1])
        sum.scaleRows(by: [1, 2, 3])
        #expect(sum.elements == [1, -1, 2, -2, 3, -3])
        sum.clamp(to: 2)
        #expect(sum.elements == [1, -1, 2, -2, 2, -2])
    }

    @Test func `one row is added to another`() {
        var target = Matrix(zeros: 2, 2)
        target.addRow(2, of: matrix, scaledBy: 0.5, toRow: 1)
        #expect(target.elements == [0, 0, 2.5, 3])
    }

    @Test func `rows are appended`() {
        var grown = Matrix(zeros: 0, 2)
        grown.append(matrix)
        #expect(grown == matrix)
    }
}
