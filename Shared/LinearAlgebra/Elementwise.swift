internal import CKernels
internal import Glibc

extension Matrix {
    /// Each row divided by its root mean square and multiplied by `weight` (Zhang and Sennrich
    /// 2019).
    public func rmsNormalised(weight: [Float], epsilon: Float) -> Matrix {
        precondition(weight.count == columnCount)
        return unsafe sameShape { out in
            unsafe ck_rms_norm(elements, weight, rowCount, columnCount, epsilon, out)
        }
    }

    /// Each group of `weight.count` neighbouring columns normalised by itself: the norm of each
    /// head.
    public func rmsNormalisedGroups(weight: [Float], epsilon: Float) -> Matrix {
        precondition(!weight.isEmpty && columnCount.isMultiple(of: weight.count))
        let groupCount = rowCount * (columnCount / weight.count)
        return unsafe sameShape { out in
            unsafe ck_rms_norm(elements, weight, groupCount, weight.count, epsilon, out)
        }
    }

    /// Each row with mean 0 and variance 1, times `weight`, plus `bias`.
    public func layerNormalised(weight: [Float], bias: [Float], epsilon: Float) -> Matrix {
        precondition(weight.count == columnCount && bias.count == columnCount)
        return unsafe sameShape { out in
            unsafe ck_layer_norm(elements, weight, bias, rowCount, columnCount, epsilon, out)
        }
    }

    /// Each row becomes a probability distribution.
    public mutating func softmaxRows() {
        let (rows, columns) = (rowCount, columnCount)
        unsafe withElements { unsafe ck_softmax($0.baseAddress, rows, columns) }
    }

    /// x · Φ(x), by the error function, not its tanh approximation.
    public mutating func gelu() {
        unsafe withElements { unsafe ck_gelu($0.baseAddress, $0.count) }
    }

    /// 1 / (1 + exp(-x)).
    public mutating func sigmoid() {
        unsafe withElements { unsafe ck_sigmoid($0.baseAddress, $0.count) }
    }

    /// silu(gate) · up, where each row holds the gate's columns, then as many of up.
    public func swiGLUOfHalves() -> Matrix {
        unsafe halfAsWide { out in unsafe ck_swiglu_halves(elements, rowCount, columnCount / 2, out)
        }
    }

    /// silu(gate) · up, where columns of gate and up alternate.
    public func swiGLUOfPairs() -> Matrix {
        unsafe halfAsWide { out in
            unsafe ck_swiglu_interleaved(elements, rowCount, columnCount / 2, out)
        }
    }

    /// silu(gate) · up.
    public static func swiGLU(gate: Matrix, up: Matrix) -> Matrix {
        precondition(gate.rowCount == up.rowCount && gate.columnCount == up.columnCount)
        return unsafe gate.sameShape { out in
            unsafe ck_swiglu(gate.elements, up.elements, gate.elements.count, out)
        }
    }

    private func halfAsWide(_ body: (UnsafeMutablePointer<Float>?) -> Void) -> Matrix {
        precondition(columnCount.isMultiple(of: 2))
        return unsafe Matrix(rowCount: rowCount, columnCount: columnCount / 2) {
            unsafe body($0.baseAddress)
        }
    }

    private func sameShape(_ body: (UnsafeMutablePointer<Float>?) -> Void) -> Matrix {
        unsafe Matrix(rowCount: rowCount, columnCount: columnCount) { unsafe body($0.baseAddress) }
    }
}

/// log Σ exp(xᵢ), without overflow; -∞ for no numbers.
public func logSumExp(_ numbers: [Float]) -> Float {
    guard let maximum = numbers.max() else { return -.infinity }
    return maximum + logf(unsafe ck_sum_exponentials(numbers, numbers.count, maximum))
}
