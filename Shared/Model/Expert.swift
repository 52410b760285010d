public import Checkpoint
public import LinearAlgebra

/// One routed expert: a pure function of its rows, whichever process it runs in.
public struct Expert: Sendable {
    public let hiddenSize: Int
    public let intermediateSize: Int
    /// Bytes of its weights, which stay where the artifact is mapped.
    public let byteCount: Int
    private let feedForward: FeedForward

    /// Throws `weights` when the artifact's matrices are not what its header says.
    public init(artifact: Artifact) throws(ModelError) {
        let gateUp = try WeightMatrix(artifact.gateUp)
        let down = try WeightMatrix(artifact.down)
        hiddenSize = artifact.header.hiddenSize
        intermediateSize = artifact.header.intermediateSize
        byteCount = gateUp.byteCount + down.byteCount
        feedForward = FeedForward(input: .pairs(gateUp), down: down)
    }

    /// down(silu(gate x) · up x) for each row: [rows, hiddenSize] to the same.
    public func callAsFunction(_ rows: Matrix) -> Matrix { feedForward(rows) }
}
