/// Why an exchange with a worker gave nothing, besides what the mesh itself says (`MeshError`).
enum ExchangeFailure: Error, Equatable, CustomStringConvertible {
    case workerGone
    /// The time of the request that needed it was over; that says nothing about the worker.
    case requestOver
    /// What came back is no result.
    case badReply(String)

    var description: String {
        switch self {
        case .workerGone: "the worker has left"
        case .requestOver: "no answer came within the time of the request"
        case .badReply(let what): what
        }
    }
}
