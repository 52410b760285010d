internal import LinearAlgebra
internal import Mesh
internal import Transport
internal import Wire

extension Handlers {
    /// What routers ask of an expert-worker.
    init(shard: ExpertShard, hold: HoldHandler) {
        self.init()
        on(ExpertDispatch.self) { request, attachment, _ in
            let dispatch = try ValidDispatch(request, rows: attachment.floats())
            let (sums, nanoseconds) = try await shard.compute(dispatch)
            let reply = ExpertCombine(rowCount: sums.rowCount, computeNanoseconds: nanoseconds)
            return (reply, Attachment(floats: sums.elements))
        }
        on(HoldArtifacts.self) { request, _, context in
            (try await hold(request, from: context.peer), .empty)
        }
        on(WorkerStatus.self) { _, _, context in
            let reply = WorkerStatusReply(
                inFlight: await context.peer.inFlight, residentBytes: await shard.residentBytes)
            return (reply, Attachment(await shard.statistics.records))
        }
    }
}
