/// What stands between an expert's two products: down(activation(gate · x) ⊙ up · x).
public enum Activation: UInt32, Sendable {
    /// x · sigmoid(x): the expert is a SwiGLU.
    case silu = 1
}

/// The first 64 bytes of an artifact: everything that its weights' bytes do not say themselves.
///
/// Little-endian 32-bit fields after the magic: format version, storage of gate and up, storage of
/// down, hidden size, intermediate size, activation, then zeros.
public struct ArtifactHeader: Sendable, Hashable {
    /// Bytes of the header itself.
    public static let byteCount = 64
    static let formatVersion: UInt32 = 1
    static let magic = Array("XMEXPERT".utf8)

    /// Gate and up rows, interleaved: [2 · intermediateSize, hiddenSize].
    public let gateUp: TensorInfo
    /// [hiddenSize, intermediateSize].
    public let down: TensorInfo
    /// What is applied to the gate's outputs.
    public let activation: Activation

    /// Width of the residual stream, which an expert reads and writes.
    public var hiddenSize: Int { gateUp.shape[1] }
    /// Width between the two products.
    public var intermediateSize: Int { down.shape[1] }
    /// Where gate and up begin in the file.
    public var gateUpStart: Int { Self.byteCount }
    /// Where down begins in the file.
    public var downStart: Int { aligned(gateUpStart + gateUp.byteCount, to: Self.byteCount) }
    /// Of the whole file.
    public var artifactByteCount: Int { downStart + down.byteCount }

    /// Nil when a size is not positive, or a row of a matrix is not whole blocks of its storage.
    public init?(
        gateUpStorage: StorageType, downStorage: StorageType, hiddenSize: Int,
        intermediateSize: Int, activation: Activation = .silu
    ) {
        // The file stores sizes in 32 bits; 24 keep every byte count far from the end of an Int.
        guard 1..<1 << 24 ~= hiddenSize, 1..<1 << 24 ~= intermediateSize,
            let gateUp = TensorInfo(
                name: "gate_up", storage: gateUpStorage,
                shape: [2 * intermediateSize, hiddenSize]),
            let down = TensorInfo(
                name: "down", storage: downStorage, shape: [hiddenSize, intermediateSize])
        else { return nil }
        self.gateUp = gateUp
        self.down = down
        self.activation = activation
    }

    /// Reads and checks the header of an artifact and the length of the file. Throws `malformed`.
    public init(reading file: MappedFile) throws(CheckpointError) {
        var reader = ByteReader(file)
        let start = try reader.advance(Self.magic.count)
        guard file.bytes(in: start..<reader.offset) == Self.magic else {
            throw reader.malformed("does not begin with XMEXPERT")
        }
        let version = try reader.integer(UInt32.self)
        guard version == Self.formatVersion else {
            throw reader.malformed("format version \(version); supported is \(Self.formatVersion)")
        }
        let gateUpStorage = try Self.storage(&reader)
        let downStorage = try Self.storage(&reader)
        let hiddenSize = Int(try reader.integer(UInt32.self))
        let intermediateSize = Int(try reader.integer(UInt32.self))
        guard let activation = Activation(rawValue: try reader.integer()),
            let header = Self(
                gateUpStorage: gateUpStorage, downStorage: downStorage, hiddenSize: hiddenSize,
                intermediateSize: intermediateSize, activation: activation)
        else { throw reader.malformed("impossible sizes or unknown activation") }
        self = header
        try check(file, &reader)
    }

    /// The length must be exact, and everything that is not a field or a weight must be zero.
    private func check(_ file: MappedFile, _ reader: inout ByteReader) throws(CheckpointError) {
        guard file.byteCount == artifactByteCount else {
            throw reader.malformed("\(file.byteCount) bytes instead of \(artifactByteCount)")
        }
        let padding =
            file.bytes(in: reader.offset..<gateUpStart)
            + file.bytes(in: gateUpStart + gateUp.byteCount..<downStart)
        guard padding.allSatisfy({ $0 == 0 }) else { throw reader.malformed("padding is not zero") }
    }

    private static func storage(_ reader: inout ByteReader) throws(CheckpointError) -> StorageType {
        let code = try reader.integer(UInt32.self)
        guard let storage = StorageType(rawValue: code) else {
            throw reader.malformed("unknown storage type \(code)")
        }
        return storage
    }

    /// The 64 bytes.
    func encoded() -> [UInt8] {
        var bytes = Self.magic
        for field in [
            Self.formatVersion, gateUp.storage.rawValue, down.storage.rawValue,
            UInt32(hiddenSize), UInt32(intermediateSize), activation.rawValue,
        ] {
            bytes.append(littleEndian: field)
        }
        return bytes + [UInt8](repeating: 0, count: Self.byteCount - bytes.count)
    }
}

/// One expert, mapped: a header, gate and up rows interleaved, padding to 64 bytes, down.
public struct Artifact: Sendable {
    /// The SHA-256 that the content was verified against, or was computed from.
    public let digest: ArtifactDigest
    /// Sizes and storages.
    public let header: ArtifactHeader
    private let file: MappedFile

    /// Reads the header; `digest` must be that of the file's content. Throws `malformed`.
    init(_ file: MappedFile, digest: ArtifactDigest) throws(CheckpointError) {
        header = try ArtifactHeader(reading: file)
        self.file = file
        self.digest = digest
    }

    /// Reads an artifact that has no name yet, and computes it. Throws `malformed`.
    public init(_ file: MappedFile) throws(CheckpointError) {
        try self.init(file, digest: ArtifactDigest(of: file.all))
    }

    /// Rows gate 0, up 0, gate 1, up 1, …: [2 · intermediateSize, hiddenSize].
    public var gateUp: Tensor {
        let start = header.gateUpStart
        return Tensor(
            info: header.gateUp, bytes: file[start..<start + header.gateUp.byteCount])
    }

    /// [hiddenSize, intermediateSize].
    public var down: Tensor {
        let start = header.downStart
        return Tensor(info: header.down, bytes: file[start..<start + header.down.byteCount])
    }

    /// The whole file, as it travels between services.
    public var bytes: MappedBytes { file.all }
    /// Length of the file.
    public var byteCount: Int { file.byteCount }
}
