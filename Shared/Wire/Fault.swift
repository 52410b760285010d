internal import CProtobuf

/// What kind of refusal a fault is. A caller decides by it, never by the text.
public enum FaultCode: UInt32, Sendable {
    /// Malformed or out of range: the same request would fail again.
    case badRequest = 1
    /// Nobody there answers this kind of message.
    case unknownKind = 2
    /// Too much at once. Retry after the given time.
    case overloaded = 3
    /// That process is leaving. Ask another.
    case draining = 4
    case deadlineExceeded = 5
    case notFound = 6
    /// `Fault.expert` names it.
    case expertUnavailable = 7
    /// No protocol version in common.
    case versionMismatch = 8
    case `internal` = 9
    /// A disk or a budget is full.
    case noSpace = 10
    /// Wrong revision, not loaded yet, not ready.
    case failedPrecondition = 11
}

/// Which expert a fault is about.
public struct ExpertName: Sendable, Equatable {
    public var model: String
    public var layer: Int
    public var expert: Int

    public init(model: String, layer: Int, expert: Int) {
        self.model = model
        self.layer = layer
        self.expert = expert
    }
}

extension ExpertName: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__ExpertName>) {
        unsafe mesh__expert_name__init(message)
    }

    func fill(_ message: inout Mesh__ExpertName, _ arena: inout Arena) {
        unsafe message.model = arena.text(model)
        unsafe message.layer = UInt32(layer)
        unsafe message.expert = UInt32(expert)
    }

    init(reading message: Mesh__ExpertName) throws(WireError) {
        self.init(
            model: try unsafe Read.text(message.model, "model"),
            layer: unsafe Int(message.layer),
            expert: unsafe Int(message.expert))
    }
}

/// An error that crosses the wire. Handlers may throw it.
public struct Fault: Message, Error, CustomStringConvertible {
    public static let kind = MessageKind.fault

    public var code: FaultCode
    public var message: String
    public var retryAfterMilliseconds: Int
    public var expert: ExpertName?

    public init(
        code: FaultCode, message: String, retryAfterMilliseconds: Int = 0, expert: ExpertName? = nil
    ) {
        self.code = code
        self.message = message
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.expert = expert
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }

    public var description: String { "\(code): \(message)" }
}

extension Fault: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__Fault>) {
        unsafe mesh__fault__init(message)
    }

    func fill(_ message: inout Mesh__Fault, _ arena: inout Arena) {
        unsafe message.code = Mesh__FaultCode(rawValue: code.rawValue)
        unsafe message.message = arena.text(self.message)
        unsafe message.retry_after_milliseconds = UInt32(retryAfterMilliseconds)
        unsafe message.expert = expert.map { unsafe arena.place($0) }
    }

    init(reading message: Mesh__Fault) throws(WireError) {
        self.init(
            code: try unsafe Read.choice(message.code.rawValue, "code"),
            message: try unsafe Read.text(message.message, "message"),
            retryAfterMilliseconds: unsafe Int(message.retry_after_milliseconds),
            expert: try unsafe Read.message(message.expert))
    }
}
