internal import CKernels
internal import COpenBLAS

extension WeightMatrix {
    /// From so many rows on, unpacking the weights once for a BLAS product beats unpacking them for every
    /// four rows. (Measured with Q4_1 and Q8_0 at 576 to 1536 columns.)
    static let panelRowCountMin = 48
    /// Bytes of one unpacked panel: half of a typical second-level cache, the other half is for x.
    private static let panelByteCountMax = 256 * 1024

    /// x · Wᵀ: [x.rowCount, rowCount]. Activations stay float32 throughout.
    ///
    /// Below `panelRowCountMin` rows, the bits of a row's result do not depend on the other rows; in no case
    /// do they depend on the number of threads.
    public func product(with x: Matrix) -> Matrix {
        precondition(x.columnCount == columnCount)
        guard columnCount > 0 else { return Matrix(zeros: x.rowCount, rowCount) }
        return unsafe Matrix(rowCount: x.rowCount, columnCount: rowCount) { y in
            guard let y = y.baseAddress else { return }
            unsafe x.rowCount < Self.panelRowCountMin ? productOfFew(x, y) : productOfMany(x, y)
        }
    }

    private func productOfFew(_ x: Matrix, _ y: UnsafeMutablePointer<Float>) {
        let scratchCount = ck_scratch_count(storage.code, columnCount) * x.rowCount
        unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: scratchCount) { scratch in
            unsafe withWeights { weights in
                unsafe ck_product(
                    storage.code, weights, rowCount, columnCount, x.elements, x.rowCount,
                    scratch.baseAddress, y)
            }
        }
    }

    /// Panel by panel of weight rows; the panels are shared among the threads.
    private func productOfMany(_ x: Matrix, _ y: UnsafeMutablePointer<Float>) {
        let panelRowCount = max(16, Self.panelByteCountMax / (columnCount * 4))
        unsafe withWeights { weights in
            ComputeThreads.parallel((rowCount + panelRowCount - 1) / panelRowCount) { panel in
                let first = panel * panelRowCount
                let rows = first..<min(first + panelRowCount, rowCount)
                unsafe productWithPanel(rows, weights + first * rowByteCount, x, y + first)
            }
        }
    }

    private func productWithPanel(
        _ rows: Range<Int>, _ weights: UnsafePointer<UInt8>, _ x: Matrix, _ y: UnsafeMutablePointer<Float>
    ) {
        unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * columnCount) { panel in
            guard let panel = panel.baseAddress else { return }
            unsafe ck_dequantise(storage.code, weights, rows.count * columnCount, panel)
            unsafe cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans,
                blasint(x.rowCount), blasint(rows.count), blasint(columnCount),
                1, x.elements, blasint(columnCount), panel, blasint(columnCount),
                0, y, blasint(rowCount))
        }
    }
}
