public import Transport
public import Wire

/// Why a call got no answer.
public enum MeshError: Error, Equatable, CustomStringConvertible {
    /// Too much is in flight, here or there. Nothing was done; retry after the given time.
    case overloaded(retryAfter: Duration)
    case deadlineExceeded
    case cancelled
    /// No connection, or it ended before the answer came. The request may or may not have been
    /// carried out.
    case unavailable(TransportError)
    /// The other process is leaving and did nothing. Ask another.
    case draining
    /// The other process answered with an error.
    case fault(Fault)
    /// The answer, or the Hello, makes no sense.
    case protocolViolation(String)
    /// What was to be sent is longer than a frame may be.
    case tooLarge(FrameError)

    /// Whether the same request may succeed elsewhere or later. Whether it may be *repeated*
    /// depends on what it does.
    public var isTransient: Bool {
        switch self {
        case .overloaded, .unavailable, .draining: true
        case .deadlineExceeded, .cancelled, .fault, .protocolViolation, .tooLarge: false
        }
    }

    public var description: String {
        switch self {
        case .overloaded(let retryAfter): "overloaded; retry after \(retryAfter)"
        case .deadlineExceeded: "the deadline passed before the answer came"
        case .cancelled: "cancelled by the caller"
        case .unavailable(let error): "unavailable: \(error)"
        case .draining: "the other process is leaving; ask another"
        case .fault(let fault): "fault from the other process: \(fault)"
        case .protocolViolation(let what): "the other side breaks the protocol: \(what)"
        case .tooLarge(let error): "too large to send: \(error)"
        }
    }

    /// What a fault from the other side means to a caller here.
    init(_ fault: Fault) {
        self =
            switch fault.code {
            case .overloaded: .overloaded(retryAfter: .milliseconds(fault.retryAfterMilliseconds))
            case .draining: .draining
            case .deadlineExceeded: .deadlineExceeded
            default: .fault(fault)
            }
    }
}

extension Fault {
    /// What an error of a handler means to the caller.
    init(answering error: any Error) {
        switch error {
        case let fault as Fault: self = fault
        case let error as WireError: self.init(code: .badRequest, message: "\(error)")
        case let error as MeshError: self.init(passingOn: error)
        default: self.init(code: .internal, message: "\(error)")
        }
    }

    /// A call that the handler made itself has failed.
    private init(passingOn error: MeshError) {
        switch error {
        case .fault(let fault): self = fault
        case .deadlineExceeded: self.init(code: .deadlineExceeded, message: "\(error)")
        case .overloaded(let retryAfter): self = .overloaded(retryAfter: retryAfter)
        default: self.init(code: .internal, message: "\(error)")
        }
    }

    static func overloaded(retryAfter: Duration) -> Fault {
        Fault(
            code: .overloaded, message: "too many requests in flight",
            retryAfterMilliseconds: Int(retryAfter / .milliseconds(1)))
    }

    static func draining(retryAfter: Duration) -> Fault {
        Fault(
            code: .draining, message: "this process is leaving",
            retryAfterMilliseconds: Int(retryAfter / .milliseconds(1)))
    }

    static let deadlineExceeded = Fault(
        code: .deadlineExceeded, message: "the deadline passed before the answer was ready")
}
