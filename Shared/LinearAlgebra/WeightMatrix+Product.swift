internal import CKernels

extension WeightMatrix {
    /// x · Wᵀ: [x.rowCount, rowCount]. Activations stay float32 throughout.
    ///
    /// The bits of a row's result do not depend on the other rows, nor on the number of threads: a
    /// sequence's tokens are the same in whatever batches its rows are computed.
    public func product(with x: Matrix) -> Matrix {
        precondition(x.columnCount == columnCount)
        guard columnCount > 0 else { return Matrix(zeros: x.rowCount, rowCount) }
        return unsafe Matrix(rowCount: x.rowCount, columnCount: rowCount) { y in
            guard let y = y.baseAddress else { return }
            let byteCount = ck_scratch_count(columnCount) * x.rowCount * MemoryLayout<Float>.stride
            unsafe withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 64) { scratch in
                let scratch = unsafe scratch.baseAddress?.assumingMemoryBound(to: Float.self)
                unsafe withWeights { weights in
                    unsafe ck_product(
                        storage.code, weights, rowCount, columnCount, x.elements, x.rowCount,
                        scratch, y)
                }
            }
        }
    }
}
