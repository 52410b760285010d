internal import Mesh
internal import Transport
internal import Wire

extension Handlers {
    /// What a worker asks of a router besides artifacts: to be let go.
    mutating func letWorkersGo(from fleet: Fleet) {
        on(Drain.self) { request, _, context in
            guard let worker = WorkerID(validating: context.peer.remote.name) else {
                throw Fault(code: .badRequest, message: "only a worker of this fleet can leave it")
            }
            let limit = Deadline.after(.milliseconds(request.withinMilliseconds))
            let needed = await fleet.letGo(worker, deadline: min(limit, context.deadline))
            return (DrainReply(neededCount: needed), .empty)
        }
    }
}
