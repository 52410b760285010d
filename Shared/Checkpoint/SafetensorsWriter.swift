internal import JSON

/// Writes tensors of any source verbatim into one safetensors file.
public enum SafetensorsWriter {
    /// Writes `tensors` to `path`, atomically. Throws `unsupportedStorage` for block formats, which
    /// safetensors lacks, and `unwritable`.
    @discardableResult
    public static func write(
        _ tensors: [Tensor], metadata: [String: String] = [:], to path: String
    ) throws(CheckpointError) -> FileRecord {
        // Widest numbers first, so that each is aligned to its size; then by name, so that the
        // order is fixed.
        let ordered = tensors.sorted {
            ($1.info.storage.blockByteCount, $0.info.name)
                < ($0.info.storage.blockByteCount, $1.info.name)
        }
        let file = try AtomicFile(path: path)
        let header = try header(ordered, metadata, path)
        var length: [UInt8] = []
        length.append(littleEndian: UInt64(header.count))
        try file.write(length + header)
        for tensor in ordered { try file.write(tensor.bytes) }
        return try file.commit()
    }

    /// The JSON header, with spaces behind it up to a multiple of 64 in the file.
    private static func header(
        _ tensors: [Tensor], _ metadata: [String: String], _ path: String
    ) throws(CheckpointError) -> [UInt8] {
        var header = JSONObject()
        if !metadata.isEmpty {
            let members = metadata.map { ($0.key, JSONValue.string($0.value)) }
            header.append("__metadata__", .members(members))
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.info.byteCount
            let entry: JSONValue = [
                "dtype": .string(try dtype(tensor.info, path)),
                "shape": .array(tensor.info.shape.map { .integer($0) }),
                "data_offsets": .array([.integer(offset), .integer(end)]),
            ]
            header.append(tensor.info.name, entry)
            offset = end
        }
        let text = JSONValue.object(header).indented()
        let space = aligned(8 + text.count, to: 64) - 8 - text.count
        return text + [UInt8](repeating: UInt8(ascii: " "), count: space)
    }

    private static func dtype(_ info: TensorInfo, _ path: String) throws(CheckpointError) -> String
    {
        guard info.storage.blockLength == 1 else {
            throw .unsupportedStorage(
                tensor: info.name, type: info.storage.description, path: path)
        }
        return info.storage.description
    }
}
