/// How the numbers of a tensor are laid out. Raw values are those of GGUF's `ggml_type`; artifacts
/// use the same.
///
/// Quantised types store each row in blocks of `blockLength` numbers that share a scale:
/// see `BlockFormat` for the layout of each.
public enum StorageType: UInt32, Sendable, CaseIterable, CustomStringConvertible {
    case float32 = 0
    case float16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q8_0 = 8
    case q6_K = 14
    case bfloat16 = 30

    /// Numbers in a block.
    public var blockLength: Int {
        switch self {
        case .float32, .float16, .bfloat16: 1
        case .q4_0, .q4_1, .q8_0: 32
        case .q6_K: 256
        }
    }

    /// Bytes in a block.
    public var blockByteCount: Int {
        switch self {
        case .float32: 4
        case .float16, .bfloat16: 2
        case .q4_0: 2 + 16
        case .q4_1: 2 + 2 + 16
        case .q8_0: 2 + 32
        case .q6_K: 128 + 64 + 16 + 2
        }
    }

    /// Bytes of `elementCount` numbers, or nil when they are not whole blocks or more than an `Int`
    /// holds.
    public func byteCount(of elementCount: Int) -> Int? {
        guard elementCount >= 0, elementCount.isMultiple(of: blockLength) else { return nil }
        return product([elementCount / blockLength, blockByteCount])
    }

    /// The spelling of GGUF.
    public var description: String {
        switch self {
        case .float32: "F32"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .q4_0: "Q4_0"
        case .q4_1: "Q4_1"
        case .q8_0: "Q8_0"
        case .q6_K: "Q6_K"
        }
    }
}

/// The product of the factors (1 for none), or nil when it does not fit.
func product(_ factors: some Sequence<Int>) -> Int? {
    var result = 1
    for factor in factors {
        let (value, overflow) = result.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        result = value
    }
    return result
}

/// The sum, or nil when it does not fit.
func sum(_ left: Int, _ right: Int) -> Int? {
    let (value, overflow) = left.addingReportingOverflow(right)
    return overflow ? nil : value
}
