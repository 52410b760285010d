/// An error that knows how it is answered. What a handler throws otherwise becomes a 500 without
/// details.
public protocol AnswerableError: Error {
    var response: OutgoingResponse { get }
}
