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

/// Load of a worker. Attachment: a record of each resident artifact (`ArtifactStatistics`).
public struct WorkerStatusReply: Message {
    public static let kind = MessageKind.workerStatusReply

    public var inFlight: Int
    public var residentBytes: Int

    public init(inFlight: Int, residentBytes: Int) {
        self.inFlight = inFlight
        self.residentBytes = residentBytes
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
    }

    init(reading message: Mesh__WorkerStatusReply) throws(WireError) {
        self.init(
            inFlight: unsafe Int(message.in_flight),
            residentBytes: try unsafe Read.integer(message.resident_bytes, "residentBytes"))
    }
}
