internal import Mesh
internal import Wire

extension Fleet {
    /// How long the connection that has a name may take to show that it lives: longer than a dead
    /// one is kept (`MeshLimits.silenceMax`), shorter than a caller waits for its Hello.
    private static let signOfLifeMax = Duration.milliseconds(1_500)

    /// Why a caller cannot be a worker of this router; nil when it can.
    ///
    /// A name belongs to the process that is connected under it. A process that was started again
    /// gets it when its former connection is dead.
    func refusal(of hello: Hello) async -> Fault? {
        guard hello.role == .expertWorker else {
            return Fault(code: .badRequest, message: "only expert-workers dial a router")
        }
        guard let worker = WorkerID(validating: hello.name) else {
            return Fault(code: .badRequest, message: "a worker's name is \(WorkerName.rule)")
        }
        guard let former = peers[worker], former.remote.instance != hello.instance,
            await isAlive(former)
        else { return nil }
        return Fault(
            code: .failedPrecondition,
            message: "the name \(worker.name) is taken by a worker of host "
                + "\(former.remote.host): give each worker a --name of its own")
    }

    /// Whatever answers lives, and so does whoever is only slow: a silent one is found out by the
    /// heartbeat.
    private func isAlive(_ peer: Peer) async -> Bool {
        do throws(MeshError) {
            _ = try await peer.call(WorkerStatus(), deadline: .after(Self.signOfLifeMax))
            return true
        } catch {
            if case .unavailable = error { return false }
            return error != .draining
        }
    }
}
