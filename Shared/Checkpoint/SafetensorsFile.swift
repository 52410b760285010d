internal import JSON

/// A checkpoint in the safetensors format: a 64-bit header length, a JSON header, then the tensors'
/// bytes.
///
/// Format: https://github.com/huggingface/safetensors#format. Header and data must agree to the
/// byte: tensors cover the data without gap or overlap, and each has the size that its type and
/// shape give.
public struct SafetensorsFile: TensorSource {
    /// The format's own limit is 100 MB; the header of a 100,000-tensor checkpoint has about 12 MB.
    public static let headerByteCountMax = 32 << 20

    /// Every tensor whose type is supported.
    public let table: TensorTable
    /// The header's `__metadata__`.
    public let metadata: [String: String]

    /// Opens one file, or a sharded checkpoint by its `….safetensors.index.json`.
    /// Throws `unreadable` or `malformed`.
    public init(path: String) throws(CheckpointError) {
        if path.hasSuffix(".json") {
            self = try ShardIndex(path: path).open()
        } else {
            try self.init(MappedFile(path: path))
        }
    }

    /// Reads the header of a mapped file.
    public init(_ file: MappedFile) throws(CheckpointError) {
        var reader = ByteReader(file)
        let headerByteCount = try reader.count(
            of: "bytes of header", byteCountMin: 1, max: Self.headerByteCountMax)
        let start = try reader.advance(headerByteCount)
        let header = SafetensorsHeader(file: file, dataStart: start + headerByteCount)
        let bytes = file.bytes(in: start..<start + headerByteCount)
        self = try header.parse(JSONValue(parsing: bytes, path: file.path))
    }

    init(table: TensorTable, metadata: [String: String]) {
        self.table = table
        self.metadata = metadata
    }
}

/// Turns a parsed JSON header into tensors.
private struct SafetensorsHeader {
    let file: MappedFile
    let dataStart: Int

    private struct Entry {
        let name: String
        let type: ElementType
        let shape: [Int]
        let range: Range<Int>  // in the data
    }

    func parse(_ json: JSONValue) throws(CheckpointError) -> SafetensorsFile {
        guard var header = json.object else { throw malformed("the header is not an object") }
        let metadata = try metadata(header["__metadata__"])
        header["__metadata__"] = nil
        var entries: [Entry] = []
        for member in header.members { entries.append(try entry(member.name, member.value)) }
        try checkCover(&entries)

        var tensors: [Tensor] = []
        var unsupported: [String: String] = [:]
        for entry in entries {
            guard let storage = entry.type.storage else {
                unsupported[entry.name] = entry.type.rawValue
                continue
            }
            tensors.append(try tensor(entry, storage))
        }
        let table = try TensorTable(path: file.path, tensors: tensors, unsupported: unsupported)
        return SafetensorsFile(table: table, metadata: metadata)
    }

    private func metadata(_ json: JSONValue?) throws(CheckpointError) -> [String: String] {
        guard let json else { return [:] }
        guard let object = json.object else { throw malformed("__metadata__ is not an object") }
        var metadata: [String: String] = [:]
        for member in object.members {
            guard let text = member.value.string else {
                throw malformed("__metadata__.\(member.name) is not a string")
            }
            metadata[member.name] = text
        }
        return metadata
    }

    private func entry(_ name: String, _ json: JSONValue) throws(CheckpointError) -> Entry {
        guard json.object?.members.count == 3, let dtype = json["dtype"]?.string,
            let dimensions = json["shape"]?.array, let offsets = json["data_offsets"]?.array
        else { throw malformed("tensor \(name) is not {dtype, shape, data_offsets}") }
        guard let type = ElementType(rawValue: dtype) else {
            throw malformed("tensor \(name) has unknown dtype \(dtype)")
        }
        let shape = dimensions.compactMap { $0.integer }.filter { $0 >= 0 }
        guard shape.count == dimensions.count else { throw malformed("shape of tensor \(name)") }
        let ends = offsets.compactMap { $0.integer }.filter { $0 >= 0 }
        guard offsets.count == 2, ends.count == 2, ends[0] <= ends[1] else {
            throw malformed("data_offsets of tensor \(name)")
        }
        guard let bitCount = product(shape + [type.bitCount]), bitCount.isMultiple(of: 8),
            bitCount / 8 == ends[1] - ends[0]
        else {
            let size = ends[1] - ends[0]
            throw malformed("tensor \(name), \(dtype) \(shape), does not have \(size) bytes")
        }
        return Entry(name: name, type: type, shape: shape, range: ends[0]..<ends[1])
    }

    /// The tensors in order must cover the data from its first byte to its last.
    private func checkCover(_ entries: inout [Entry]) throws(CheckpointError) {
        entries.sort {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        var end = 0
        for entry in entries {
            guard entry.range.lowerBound == end else {
                let kind = entry.range.lowerBound < end ? "overlap" : "gap"
                throw malformed("\(kind) before tensor \(entry.name), data byte \(end)")
            }
            end = entry.range.upperBound
        }
        guard end == file.byteCount - dataStart else {
            throw malformed("tensors end at data byte \(end) of \(file.byteCount - dataStart)")
        }
    }

    private func tensor(
        _ entry: Entry, _ storage: StorageType
    ) throws(CheckpointError) -> Tensor {
        guard let info = TensorInfo(name: entry.name, storage: storage, shape: entry.shape) else {
            throw malformed("shape of tensor \(entry.name)")
        }
        let start = dataStart + entry.range.lowerBound
        return Tensor(info: info, bytes: file[start..<start + info.byteCount])
    }

    private func malformed(_ reason: String) -> CheckpointError {
        .malformed(path: file.path, reason: reason)
    }
}

/// The format's `dtype`s; raw values as in the file.
private enum ElementType: String {
    case BOOL, U8, I8, U16, I16, U32, I32, U64, I64
    case F8_E4M3, F8_E5M2, F8_E8M0, F6_E2M3, F6_E3M2, F4
    case F16, BF16, F32, F64, C64

    var bitCount: Int {
        switch self {
        case .F4: 4
        case .F6_E2M3, .F6_E3M2: 6
        case .BOOL, .U8, .I8, .F8_E4M3, .F8_E5M2, .F8_E8M0: 8
        case .U16, .I16, .F16, .BF16: 16
        case .U32, .I32, .F32: 32
        case .U64, .I64, .F64, .C64: 64
        }
    }

    var storage: StorageType? {
        switch self {
        case .F32: .float32
        case .F16: .float16
        case .BF16: .bfloat16
        default: nil
        }
    }
}
