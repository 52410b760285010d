import LinearAlgebra

/// What the kernels compute, said plainly and in float64. GGUF's description of each format, read
/// afresh: nothing here is shared with the code under test.
enum Twin {
    /// The numbers of consecutive blocks.
    static func decode(_ storage: WeightStorage, _ bytes: [UInt8]) -> [Double] {
        stride(from: 0, to: bytes.count, by: storage.blockByteCount).flatMap {
            decodeBlock(storage, Array(bytes[$0..<$0 + storage.blockByteCount]))
        }
    }

    private static func decodeBlock(_ storage: WeightStorage, _ b: [UInt8]) -> [Double] {
        switch storage {
        case .float32: return [Double(Float(bitPattern: word(b, 0) | word(b, 2) << 16))]
        case .float16: return [half(b, 0)]
        case .bfloat16: return [Double(Float(bitPattern: word(b, 0) << 16))]
        case .q8_0: return b[2...].map { half(b, 0) * Double(Int8(bitPattern: $0)) }
        case .q4_0: return nibbles(b[2...]).map { half(b, 0) * ($0 - 8) }
        case .q4_1: return nibbles(b[4...]).map { half(b, 0) * $0 + half(b, 2) }
        case .q6_K: return (0..<256).map { half(b, 208) * q6(b, $0) }
        }
    }

    private static func word(_ b: [UInt8], _ at: Int) -> UInt32 {
        UInt32(b[at]) | UInt32(b[at + 1]) << 8
    }

    private static func half(_ b: [UInt8], _ at: Int) -> Double {
        Double(Float16(bitPattern: UInt16(word(b, at))))
    }

    private static func nibbles(_ bytes: ArraySlice<UInt8>) -> [Double] {
        bytes.map { Double($0 & 15) } + bytes.map { Double($0 >> 4) }
    }

    private static func q6(_ b: [UInt8], _ index: Int) -> Double {
        let (half, run, k) = (index / 128, index / 32 % 4, index % 32)
        let low = (b[half * 64 + (run % 2) * 32 + k] >> (run / 2 * 4)) & 15
        let high = (b[128 + half * 32 + k] >> (run * 2)) & 3
        let scale = Int8(bitPattern: b[192 + index / 16])
        return Double(scale) * (Double(low | high << 4) - 32)
    }

    /// A product in float64, and the sum of its absolute terms, against which errors are measured.
    struct Product {
        var values: [Double] = []
        var sizes: [Double] = []

        /// The largest error of `result` in units of the size of its sum.
        func relativeError(of result: [Float]) -> Double {
            guard result.count == values.count else { return .infinity }
            return result.indices.reduce(0) { largest, index in
                let error = abs(Double(result[index]) - values[index]) / (sizes[index] + 1e-9)
                return error > largest || error.isNaN ? error : largest
            }
        }
    }

    /// x · Wᵀ.
    static func product(_ x: Matrix, _ weights: [Double], rows: Int) -> Product {
        var product = Product()
        for r in 0..<x.rowCount {
            let numbers = x.row(r).map(Double.init)
            for i in 0..<rows {
                var (value, size) = (0.0, 0.0)
                for (k, number) in numbers.enumerated() {
                    let term = number * weights[i * numbers.count + k]
                    value += term
                    size += abs(term)
                }
                product.values.append(value)
                product.sizes.append(size)
            }
        }
        return product
    }

    /// Attention of row `row` of a sequence over `keys` and `values`, which hold one head each.
    static func attention(
        _ query: [Float], keys: [[Float]], values: [[Float]], visible: Range<Int>, scale: Float
    ) -> [Double] {
        let scores = visible.map { p in
            zip(query, keys[p]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } * Double(scale)
        }
        let weights = scores.map { exponential($0 - scores.max()!) }
        let sum = weights.reduce(0, +)
        return values[0].indices.map { column in
            zip(visible, weights).reduce(0.0) { $0 + Double(values[$1.0][column]) * $1.1 } / sum
        }
    }

    /// exp by its series on a reduced argument: independent of any library.
    static func exponential(_ x: Double) -> Double {
        let r = x / 1024
        var (term, sum) = (1.0, 1.0)
        for n in 1...12 {
            term *= r / Double(n)
            sum += term
        }
        return (0..<10).reduce(sum) { power, _ in power * power }
    }
}
