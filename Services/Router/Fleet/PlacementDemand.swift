internal import Checkpoint

/// What the workers together must hold: each artifact once, where it is used first.
struct PlacementDemand: Sendable {
    /// Artifacts of one layer that a revision adds to those of the revisions before it.
    struct Group: Sendable {
        let layer: Int
        let artifacts: [ExpertArtifact]
        /// Artifacts of the layer in this and all earlier groups.
        let layerCount: Int
    }

    /// Revision by revision, so that a candidate never takes the place of what is served.
    let groups: [Group]
    private let byteCounts: [ArtifactDigest: Int]

    /// - Parameter revisions: In order of importance.
    init(_ revisions: [Revision]) {
        var byteCounts: [ArtifactDigest: Int] = [:]
        var layerCounts: [Int: Int] = [:]
        var groups: [Group] = []
        for revision in revisions {
            for (layer, experts) in revision.experts.enumerated() {
                let new = experts.filter {
                    byteCounts.updateValue($0.byteCount, forKey: $0.digest) == nil
                }
                guard !new.isEmpty else { continue }
                layerCounts[layer, default: 0] += new.count
                groups.append(
                    Group(layer: layer, artifacts: new, layerCount: layerCounts[layer, default: 0]))
            }
        }
        self.groups = groups
        self.byteCounts = byteCounts
    }

    var artifacts: some Swift.Sequence<ExpertArtifact> { groups.lazy.flatMap(\.artifacts) }

    /// Zero for what nobody needs.
    func byteCount(of digest: ArtifactDigest) -> Int { byteCounts[digest, default: 0] }

    func byteCount(of digests: some Swift.Sequence<ArtifactDigest>) -> Int {
        digests.reduce(0) { $0 + byteCount(of: $1) }
    }
}
