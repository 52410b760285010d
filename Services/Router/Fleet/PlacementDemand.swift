internal import Checkpoint

/// What the workers together must hold: each artifact once, in the layer where it is used first.
struct PlacementDemand: Sendable {
    /// Layer by layer, the revisions' artifacts in order: what is served now comes first.
    let layers: [[ExpertArtifact]]

    /// - Parameter revisions: In order of importance.
    init(_ revisions: [Revision]) {
        var seen: Set<ArtifactDigest> = []
        let layerCount = revisions.map(\.experts.count).max() ?? 0
        var layers = [[ExpertArtifact]](repeating: [], count: layerCount)
        for revision in revisions {
            for (layer, experts) in revision.experts.enumerated() {
                layers[layer] += experts.filter { seen.insert($0.digest).inserted }
            }
        }
        self.layers = layers
        byteCounts = Dictionary(
            layers.joined().map { ($0.digest, $0.byteCount) }, uniquingKeysWith: { $1 })
    }

    private let byteCounts: [ArtifactDigest: Int]

    func contains(_ digest: ArtifactDigest) -> Bool { byteCounts[digest] != nil }

    /// Zero for what nobody needs.
    func byteCount(of digest: ArtifactDigest) -> Int { byteCounts[digest, default: 0] }

    func byteCount(of digests: some Swift.Sequence<ArtifactDigest>) -> Int {
        digests.reduce(0) { $0 + byteCount(of: $1) }
    }
}
