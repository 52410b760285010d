public import HTTP
public import Storage

extension StorageError: AnswerableError {
    /// For clients: whether it is worth trying again, and no statement of ours.
    public var response: OutgoingResponse { clientError.response }

    private var clientError: FrontDoorError {
        switch self {
        case .unreachable, .connectionLost, .contended, .deadlineExceeded:
            .unavailable(message: "the catalog is away: \(reason)", retryAfter: .seconds(1))
        case .unstorableText:
            .invalid(message: "a text with the character U+0000 cannot be stored", param: nil)
        default: .failed(message: "the catalog has failed; the router's log says how")
        }
    }

    /// For operators: the whole of it.
    var operatorError: FrontDoorError {
        isPassing
            ? .unavailable(message: "\(self)", retryAfter: .seconds(1))
            : .failed(message: "\(self)")
    }

    /// What a client may know of it.
    private var reason: String {
        switch self {
        case .connectionLost: "it went away meanwhile; look whether this was done"
        case .contended, .deadlineExceeded: "it is too busy; nothing was done"
        default: "it cannot be reached; nothing was done"
        }
    }
}
