/// Reads the parts of a GGUF file in their order.
struct GGUFReader {
    /// Magic, version, tensor count, metadata count.
    static let headerByteCount = 4 + 4 + 8 + 8
    /// `GGML_MAX_DIMS`.
    static let dimensionCountMax = 4
    /// Where `general.alignment` does not say.
    static let alignmentDefault = 32

    struct Description {
        let name: String
        let typeCode: UInt32
        let shape: [Int]  // outermost first
        let offset: Int  // in the data
    }

    private let file: MappedFile
    private var reader: ByteReader

    init(_ file: MappedFile) {
        self.file = file
        reader = ByteReader(file)
    }

    var offset: Int { reader.offset }

    mutating func header() throws(CheckpointError) -> (tensorCount: Int, metadataCount: Int) {
        guard try reader.integer(UInt32.self) == 0x4655_4747 else {
            throw reader.malformed("does not begin with GGUF")
        }
        let version = try reader.integer(UInt32.self)
        guard version == 2 || version == 3 else {
            let order = version.byteSwapped < 16 ? " (big-endian file)" : ""
            throw reader.malformed(
                "version \(version)\(order); supported are 2 and 3, little-endian")
        }
        // Name (8 + 1), dimension count (4), type (4), offset (8); key (8 + 1), type (4), value
        // (1).
        let tensorCount = try reader.count(
            of: "tensors", byteCountMin: 25, max: GGUFFile.tensorCountMax)
        let metadataCount = try reader.count(
            of: "metadata values", byteCountMin: 14, max: GGUFFile.metadataCountMax)
        return (tensorCount, metadataCount)
    }

    mutating func metadata(count: Int) throws(CheckpointError) -> [String: GGUFValue] {
        var metadata: [String: GGUFValue] = [:]
        for _ in 0..<count {
            let key = try reader.string(byteCountMax: GGUFFile.nameByteCountMax)
            guard metadata.updateValue(try reader.ggufValue(), forKey: key) == nil else {
                throw reader.malformed("the key \(key) stands twice")
            }
            guard offset <= GGUFFile.metadataByteCountMax else {
                throw reader.malformed(
                    "more than \(GGUFFile.metadataByteCountMax) bytes of metadata")
            }
        }
        return metadata
    }

    /// A power of two of at least 8, so that every number of a tensor is aligned to its size.
    func alignment(in metadata: [String: GGUFValue]) throws(CheckpointError) -> Int {
        guard let value = metadata["general.alignment"] else { return Self.alignmentDefault }
        guard let alignment = value.integer, 8...65_536 ~= alignment,
            alignment.nonzeroBitCount == 1
        else {
            throw reader.malformed("general.alignment is not a power of two from 8 to 65536")
        }
        return alignment
    }

    mutating func descriptions(count: Int) throws(CheckpointError) -> [Description] {
        var descriptions: [Description] = []
        var names: Set<String> = []
        descriptions.reserveCapacity(count)
        for _ in 0..<count {
            let description = try description()
            guard names.insert(description.name).inserted else {
                throw reader.malformed("tensor \(description.name) stands twice")
            }
            descriptions.append(description)
        }
        return descriptions
    }

    private mutating func description() throws(CheckpointError) -> Description {
        let name = try reader.string(byteCountMax: GGUFFile.nameByteCountMax)
        let dimensionCount = Int(try reader.integer(UInt32.self))
        guard dimensionCount <= Self.dimensionCountMax else {
            throw reader.malformed("tensor \(name) has \(dimensionCount) dimensions")
        }
        var shape: [Int] = []
        for _ in 0..<dimensionCount {
            let dimension = try reader.integer(UInt64.self)
            guard let dimension = Int(exactly: dimension) else {
                throw reader.malformed("tensor \(name) has a dimension of \(dimension)")
            }
            shape.insert(dimension, at: 0)  // the file has the innermost first
        }
        let typeCode = try reader.integer(UInt32.self)
        let offset = try reader.integer(UInt64.self)
        guard let offset = Int(exactly: offset) else {
            throw reader.malformed("tensor \(name) lies at data byte \(offset)")
        }
        return Description(name: name, typeCode: typeCode, shape: shape, offset: offset)
    }

    /// Places the described tensors in the data, which begins at the next multiple of the
    /// alignment.
    func table(
        _ descriptions: [Description], alignment: Int
    ) throws(CheckpointError) -> TensorTable {
        let dataStart = aligned(offset, to: alignment)
        var tensors: [Tensor] = []
        var unsupported: [String: String] = [:]
        for description in descriptions {
            let start = try start(of: description, dataStart: dataStart, alignment: alignment)
            guard let storage = StorageType(rawValue: description.typeCode) else {
                unsupported[description.name] = ggmlTypeName(description.typeCode)
                continue
            }
            tensors.append(try tensor(description, storage, start: start))
        }
        try checkOverlap(tensors)
        return try TensorTable(path: file.path, tensors: tensors, unsupported: unsupported)
    }

    private func start(
        of description: Description, dataStart: Int, alignment: Int
    ) throws(CheckpointError) -> Int {
        guard description.offset.isMultiple(of: alignment),
            let start = sum(dataStart, description.offset), start <= file.byteCount
        else {
            throw malformed(
                "tensor \(description.name) lies at data byte \(description.offset), "
                    + "outside the file or not a multiple of \(alignment)")
        }
        return start
    }

    private func tensor(
        _ description: Description, _ storage: StorageType, start: Int
    ) throws(CheckpointError) -> Tensor {
        let (name, shape) = (description.name, description.shape)
        guard let info = TensorInfo(name: name, storage: storage, shape: shape) else {
            throw malformed("tensor \(name) of type \(storage) cannot have shape \(shape)")
        }
        guard info.byteCount <= file.byteCount - start else {
            throw malformed("tensor \(name), \(storage) \(shape), passes the end of the file")
        }
        return Tensor(info: info, bytes: file[start..<start + info.byteCount])
    }

    private func checkOverlap(_ tensors: [Tensor]) throws(CheckpointError) {
        var end = 0
        let ordered = tensors.sorted { $0.bytes.range.lowerBound < $1.bytes.range.lowerBound }
        for tensor in ordered where tensor.info.byteCount > 0 {
            guard tensor.bytes.range.lowerBound >= end else {
                throw malformed("tensor \(tensor.info.name) overlaps the one before it")
            }
            end = tensor.bytes.range.upperBound
        }
    }

    private func malformed(_ reason: String) -> CheckpointError {
        .malformed(path: file.path, reason: reason)
    }
}

/// The next multiple of `alignment`, a power of two; `offset` is a file's, so far below `Int.max`.
func aligned(_ offset: Int, to alignment: Int) -> Int {
    (offset + alignment - 1) & ~(alignment - 1)
}

/// The name of a type that `StorageType` lacks.
private func ggmlTypeName(_ code: UInt32) -> String {
    let names: [UInt32: String] = [
        6: "Q5_0", 7: "Q5_1", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 15: "Q8_K",
        16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S",
        22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
        29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
    ]
    return names[code] ?? "type \(code)"
}
