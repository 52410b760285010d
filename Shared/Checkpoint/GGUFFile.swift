/// A checkpoint in the GGUF format, versions 2 and 3, little-endian.
///
/// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. A header with counts,
/// metadata as typed values, tensor descriptions, then the tensors' bytes, each at a multiple of
/// the alignment.
public struct GGUFFile: TensorSource {
    /// Published files have fewer than 100 keys.
    public static let metadataCountMax = 1 << 16
    /// A checkpoint with an own tensor for each of 60 × 384 experts' three matrices would have
    /// 70,000.
    public static let tensorCountMax = 1 << 18
    /// The format's limit on keys and tensor names.
    public static let nameByteCountMax = 65_535
    /// Chat templates are the longest strings, tens of kilobytes.
    public static let stringByteCountMax = 16 << 20
    /// Vocabularies reach 262,144 tokens, their merges about twice that.
    public static let arrayElementCountMax = 1 << 22
    /// All metadata together: bounds what a file of tiny array elements makes us hold.
    public static let metadataByteCountMax = 256 << 20

    /// Every tensor whose storage is supported.
    public let table: TensorTable
    /// Every key and its value.
    public let metadata: [String: GGUFValue]
    /// The tensors' names in the order of the file.
    public let tensorNames: [String]
    /// Tensors begin at multiples of this many bytes.
    public let alignment: Int
    /// Where the metadata's bytes are, for a verbatim copy.
    let metadataBytes: MappedBytes

    /// Throws `unreadable` or `malformed`.
    public init(path: String) throws(CheckpointError) {
        try self.init(MappedFile(path: path))
    }

    /// Reads the header of a mapped file.
    public init(_ file: MappedFile) throws(CheckpointError) {
        var reader = GGUFReader(file)
        let header = try reader.header()
        metadata = try reader.metadata(count: header.metadataCount)
        metadataBytes = file[GGUFReader.headerByteCount..<reader.offset]
        alignment = try reader.alignment(in: metadata)
        let descriptions = try reader.descriptions(count: header.tensorCount)
        tensorNames = descriptions.map(\.name)
        table = try reader.table(descriptions, alignment: alignment)
    }
}
