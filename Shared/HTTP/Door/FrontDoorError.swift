/// What can go wrong behind the door, each with its status and OpenAI's word for it.
public enum FrontDoorError: AnswerableError, Equatable, CustomStringConvertible {
    /// 400. `param` is the path of the offending field: `messages[0].content`.
    case invalid(message: String, param: String?, code: String? = nil)
    /// 404. `what` is a sentence: `no such model: demo`.
    case notFound(what: String, param: String? = nil)
    /// 409. The thing is not in a state in which this can be done.
    case conflict(message: String)
    /// 413.
    case tooLarge(message: String, param: String? = nil)
    /// 422. Well formed, but it cannot be done: a file that is not text.
    case unprocessable(message: String, param: String? = nil)
    /// 429. Too much at once: refused, never queued in silence.
    case overloaded(retryAfter: Duration)
    /// 503. A part of the mesh is missing; `message` names it.
    case unavailable(message: String, retryAfter: Duration)
    /// 504.
    case deadlineExceeded(message: String)
    /// 500. For what should not happen; `message` is shown to the client.
    case failed(message: String)

    public var description: String { body.message }

    public var response: OutgoingResponse { body.response(status: status, headers: headers) }

    public var status: Int {
        switch self {
        case .invalid: 400
        case .notFound: 404
        case .conflict: 409
        case .tooLarge: 413
        case .unprocessable: 422
        case .overloaded: 429
        case .failed: 500
        case .unavailable: 503
        case .deadlineExceeded: 504
        }
    }

    var body: ErrorBody {
        switch self {
        case .invalid(let message, let param, let code):
            ErrorBody(message: message, type: "invalid_request_error", param: param, code: code)
        case .notFound(let what, let param):
            ErrorBody(message: what, type: "invalid_request_error", param: param, code: "not_found")
        case .conflict(let message):
            ErrorBody(message: message, type: "invalid_request_error", code: "conflict")
        case .tooLarge(let message, let param):
            ErrorBody(
                message: message, type: "invalid_request_error", param: param, code: "too_large")
        case .unprocessable(let message, let param):
            ErrorBody(
                message: message, type: "invalid_request_error", param: param, code: "unprocessable"
            )
        case .overloaded:
            ErrorBody(
                message: "too many requests at once", type: "rate_limit_error", code: "overloaded")
        case .unavailable(let message, _):
            ErrorBody(message: message, type: "server_error", code: "unavailable")
        case .deadlineExceeded(let message):
            ErrorBody(message: message, type: "server_error", code: "deadline_exceeded")
        case .failed(let message): ErrorBody(message: message, type: "server_error")
        }
    }

    /// Both spellings: whole seconds for everyone, milliseconds for the official clients.
    private var headers: [(name: String, value: String)] {
        switch self {
        case .overloaded(let time), .unavailable(_, let time):
            let milliseconds = min(max(1, time / .milliseconds(1)), 3_600_000)
            return [
                (name: "retry-after", value: String(Int((milliseconds / 1000).rounded(.up)))),
                (name: "retry-after-ms", value: String(Int(milliseconds.rounded(.up)))),
            ]
        default: return []
        }
    }
}
