internal import CKernels

/// Weights as they are stored, [rowCount, columnCount]: each row makes one output.
///
/// The bytes are never copied or repacked, so a mapped file is shared by all processes that map it.
public struct WeightMatrix: Sendable {
    public let storage: WeightStorage
    public let rowCount: Int
    public let columnCount: Int
    private let bytes: any WeightBytes

    /// Throws when the bytes do not have the length that the shape needs.
    public init(
        storage: WeightStorage, rowCount: Int, columnCount: Int, bytes: any WeightBytes
    ) throws(LinearAlgebraError) {
        let expected = try Self.byteCount(storage, rowCount, columnCount)
        guard bytes.byteCount == expected else {
            throw .wrongByteCount(expected: expected, found: bytes.byteCount)
        }
        self.storage = storage
        self.rowCount = rowCount
        self.columnCount = columnCount
        self.bytes = bytes
    }

    /// Weights that were computed, not loaded.
    public init(_ matrix: Matrix) {
        storage = .float32
        rowCount = matrix.rowCount
        columnCount = matrix.columnCount
        bytes = OwnedBytes(matrix.elements)
    }

    public var byteCount: Int { bytes.byteCount }

    private static func byteCount(
        _ storage: WeightStorage, _ rowCount: Int, _ columnCount: Int
    ) throws(LinearAlgebraError) -> Int {
        guard rowCount >= 0, columnCount >= 0 else {
            throw .tooLarge(rowCount: rowCount, columnCount: columnCount)
        }
        guard columnCount.isMultiple(of: storage.blockLength) else {
            throw .raggedRow(columnCount: columnCount, blockLength: storage.blockLength)
        }
        let blocks = (columnCount / storage.blockLength).multipliedReportingOverflow(by: rowCount)
        let bytes = blocks.partialValue.multipliedReportingOverflow(by: storage.blockByteCount)
        guard !blocks.overflow, !bytes.overflow else {
            throw .tooLarge(rowCount: rowCount, columnCount: columnCount)
        }
        return bytes.partialValue
    }

    /// Row `index` as floats: [columnCount].
    public func row(_ index: Int) -> [Float] { rows(at: [index]).elements }

    /// Chosen rows as floats: [indices.count, columnCount]. What an embedding does.
    public func rows(at indices: [Int]) -> Matrix {
        unsafe Matrix(rowCount: indices.count, columnCount: columnCount) { out in
            unsafe withWeights { weights in
                for (position, index) in indices.enumerated() {
                    precondition(index >= 0 && index < rowCount)
                    unsafe ck_dequantise(
                        storage.code, weights + index * rowByteCount, columnCount,
                        out.baseAddress.unsafelyUnwrapped + position * columnCount)
                }
            }
        }
    }

    /// All of it as floats.
    public func dequantised() -> Matrix { rows(at: Array(0..<rowCount)) }

    var rowByteCount: Int { columnCount / storage.blockLength * storage.blockByteCount }

    /// Lends the first byte of the first row.
    func withWeights(_ body: (UnsafePointer<UInt8>) -> Void) {
        unsafe bytes.withBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe body(base.assumingMemoryBound(to: UInt8.self))
        }
    }
}
