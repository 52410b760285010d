internal import CKernels

/// Vectors of one dimension at a byte a number, with a scale each, for exact search by dot product.
///
/// A number is off by at most half a step of 1/127 of its vector's largest: rank a few more than
/// needed, then rescore those with the floats.
public struct Int8Vectors: Sendable {
    public let dimension: Int
    public private(set) var codes: [Int8] = []
    public private(set) var scales: [Float] = []

    /// Sums of more products of two int8 than this could overflow an Int32.
    public static let dimensionMax = 1 << 16
    /// Vectors in one thread's share of a scan.
    private static let chunkCount = 4096

    public init(dimension: Int) {
        precondition(dimension > 0 && dimension <= Self.dimensionMax)
        self.dimension = dimension
    }

    public var count: Int { scales.count }

    public mutating func append(_ vector: [Float]) {
        let (codes, scale) = quantised(vector)
        self.codes += codes
        scales.append(scale)
    }

    /// Removes a vector by moving the last one into its place.
    public mutating func swapRemove(at index: Int) {
        precondition(index >= 0 && index < count)
        let last = count - 1
        for column in 0..<dimension {
            codes[index * dimension + column] = codes[last * dimension + column]
        }
        scales[index] = scales[last]
        codes.removeLast(dimension)
        scales.removeLast()
    }

    /// The `limit` vectors with the largest approximate dot product, best first, equals in order of
    /// position.
    public func scan(_ query: [Float], limit: Int) -> [IndexedFloat] {
        scores(query).largest(min(limit, count))
    }

    /// The approximate dot product with each vector.
    public func scores(_ query: [Float]) -> [Float] {
        let (code, scale) = quantised(query)
        var scores = unsafe [Float](unsafeUninitializedCapacity: count) { out, initializedCount in
            unsafe fill(UnsafeMutableBufferPointer(rebasing: out[..<count]), code)
            initializedCount = count
        }
        unsafe scores.withUnsafeMutableBufferPointer {
            unsafe ck_scale($0.baseAddress, scale, $0.count)
        }
        return scores
    }

    private func fill(_ scores: UnsafeMutableBufferPointer<Float>, _ query: [Int8]) {
        guard let out = scores.baseAddress else { return }
        unsafe codes.withUnsafeBufferPointer { codes in
            unsafe scales.withUnsafeBufferPointer { scales in
                guard let codes = codes.baseAddress, let scales = scales.baseAddress else { return }
                ComputeThreads.parallel((count + Self.chunkCount - 1) / Self.chunkCount) { chunk in
                    let first = chunk * Self.chunkCount
                    let rows = min(Self.chunkCount, count - first)
                    unsafe ck_int8_scan(
                        codes + first * dimension, scales + first, rows, dimension, query,
                        out + first)
                }
            }
        }
    }

    private func quantised(_ vector: [Float]) -> (codes: [Int8], scale: Float) {
        precondition(vector.count == dimension)
        let largest = vector.reduce(0) { max($0, abs($1)) }
        guard largest > 0, largest.isFinite else {
            return ([Int8](repeating: 0, count: dimension), 0)
        }
        let scale = largest / 127
        return (vector.map { Int8(($0 / scale).rounded()) }, scale)
    }
}
