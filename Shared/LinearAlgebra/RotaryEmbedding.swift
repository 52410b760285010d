internal import CKernels
internal import Glibc

/// Which elements of a head turn together.
public enum RotaryPairing: Sendable, Equatable {
    /// i with i + size / 2, as Hugging Face checkpoints have it.
    case halves
    /// 2i with 2i + 1, as GGUF stores the families that llama.cpp converts that way.
    case neighbours
}

/// Positions as rotations (Su et al. 2021): pair i of a head turns by position · frequency i.
public struct RotaryEmbedding: Sendable {
    public let pairing: RotaryPairing
    /// One per pair, so half as many as the head's rotated elements.
    public let frequencies: [Float]
    /// Multiplies sine and cosine (some scalings ask for it).
    public let amplitude: Float

    public init(pairing: RotaryPairing, frequencies: [Float], amplitude: Float = 1) {
        self.pairing = pairing
        self.frequencies = frequencies
        self.amplitude = amplitude
    }

    /// base^(-2i / size), without scaling.
    public static func frequencies(base: Float, size: Int) -> [Float] {
        (0..<size / 2).map { 1 / Float(pow(Double(base), Double(2 * $0) / Double(size))) }
    }

    /// Sines and cosines for some rows, computed once for all layers. In float32, as the references
    /// do: far positions would otherwise differ from theirs in the fourth digit.
    public func angles(at positions: [Int]) -> RotaryAngles {
        var cosines = Matrix(zeros: positions.count, frequencies.count)
        var sines = cosines
        for (row, position) in positions.enumerated() {
            for (pair, frequency) in frequencies.enumerated() {
                let angle = Float(position) * frequency
                cosines[row, pair] = cosf(angle) * amplitude
                sines[row, pair] = sinf(angle) * amplitude
            }
        }
        return RotaryAngles(pairing: pairing, cosines: cosines, sines: sines)
    }
}

/// The rotation of each of some rows.
public struct RotaryAngles: Sendable {
    let pairing: RotaryPairing
    let cosines: Matrix  // [rows, pairs]
    let sines: Matrix
}

extension Matrix {
    /// Turns the first elements of every head of every row; heads are `headSize` columns each.
    public mutating func rotate(by angles: RotaryAngles, headSize: Int) {
        let (rows, columns, pairs) = (rowCount, columnCount, angles.cosines.columnCount)
        precondition(angles.cosines.rowCount == rows)
        precondition(columns.isMultiple(of: headSize) && pairs * 2 <= headSize)
        unsafe withElements { elements in
            unsafe ck_rotate(
                elements.baseAddress, rows, columns / headSize, headSize, columns, pairs * 2,
                angles.cosines.elements, angles.sines.elements,
                angles.pairing == .neighbours ? 1 : 0)
        }
    }
}
