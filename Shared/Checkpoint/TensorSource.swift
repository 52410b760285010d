/// A tensor's name, number format and shape; its byte count is known to fit.
public struct TensorInfo: Sendable, Hashable {
    /// As in the file.
    public let name: String
    /// Number format of every row.
    public let storage: StorageType
    /// Row-major, outermost dimension first; empty for a single number.
    public let shape: [Int]
    /// Product of the shape.
    public let elementCount: Int
    /// Bytes as stored.
    public let byteCount: Int

    /// Nil when a dimension is negative, a row is not whole blocks, or the size does not fit an
    /// `Int`.
    public init?(name: String, storage: StorageType, shape: [Int]) {
        guard shape.allSatisfy({ $0 >= 0 }), let elementCount = product(shape),
            (shape.last ?? 1).isMultiple(of: storage.blockLength),
            let byteCount = storage.byteCount(of: elementCount)
        else { return nil }
        self.name = name
        self.storage = storage
        self.shape = shape
        self.elementCount = elementCount
        self.byteCount = byteCount
    }
}

/// A tensor and where its bytes are.
public struct Tensor: Sendable {
    /// Name, format and shape.
    public let info: TensorInfo
    /// Where its bytes are.
    public let bytes: MappedBytes

    /// The byte counts of both must agree.
    public init(info: TensorInfo, bytes: MappedBytes) {
        precondition(info.byteCount == bytes.byteCount)
        self.info = info
        self.bytes = bytes
    }
}

/// Tensors by name: what a checkpoint is to the rooms above, whatever its format.
public protocol TensorSource: Sendable {
    /// Every tensor whose storage is supported.
    var table: TensorTable { get }
}

extension TensorSource {
    /// What there is to read.
    public var tensors: [String: TensorInfo] { table.byName.mapValues(\.info) }

    /// Whether there is a readable tensor of that name.
    public func contains(_ name: String) -> Bool { table.byName[name] != nil }

    /// Throws `missingTensor`, or `unsupportedStorage` for one that is there but cannot be computed
    /// with.
    public func tensor(_ name: String) throws(CheckpointError) -> Tensor {
        if let tensor = table.byName[name] { return tensor }
        if let type = table.unsupported[name] {
            throw .unsupportedStorage(tensor: name, type: type, path: table.path)
        }
        throw .missingTensor(name: name, path: table.path)
    }

    /// Lends the tensor's bytes as stored. The pointer is valid in `body` only.
    public func withBytes<Result>(
        of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try unsafe tensor(name).bytes.withBytes(body)
    }

    /// The tensor's numbers, row-major, dequantised where needed.
    public func floats(_ name: String) throws(CheckpointError) -> [Float] {
        let tensor = try tensor(name)
        return unsafe tensor.bytes.withBytes { bytes in
            unsafe BlockFormat.decode(bytes, storage: tensor.info.storage)
        }
    }
}

/// The tensors of one or more files.
public struct TensorTable: TensorSource {
    /// The file or directory, for errors.
    public let path: String
    /// Every tensor.
    public let byName: [String: Tensor]
    /// Tensors in a number format that this version does not read: name → the format's name.
    public let unsupported: [String: String]

    /// Itself.
    public var table: TensorTable { self }

    /// - Throws: `malformed` when two tensors have one name. Files tell names apart by their bytes,
    ///   here composed and decomposed letters are the same.
    public init(
        path: String, tensors: [Tensor], unsupported: [String: String] = [:]
    ) throws(CheckpointError) {
        var byName: [String: Tensor] = [:]
        for tensor in tensors {
            guard byName.updateValue(tensor, forKey: tensor.info.name) == nil else {
                throw .malformed(path: path, reason: "tensor \(tensor.info.name) stands twice")
            }
        }
        self.path = path
        self.byName = byName
        self.unsupported = unsupported
    }
}
