internal import ArgumentParser
internal import FoundationEssentials
internal import HTTP
internal import Model

/// Makes a model directory of published weights.
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Import a model: its trunk stays one file, its experts become artifacts.",
        discussion: """
            SOURCE is a Hugging Face directory (safetensors), a GGUF file, or a manifest that names
            a base and the experts to lay over it.

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
        try ModelImporter.run(source: source, into: directory) { done, total in
            Terminal.progress(ProgressBar(title: "importing", total: total), done: done, note: "")
        }
    }

    /// What `up` does before the first start.
    static func runIfMissing(_ configuration: MeshConfiguration) throws {
        let directory = configuration.modelDirectory
        guard !FileManager.default.fileExists(atPath: "\(directory)/manifest.json") else { return }
        Terminal.say("importing \(configuration.modelSource) into \(directory)")
        try run(source: configuration.modelSource, into: directory)
    }
}
