internal import Checkpoint
internal import Model

/// The model that this router serves: its name, and its experts as they were imported.
struct ServedModel: Sendable {
    let name: String
    let initial: Revision

    init(_ loaded: LoadedModel) throws {
        name = loaded.directory.manifest.name
        initial = try Revision(loaded)
    }
}
