internal import CProtobuf

/// Asks a worker for its load and its counters.
public struct WorkerStatus: Request {
    public static let kind = MessageKind.workerStatus
    public typealias Reply = WorkerStatusReply

    public init() {}

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension WorkerStatus: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__WorkerStatus>) {
        unsafe mesh__worker_status__init(message)
    }

    func fill(_ message: inout Mesh__WorkerStatus, _ arena: inout Arena) {}

    init(reading message: Mesh__WorkerStatus) { self.init() }
}

/// A resident artifact, and what it has done since it was loaded.
public struct ArtifactStatistics: Sendable, Equatable {
    /// SHA-256 of the artifact.
    public var digest: [UInt8]
    public var byteCount: Int
    public var rowCount: Int
    /// Sum of the gate weights of those rows.
    public var weightMass: Double
    public var computeNanoseconds: Int

    public init(
        digest: [UInt8], byteCount: Int, rowCount: Int = 0, weightMass: Double = 0,
        computeNanoseconds: Int = 0
    ) {
        self.digest = digest
        self.byteCount = byteCount
        self.rowCount = rowCount
        self.weightMass = weightMass
        self.computeNanoseconds = computeNanoseconds
    }
}

extension ArtifactStatistics: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__ArtifactStatistics>) {
        unsafe mesh__artifact_statistics__init(message)
    }

    func fill(_ message: inout Mesh__ArtifactStatistics, _ arena: inout Arena) {
        unsafe message.digest = arena.data(digest)
        unsafe message.byte_count = UInt64(byteCount)
        unsafe message.row_count = UInt64(rowCount)
        unsafe message.weight_mass = weightMass
        unsafe message.compute_nanoseconds = UInt64(computeNanoseconds)
    }

    init(reading message: Mesh__ArtifactStatistics) throws(WireError) {
        self.init(
            digest: try unsafe Read.digest(message.digest),
            byteCount: try unsafe Read.integer(message.byte_count, "byteCount"),
            rowCount: try unsafe Read.integer(message.row_count, "rowCount"),
            weightMass: unsafe message.weight_mass,
            computeNanoseconds: try unsafe Read.integer(
                message.compute_nanoseconds, "computeNanoseconds"))
    }
}

/// Load and counters of a worker.
public struct WorkerStatusReply: Message {
    public static let kind = MessageKind.workerStatusReply

    public var inFlight: Int
    public var residentBytes: Int
    /// All that are resident.
    public var artifacts: [ArtifactStatistics]

    public init(inFlight: Int, residentBytes: Int, artifacts: [ArtifactStatistics]) {
        self.inFlight = inFlight
        self.residentBytes = residentBytes
        self.artifacts = artifacts
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension WorkerStatusReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__WorkerStatusReply>) {
        unsafe mesh__worker_status_reply__init(message)
    }

    func fill(_ message: inout Mesh__WorkerStatusReply, _ arena: inout Arena) {
        unsafe message.in_flight = UInt32(inFlight)
        unsafe message.resident_bytes = UInt64(residentBytes)
        unsafe message.n_artifacts = artifacts.count
        unsafe message.artifacts = arena.messages(artifacts)
    }

    init(reading message: Mesh__WorkerStatusReply) throws(WireError) {
        self.init(
            inFlight: unsafe Int(message.in_flight),
            residentBytes: try unsafe Read.integer(message.resident_bytes, "residentBytes"),
            artifacts: try unsafe Read.messages(
                message.artifacts, message.n_artifacts, "artifacts"))
    }
}
