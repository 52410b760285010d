internal import CProtobuf

/// Asks whether a process can serve.
public struct Health: Request {
    public static let kind = MessageKind.health
    public typealias Reply = HealthReply

    public init() {}

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension Health: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__Health>) {
        unsafe mesh__health__init(message)
    }

    func fill(_ message: inout Mesh__Health, _ arena: inout Arena) {}

    init(reading message: Mesh__Health) { self.init() }
}

/// Whether a process can serve.
public struct HealthReply: Message {
    public static let kind = MessageKind.healthReply

    public var ready: Bool
    /// Why not.
    public var reasons: [String]

    public init(ready: Bool, reasons: [String] = []) {
        self.ready = ready
        self.reasons = reasons
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension HealthReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__HealthReply>) {
        unsafe mesh__health_reply__init(message)
    }

    func fill(_ message: inout Mesh__HealthReply, _ arena: inout Arena) {
        unsafe message.ready = ready ? 1 : 0
        unsafe message.n_reasons = reasons.count
        unsafe message.reasons = arena.texts(reasons)
    }

    init(reading message: Mesh__HealthReply) throws(WireError) {
        self.init(
            ready: unsafe message.ready != 0,
            reasons: try unsafe Read.texts(message.reasons, message.n_reasons, "reasons"))
    }
}

/// A worker or a knowledge-store says to each of its routers: I am leaving. Answered when nothing
/// is needed of it any more, because everything it holds lives elsewhere, or when the time is up.
/// Until then it serves.
public struct Drain: Request {
    public static let kind = MessageKind.drain
    public typealias Reply = DrainReply

    public var withinMilliseconds: Int

    public init(withinMilliseconds: Int) {
        self.withinMilliseconds = withinMilliseconds
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension Drain: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__Drain>) {
        unsafe mesh__drain__init(message)
    }

    func fill(_ message: inout Mesh__Drain, _ arena: inout Arena) {
        unsafe message.within_milliseconds = UInt32(withinMilliseconds)
    }

    init(reading message: Mesh__Drain) {
        self.init(
            withinMilliseconds: unsafe Int(message.within_milliseconds))
    }
}

/// The worker may go.
public struct DrainReply: Message {
    public static let kind = MessageKind.drainReply

    /// Artifacts that still live nowhere else; 0: go in peace.
    public var neededCount: Int

    public init(neededCount: Int) {
        self.neededCount = neededCount
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension DrainReply: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__DrainReply>) {
        unsafe mesh__drain_reply__init(message)
    }

    func fill(_ message: inout Mesh__DrainReply, _ arena: inout Arena) {
        unsafe message.needed_count = UInt32(neededCount)
    }

    init(reading message: Mesh__DrainReply) {
        self.init(
            neededCount: unsafe Int(message.needed_count))
    }
}
