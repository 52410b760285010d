internal import CKernels

/// How near two vectors of equal length are.
public enum Distance {
    public static func dot(_ a: [Float], _ b: [Float]) -> Float {
        precondition(a.count == b.count)
        return unsafe ck_dot(a, b, a.count)
    }

    /// Between -1 and 1; 0 when either vector has no direction.
    public static func cosine(_ a: [Float], _ b: [Float]) -> Float {
        let lengths = (dot(a, a) * dot(b, b)).squareRoot()
        return lengths > 0 ? dot(a, b) / lengths : 0
    }

    public static func squaredL2(_ a: [Float], _ b: [Float]) -> Float {
        precondition(a.count == b.count)
        return zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }

    /// The vector at length 1; a zero vector stays zero.
    public static func normalised(_ a: [Float]) -> [Float] {
        let length = dot(a, a).squareRoot()
        return length > 0 ? a.map { $0 / length } : a
    }
}
