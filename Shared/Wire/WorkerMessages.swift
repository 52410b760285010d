internal import CProtobuf

/// "I already have these." Sent by a worker after Hello, in as many messages as it takes.
public struct OfferArtifacts: Request {
    public static let kind = MessageKind.offerArtifacts
    public typealias Reply = OfferArtifactsReply

    /// SHA-256 each.
    public var digests: [[UInt8]]

    public init(digests: [[UInt8]]) {
        self.digests = digests
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension OfferArtifacts: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__OfferArtifacts>) {
        unsafe mesh__offer_artifacts__init(message)
    }

    func fill(_ message: inout Mesh__OfferArtifacts, _ arena: inout Arena) {
        unsafe message.n_digests = digests.count
        unsafe message.digests = arena.datas(digests)
    }

    init(reading message: Mesh__OfferArtifacts) throws(WireError) {
        self.init(
            digests: try unsafe Read.digests(message.digests, message.n_digests, "digests"))
    }
}

/// The offer was noted.
public struct OfferArtifactsReply: Message {
    public static let kind = MessageKind.offerArtifactsReply

    public init() {}

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension OfferArtifactsReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__OfferArtifactsReply>) {
        unsafe mesh__offer_artifacts_reply__init(message)
    }

    func fill(_ message: inout Mesh__OfferArtifactsReply, _ arena: inout Arena) {}

    init(reading message: Mesh__OfferArtifactsReply) { self.init() }
}

/// Where in the model an artifact belongs.
public struct ExpertPlacement: Sendable, Equatable {
    public var layer: Int
    public var expert: Int
    public var digest: [UInt8]

    public init(layer: Int, expert: Int, digest: [UInt8]) {
        self.layer = layer
        self.expert = expert
        self.digest = digest
    }
}

extension ExpertPlacement: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__ExpertPlacement>) {
        unsafe mesh__expert_placement__init(message)
    }

    func fill(_ message: inout Mesh__ExpertPlacement, _ arena: inout Arena) {
        unsafe message.layer = UInt32(layer)
        unsafe message.expert = UInt32(expert)
        unsafe message.digest = arena.data(digest)
    }

    init(reading message: Mesh__ExpertPlacement) throws(WireError) {
        self.init(
            layer: unsafe Int(message.layer),
            expert: unsafe Int(message.expert),
            digest: try unsafe Read.digest(message.digest))
    }
}

/// The full set that a worker must hold of one revision of one model.
public struct AssignExperts: Request {
    public static let kind = MessageKind.assignExperts
    public typealias Reply = AssignExpertsReply

    public var model: String
    public var revision: Int
    public var placements: [ExpertPlacement]

    public init(model: String, revision: Int, placements: [ExpertPlacement]) {
        self.model = model
        self.revision = revision
        self.placements = placements
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension AssignExperts: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__AssignExperts>) {
        unsafe mesh__assign_experts__init(message)
    }

    func fill(_ message: inout Mesh__AssignExperts, _ arena: inout Arena) {
        unsafe message.model = arena.text(model)
        unsafe message.revision = UInt64(revision)
        unsafe message.n_placements = placements.count
        unsafe message.placements = arena.messages(placements)
    }

    init(reading message: Mesh__AssignExperts) throws(WireError) {
        self.init(
            model: try unsafe Read.text(message.model, "model"),
            revision: try unsafe Read.integer(message.revision, "revision"),
            placements: try unsafe Read.messages(
                message.placements, message.n_placements, "placements"))
    }
}

/// An artifact that could not be loaded.
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

/// What a worker holds after an assignment.
public struct AssignExpertsReply: Message {
    public static let kind = MessageKind.assignExpertsReply

    public var residentCount: Int
    public var residentBytes: Int
    public var failures: [ArtifactFailure]

    public init(residentCount: Int, residentBytes: Int, failures: [ArtifactFailure] = []) {
        self.residentCount = residentCount
        self.residentBytes = residentBytes
        self.failures = failures
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension AssignExpertsReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__AssignExpertsReply>) {
        unsafe mesh__assign_experts_reply__init(message)
    }

    func fill(_ message: inout Mesh__AssignExpertsReply, _ arena: inout Arena) {
        unsafe message.resident_count = UInt32(residentCount)
        unsafe message.resident_bytes = UInt64(residentBytes)
        unsafe message.n_failures = failures.count
        unsafe message.failures = arena.messages(failures)
    }

    init(reading message: Mesh__AssignExpertsReply) throws(WireError) {
        self.init(
            residentCount: unsafe Int(message.resident_count),
            residentBytes: try unsafe Read.integer(message.resident_bytes, "residentBytes"),
            failures: try unsafe Read.messages(message.failures, message.n_failures, "failures"))
    }
}

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

/// What one expert has done since it was loaded.
public struct ExpertStatistics: Sendable, Equatable {
    public var layer: Int
    public var expert: Int
    public var digest: [UInt8]
    public var rowCount: Int
    /// Sum of the gate weights of those rows.
    public var weightMass: Double
    public var computeNanoseconds: Int

    public init(
        layer: Int, expert: Int, digest: [UInt8], rowCount: Int, weightMass: Double,
        computeNanoseconds: Int
    ) {
        self.layer = layer
        self.expert = expert
        self.digest = digest
        self.rowCount = rowCount
        self.weightMass = weightMass
        self.computeNanoseconds = computeNanoseconds
    }
}

extension ExpertStatistics: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__ExpertStatistics>) {
        unsafe mesh__expert_statistics__init(message)
    }

    func fill(_ message: inout Mesh__ExpertStatistics, _ arena: inout Arena) {
        unsafe message.layer = UInt32(layer)
        unsafe message.expert = UInt32(expert)
        unsafe message.digest = arena.data(digest)
        unsafe message.row_count = UInt64(rowCount)
        unsafe message.weight_mass = weightMass
        unsafe message.compute_nanoseconds = UInt64(computeNanoseconds)
    }

    init(reading message: Mesh__ExpertStatistics) throws(WireError) {
        self.init(
            layer: unsafe Int(message.layer),
            expert: unsafe Int(message.expert),
            digest: try unsafe Read.digest(message.digest),
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
    public var experts: [ExpertStatistics]

    public init(inFlight: Int, residentBytes: Int, experts: [ExpertStatistics]) {
        self.inFlight = inFlight
        self.residentBytes = residentBytes
        self.experts = experts
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
        unsafe message.n_experts = experts.count
        unsafe message.experts = arena.messages(experts)
    }

    init(reading message: Mesh__WorkerStatusReply) throws(WireError) {
        self.init(
            inFlight: unsafe Int(message.in_flight),
            residentBytes: try unsafe Read.integer(message.resident_bytes, "residentBytes"),
            experts: try unsafe Read.messages(message.experts, message.n_experts, "experts"))
    }
}
