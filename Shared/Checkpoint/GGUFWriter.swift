/// Writes a GGUF file that has another's metadata, byte for byte, and tensors of any source,
/// verbatim.
public enum GGUFWriter {
    /// Writes `tensors` in the given order to `path`, atomically. Throws `unwritable`.
    @discardableResult
    public static func write(
        _ tensors: [Tensor], metadataOf file: GGUFFile, to path: String
    ) throws(CheckpointError) -> FileRecord {
        let target = try AtomicFile(path: path)
        try target.write(header(tensorCount: tensors.count, metadataCount: file.metadata.count))
        try target.write(file.metadataBytes)
        try target.write(descriptions(tensors, alignment: file.alignment))
        for tensor in tensors {
            try target.align(to: file.alignment)
            try target.write(tensor.bytes)
        }
        try target.align(to: file.alignment)
        return try target.commit()
    }

    /// Version 3 differs from version 2 only in that it may be big-endian; ours is not.
    private static func header(tensorCount: Int, metadataCount: Int) -> [UInt8] {
        var bytes = Array("GGUF".utf8)
        bytes.append(littleEndian: UInt32(3))
        bytes.append(littleEndian: UInt64(tensorCount))
        bytes.append(littleEndian: UInt64(metadataCount))
        return bytes
    }

    private static func descriptions(_ tensors: [Tensor], alignment: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var offset = 0
        for tensor in tensors {
            let info = tensor.info
            bytes.append(littleEndian: UInt64(info.name.utf8.count))
            bytes += info.name.utf8
            bytes.append(littleEndian: UInt32(info.shape.count))
            for dimension in info.shape.reversed() { bytes.append(littleEndian: UInt64(dimension)) }
            bytes.append(littleEndian: info.storage.rawValue)
            bytes.append(littleEndian: UInt64(offset))
            offset = aligned(offset + info.byteCount, to: alignment)
        }
        return bytes
    }
}
