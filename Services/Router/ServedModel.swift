internal import Checkpoint
internal import Model

/// The model that this router serves: its name, its revision, and the artifact of each expert.
struct ServedModel: Sendable {
    struct ExpertArtifact: Sendable {
        /// SHA-256 of the artifact.
        let digest: [UInt8]
        let byteCount: Int
    }

    let name: String
    let revision: Int
    let experts: [ExpertID: ExpertArtifact]
    /// The model as it was imported.
    let initial: Revision

    init(
        name: String, revision: Int, experts: [ExpertID: ExpertArtifact], initial: Revision
    ) {
        self.initial = initial
        self.name = name
        self.revision = revision
        self.experts = experts
    }

    /// The first revision of a model directory. All experts of a model have one shape, so the first
    /// artifact's size is everyone's.
    init(_ loaded: LoadedModel) throws {
        let store = loaded.directory.artifacts
        let first = loaded.experts.lazy.flatMap(\.self).first
        let byteCount = try first.map { try store.open($0).byteCount } ?? 0
        var experts: [ExpertID: ExpertArtifact] = [:]
        for (layer, digests) in loaded.experts.enumerated() {
            for (expert, digest) in digests.enumerated() {
                experts[ExpertID(layer: layer, expert: expert)] = ExpertArtifact(
                    digest: digest.bytes, byteCount: byteCount)
            }
        }
        self.init(name: loaded.directory.manifest.name, revision: 1, experts: experts,
            initial: try Revision(loaded))
    }
}
