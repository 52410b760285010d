internal import Checkpoint
internal import Model

/// The imported model that all revisions are edits of: their trunk, and what fits it.
struct RevisionBase: Sendable {
    /// Equal for directories with the same content, wherever they lie.
    let identity: ArtifactDigest
    /// The model as it was imported.
    let initial: Revision
    /// Every expert reads and writes rows of this width, and every gate's rows have it.
    let hiddenSize: Int
    /// A layer has at least as many experts as a token visits.
    let topK: Int
}

extension RevisionBase {
    init(_ loaded: LoadedModel, initial: Revision) {
        let configuration = loaded.decoder.configuration
        self.init(
            identity: loaded.directory.manifest.identity, initial: initial,
            hiddenSize: configuration.hiddenSize, topK: configuration.topK)
    }
}
