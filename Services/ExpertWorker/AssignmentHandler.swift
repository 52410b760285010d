internal import Transport
internal import Wire

/// Brings the shard to the set of experts that a router asks for: loads what is new, then drops
/// what is not named. Serving goes on meanwhile.
struct AssignmentHandler: Sendable {
    let shard: ExpertShard
    let loader: ArtifactLoader
    let memoryByteCountMax: Int

    func callAsFunction(_ request: AssignExperts) async throws -> AssignExpertsReply {
        let missing = await shard.missing(
            of: request.placements, model: request.model, revision: request.revision)
        let (loaded, failures) = await loader.load(missing)
        let byteCount = await shard.replace(
            with: request.placements, loaded: loaded, model: request.model,
            revision: request.revision, byteCountMax: memoryByteCountMax)
        guard let byteCount else {
            throw Fault(
                code: .noSpace,
                message: "the assigned experts take more than the \(memoryByteCountMax) bytes of "
                    + "--memory; nothing was changed")
        }
        return AssignExpertsReply(
            residentCount: await shard.residentCount, residentBytes: byteCount, failures: failures)
    }
}
