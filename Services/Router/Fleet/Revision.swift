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
    /// The experts and gates of a model directory. All experts of an imported model have one shape,
    /// so the first artifact's size is everyone's.
    init(_ loaded: LoadedModel) throws {
        let first = loaded.experts.lazy.joined().first
        let byteCount = try first.map { try loaded.directory.artifacts.open($0).byteCount } ?? 0
        self.init(
            number: Self.initialNumber,
            experts: loaded.experts.map { digests in
                digests.map { ExpertArtifact(digest: $0, byteCount: byteCount) }
            },
            gates: [:])
    }
}
