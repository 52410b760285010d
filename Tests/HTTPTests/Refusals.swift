@testable import HTTP

/// What a body that is refused says for itself; nil when it is taken.
func refusal(_ body: () throws -> Void) -> ErrorBody? {
    do {
        try body()
        return nil
    } catch let error as FrontDoorError {
        return error.body
    } catch {
        return ErrorBody(message: "another error", type: "\(error)")
    }
}
