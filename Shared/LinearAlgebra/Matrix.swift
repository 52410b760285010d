/// Row-major floats with their shape.
public struct Matrix: Sendable, Equatable {
    public let rowCount: Int
    public let columnCount: Int
    /// `rowCount * columnCount` numbers, row after row.
    public private(set) var elements: [Float]

    /// The shape must fit the elements.
    public init(rowCount: Int, columnCount: Int, elements: [Float]) {
        precondition(rowCount >= 0 && columnCount >= 0)
        precondition(elements.count == rowCount * columnCount)
        self.rowCount = rowCount
        self.columnCount = columnCount
        self.elements = elements
    }

    public init(zeros rowCount: Int, _ columnCount: Int) {
        self.init(
            rowCount: rowCount, columnCount: columnCount,
            elements: [Float](repeating: 0, count: rowCount * columnCount))
    }

    /// A matrix of one row.
    public init(row: [Float]) {
        self.init(rowCount: 1, columnCount: row.count, elements: row)
    }

    /// Fills the elements through `body`, which must write every one of them.
    init(
        rowCount: Int, columnCount: Int,
        writing body: (UnsafeMutableBufferPointer<Float>) -> Void
    ) {
        let count = rowCount * columnCount
        let elements = unsafe [Float](unsafeUninitializedCapacity: count) {
            buffer, initializedCount in
            unsafe body(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            initializedCount = count
        }
        self.init(rowCount: rowCount, columnCount: columnCount, elements: elements)
    }

    public subscript(row: Int, column: Int) -> Float {
        get { elements[offset(row, column)] }
        set { elements[offset(row, column)] = newValue }
    }

    private func offset(_ row: Int, _ column: Int) -> Int {
        precondition(column >= 0 && column < columnCount)
        return row * columnCount + column
    }

    /// One row, as part of the elements.
    public func row(_ index: Int) -> ArraySlice<Float> {
        elements[index * columnCount..<(index + 1) * columnCount]
    }

    /// The rows of a range.
    public func rows(_ range: Range<Int>) -> Matrix {
        Matrix(
            rowCount: range.count, columnCount: columnCount,
            elements: Array(
                elements[range.lowerBound * columnCount..<range.upperBound * columnCount]))
    }

    /// Chosen rows, in the order given.
    public func rows(at indices: [Int]) -> Matrix {
        var gathered: [Float] = []
        gathered.reserveCapacity(indices.count * columnCount)
        for index in indices { gathered += row(index) }
        return Matrix(rowCount: indices.count, columnCount: columnCount, elements: gathered)
    }

    /// Adds rows below these. The widths must agree.
    public mutating func append(_ rows: Matrix) {
        precondition(rows.columnCount == columnCount)
        self = Matrix(
            rowCount: rowCount + rows.rowCount, columnCount: columnCount,
            elements: elements + rows.elements)
    }

    /// Lends the elements for writing.
    mutating func withElements<Result>(
        _ body: (UnsafeMutableBufferPointer<Float>) -> Result
    ) -> Result {
        unsafe elements.withUnsafeMutableBufferPointer { unsafe body($0) }
    }
}
