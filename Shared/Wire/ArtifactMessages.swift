internal import CProtobuf

/// The full set of artifacts that this router wants held. A worker holds the union of what its
/// routers want.
public struct HoldArtifacts: Request {
    public static let kind = MessageKind.holdArtifacts
    public typealias Reply = HoldArtifactsReply

    /// SHA-256 each.
    public var digests: [[UInt8]]

    public init(digests: [[UInt8]]) {
        self.digests = digests
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension HoldArtifacts: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__HoldArtifacts>) {
        unsafe mesh__hold_artifacts__init(message)
    }

    func fill(_ message: inout Mesh__HoldArtifacts, _ arena: inout Arena) {
        unsafe message.n_digests = digests.count
        unsafe message.digests = arena.datas(digests)
    }

    init(reading message: Mesh__HoldArtifacts) throws(WireError) {
        self.init(
            digests: try unsafe Read.digests(message.digests, message.n_digests, "digests"))
    }
}

/// An artifact that could not be had.
public struct ArtifactFailure: Sendable, Equatable {
    public var digest: [UInt8]
    public var reason: String

    public init(digest: [UInt8], reason: String) {
        self.digest = digest
        self.reason = reason
    }
}

extension ArtifactFailure: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__ArtifactFailure>) {
        unsafe mesh__artifact_failure__init(message)
    }

    func fill(_ message: inout Mesh__ArtifactFailure, _ arena: inout Arena) {
        unsafe message.digest = arena.data(digest)
        unsafe message.reason = arena.text(reason)
    }

    init(reading message: Mesh__ArtifactFailure) throws(WireError) {
        self.init(
            digest: try unsafe Read.digest(message.digest),
            reason: try unsafe Read.text(message.reason, "reason"))
    }
}

/// What was asked for and did not fail is resident.
public struct HoldArtifactsReply: Message {
    public static let kind = MessageKind.holdArtifactsReply

    /// Of everything that the worker holds.
    public var residentBytes: Int
    public var failures: [ArtifactFailure]

    public init(residentBytes: Int, failures: [ArtifactFailure] = []) {
        self.residentBytes = residentBytes
        self.failures = failures
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension HoldArtifactsReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__HoldArtifactsReply>) {
        unsafe mesh__hold_artifacts_reply__init(message)
    }

    func fill(_ message: inout Mesh__HoldArtifactsReply, _ arena: inout Arena) {
        unsafe message.resident_bytes = UInt64(residentBytes)
        unsafe message.n_failures = failures.count
        unsafe message.failures = arena.messages(failures)
    }

    init(reading message: Mesh__HoldArtifactsReply) throws(WireError) {
        self.init(
            residentBytes: try unsafe Read.integer(message.resident_bytes, "residentBytes"),
            failures: try unsafe Read.messages(message.failures, message.n_failures, "failures"))
    }
}

/// A worker asks the router that wants an artifact held for some of its bytes. One request per
/// piece, so that the worker sets the pace.
public struct FetchArtifact: Request {
    public static let kind = MessageKind.fetchArtifact
    public typealias Reply = FetchArtifactReply

    /// SHA-256 of the artifact.
    public var digest: [UInt8]
    /// Of the first byte wanted.
    public var offset: Int
    /// Wanted, at most `FetchArtifactReply.pieceByteCountMax`.
    public var byteCount: Int

    public init(digest: [UInt8], offset: Int, byteCount: Int) {
        self.digest = digest
        self.offset = offset
        self.byteCount = byteCount
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension FetchArtifact: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__FetchArtifact>) {
        unsafe mesh__fetch_artifact__init(message)
    }

    func fill(_ message: inout Mesh__FetchArtifact, _ arena: inout Arena) {
        unsafe message.digest = arena.data(digest)
        unsafe message.offset = UInt64(offset)
        unsafe message.byte_count = UInt32(byteCount)
    }

    init(reading message: Mesh__FetchArtifact) throws(WireError) {
        self.init(
            digest: try unsafe Read.digest(message.digest),
            offset: try unsafe Read.integer(message.offset, "offset"),
            byteCount: unsafe Int(message.byte_count))
    }
}

/// A piece of an artifact. Attachment: the bytes, as many as were wanted, fewer at its end.
public struct FetchArtifactReply: Message {
    public static let kind = MessageKind.fetchArtifactReply
    /// Small enough that what else the connection carries is not held up.
    public static let pieceByteCountMax = 1 << 20

    /// Of the whole artifact.
    public var byteCount: Int

    public init(byteCount: Int) {
        self.byteCount = byteCount
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension FetchArtifactReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__FetchArtifactReply>) {
        unsafe mesh__fetch_artifact_reply__init(message)
    }

    func fill(_ message: inout Mesh__FetchArtifactReply, _ arena: inout Arena) {
        unsafe message.byte_count = UInt64(byteCount)
    }

    init(reading message: Mesh__FetchArtifactReply) throws(WireError) {
        self.init(byteCount: try unsafe Read.integer(message.byte_count, "byteCount"))
    }
}
