internal import Checkpoint
internal import Model

/// One expert of a revision: the artifact that computes it.
struct ExpertArtifact: Sendable, Hashable {
    let digest: ArtifactDigest
    let byteCount: Int
}

/// What is served under one number: which artifact each expert is, and the gates that choose among
/// them. Never changes; an edit makes another.
struct Revision: Sendable {
    /// The model as it was imported.
    static let initialNumber = 1

    let number: Int
    /// Layer × expert; empty for a dense layer.
    let experts: [[ExpertArtifact]]
    /// The gates that are not the trunk's, by layer.
    let gates: [Int: GateMatrix]

    subscript(expert: ExpertID) -> ExpertArtifact { experts[expert.layer][expert.expert] }

    /// Every expert, in order.
    var expertIDs: [ExpertID] {
        experts.enumerated().flatMap { layer, experts in
            experts.indices.map { ExpertID(layer: layer, expert: $0) }
        }
    }

    /// What must be held to serve it.
    var digests: Set<ArtifactDigest> { Set(experts.lazy.joined().map(\.digest)) }
}

extension Revision {
    /// The experts and gates of a model directory. Throws `CheckpointError` when an artifact is not
    /// there.
    init(_ loaded: LoadedModel) throws {
        let store = loaded.directory.artifacts
        self.init(
            number: Self.initialNumber,
            experts: try loaded.experts.map { digests in
                try digests.map {
                    ExpertArtifact(digest: $0, byteCount: try store.byteCount(of: $0))
                }
            },
            gates: [:])
    }
}
