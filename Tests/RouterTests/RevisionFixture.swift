import Checkpoint
import Model

@testable import Router

/// The digest of a made-up artifact.
func digest(_ number: Int) -> ArtifactDigest {
    ArtifactDigest(of: Array("artifact \(number)".utf8))
}

/// A revision of made-up artifacts: expert `e` of layer `l` is artifact `base + l · experts + e`.
func revision(
    _ number: Int = 1, layers: Int, experts: Int, byteCount: Int = 10, base: Int = 0
) -> Revision {
    Revision(
        number: number,
        experts: (0..<layers).map { layer in
            (0..<experts).map { expert in
                ExpertArtifact(
                    digest: digest(base + layer * experts + expert), byteCount: byteCount)
            }
        },
        gates: [:])
}

/// Equal weights over the given experts.
func routing(_ experts: Int...) -> Routing {
    Routing(choices: experts.map { Routing.Choice(expert: $0, weight: 1 / Float(experts.count)) })
}
