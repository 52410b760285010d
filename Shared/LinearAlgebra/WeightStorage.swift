internal import CKernels

/// How the elements of a weight matrix are stored. The block formats are those of GGML: 32 (Q6_K:
/// 256) neighbouring columns share a scale.
public enum WeightStorage: Sendable, Equatable, CaseIterable {
    case float32, float16, bfloat16, q8_0, q4_0, q4_1, q6_K

    /// Elements in one block.
    public var blockLength: Int {
        switch self {
        case .float32, .float16, .bfloat16: 1
        case .q8_0, .q4_0, .q4_1: 32
        case .q6_K: 256
        }
    }

    /// Bytes of one block.
    public var blockByteCount: Int {
        switch self {
        case .float32: 4
        case .float16, .bfloat16: 2
        case .q8_0: 34
        case .q4_0: 18
        case .q4_1: 20
        case .q6_K: 210
        }
    }

    var code: ck_storage {
        switch self {
        case .float32: CK_FLOAT32
        case .float16: CK_FLOAT16
        case .bfloat16: CK_BFLOAT16
        case .q8_0: CK_Q8_0
        case .q4_0: CK_Q4_0
        case .q4_1: CK_Q4_1
        case .q6_K: CK_Q6_K
        }
    }
}

/// Read-only bytes at a fixed address: part of a mapped file, or memory of our own.
public protocol WeightBytes: Sendable {
    var byteCount: Int { get }
    /// Lends the bytes; the pointer is valid in `body` only.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result
}

/// Weights that lie in an array.
public struct OwnedBytes: WeightBytes {
    private let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The floats' own bytes.
    public init(_ floats: [Float]) {
        bytes = unsafe floats.withUnsafeBytes { unsafe Array($0) }
    }

    public var byteCount: Int { bytes.count }

    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(Failure) in
            try unsafe body(UnsafeRawBufferPointer(buffer))
        }
    }
}

/// What is wrong with a weight matrix.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
    case raggedRow(columnCount: Int, blockLength: Int)
    case wrongByteCount(expected: Int, found: Int)
    case tooLarge(rowCount: Int, columnCount: Int)

    public var description: String {
        switch self {
        case .raggedRow(let columnCount, let blockLength):
            "a row of \(columnCount) elements is not a whole number of blocks of \(blockLength)"
        case .wrongByteCount(let expected, let found):
            "a weight matrix of this shape has \(expected) bytes, not \(found)"
        case .tooLarge(let rowCount, let columnCount):
            "no memory could hold a matrix of \(rowCount) by \(columnCount)"
        }
    }
}
