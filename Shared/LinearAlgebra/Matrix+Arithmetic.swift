internal import CKernels

extension Matrix {
    /// Adds `other`, of the same shape, times `factor`.
    public mutating func add(_ other: Matrix, scaledBy factor: Float = 1) {
        precondition(other.rowCount == rowCount && other.columnCount == columnCount)
        unsafe withElements { to in
            unsafe ck_add_scaled(to.baseAddress, other.elements, factor, to.count)
        }
    }

    /// Adds one row of `other` times `factor` to one row of this.
    public mutating func addRow(
        _ row: Int, of other: Matrix, scaledBy factor: Float, toRow target: Int
    ) {
        let width = columnCount
        precondition(other.columnCount == width)
        precondition(row >= 0 && row < other.rowCount)
        precondition(target >= 0 && target < rowCount)
        unsafe other.elements.withUnsafeBufferPointer { from in
            unsafe withElements { to in
                guard let from = from.baseAddress, let to = to.baseAddress else { return }
                unsafe ck_add_scaled(to + target * width, from + row * width, factor, width)
            }
        }
    }

    public static func += (left: inout Matrix, right: Matrix) { left.add(right) }

    /// Multiplies every element.
    public mutating func scale(by factor: Float) {
        unsafe withElements { unsafe ck_scale($0.baseAddress, factor, $0.count) }
    }

    /// Every element times `factor`.
    public func scaled(by factor: Float) -> Matrix {
        var result = self
        result.scale(by: factor)
        return result
    }

    /// Multiplies each row by its factor.
    public mutating func scaleRows(by factors: [Float]) {
        precondition(factors.count == rowCount)
        let width = columnCount
        unsafe withElements { elements in
            guard let base = elements.baseAddress else { return }
            for (row, factor) in factors.enumerated() {
                unsafe ck_scale(base + row * width, factor, width)
            }
        }
    }

    /// Adds `bias`, one number per column, to each row.
    public mutating func addToRows(_ bias: [Float]) {
        precondition(bias.count == columnCount)
        let (rows, width) = (rowCount, columnCount)
        unsafe withElements { elements in
            guard let base = elements.baseAddress else { return }
            for row in 0..<rows { unsafe ck_add_scaled(base + row * width, bias, 1, width) }
        }
    }

    /// Limits every element to [-limit, limit].
    public mutating func clamp(to limit: Float) {
        unsafe withElements { elements in
            for index in elements.indices {
                unsafe elements[index] = min(max(elements[index], -limit), limit)
            }
        }
    }
}
