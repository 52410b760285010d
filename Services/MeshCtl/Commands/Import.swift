internal import ArgumentParser
internal import Checkpoint
internal import FoundationEssentials
internal import JSON

/// Makes a model directory of published weights.
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Import a model: its trunk stays one file, its experts become artifacts.",
        discussion: """
            SOURCE is a Hugging Face directory (safetensors), a GGUF file, or a manifest that \
            names a base and the experts to lay over it. An import into a directory that holds the \
            same model replaces it, with all its experts; one that holds another model is refused.

              meshctl import ~/models/OLMoE-1B-7B --into ~/models/olmoe.mesh
              meshctl import mixtral.Q4_0.gguf --into /var/lib/expertmesh/mixtral
            """)

    @Argument(help: "Where the weights are.")
    var source: String

    @Option(help: "The model directory to make.")
    var into: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        try ModelImport.run(source: source, into: into)
        output.show(["model": .string(into)]) { ["imported into \(into)"] }
    }
}

/// An import with a progress bar.
enum ModelImport {
    static func run(source: String, into directory: String) throws {
        defer { Terminal.endProgress() }
        try ModelImporter.run(source: source, into: directory) { progress in
            let bar = ProgressBar(title: "importing", total: progress.expertCount)
            Terminal.progress(bar, done: progress.finishedExpertCount, note: "experts")
        }
    }

    /// What `up` does first: an import, unless the directory already holds this very model.
    static func runIfNeeded(_ configuration: MeshConfiguration) throws {
        guard !isCurrent(configuration) else { return }
        Terminal.say("importing \(configuration.modelSource) into \(configuration.modelDirectory)")
        do {
            try run(source: configuration.modelSource, into: configuration.modelDirectory)
        } catch let error as CheckpointError {
            guard case .unreadable = error else { throw error }
            throw MeshCtlError.missingModel(reason: "\(error)")
        }
    }

    /// A model directory keeps the manifest of the overlay that it was made of. Other sources are
    /// large and do not change under their name: there a finished import is enough.
    private static func isCurrent(_ configuration: MeshConfiguration) -> Bool {
        let files = FileManager.default
        let directory = configuration.modelDirectory
        guard files.fileExists(atPath: "\(directory)/manifest.json") else { return false }
        guard configuration.modelSource.hasSuffix(".json") else { return true }
        return files.contents(atPath: configuration.modelSource)
            == files.contents(atPath: "\(directory)/overlay.json")
    }
}
