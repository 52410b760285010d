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
    /// `Fault.artifact` names it.
    case expertUnavailable = 7
    /// No protocol version in common.
    case versionMismatch = 8
    case `internal` = 9
    /// A disk or a budget is full.
    case noSpace = 10
    /// Wrong revision, not loaded yet, not ready.
    case failedPrecondition = 11
}

/// An error that crosses the wire. Handlers may throw it.
public struct Fault: Message, Error, CustomStringConvertible {
    public static let kind = MessageKind.fault

    public var code: FaultCode
    public var message: String
    public var retryAfterMilliseconds: Int
    /// SHA-256 of the artifact that it is about; empty when it is about none.
    public var artifact: [UInt8]

    public init(
        code: FaultCode, message: String, retryAfterMilliseconds: Int = 0, artifact: [UInt8] = []
    ) {
        self.code = code
        self.message = message
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.artifact = artifact
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
        unsafe message.artifact = arena.data(artifact)
    }

    init(reading message: Mesh__Fault) throws(WireError) {
        self.init(
            code: try unsafe Read.choice(message.code.rawValue, "code"),
            message: try unsafe Read.text(message.message, "message"),
            retryAfterMilliseconds: unsafe Int(message.retry_after_milliseconds),
            artifact: try unsafe Read.digestIfAny(message.artifact))
    }
}
