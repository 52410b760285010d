internal import ArgumentParser
internal import JSON

/// Puts documents into a collection.
struct Ingest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put documents into a collection: Markdown, HTML and plain text.",
        discussion: """
            Folders are searched through. A document that has not changed since it was ingested \
            is left alone, one that has changed is replaced. What cannot be ingested is listed \
            at the end, and the exit status is then 1.

              meshctl ingest docs/ README.md
              meshctl ingest --collection manuals /usr/share/doc/git
            """)

    @Argument(help: "Files and folders.")
    var paths: [String]

    @Option(help: "The collection, made when it does not exist.")
    var collection = Ingest.defaultCollection

    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    static let defaultCollection = "default"

    func run() async throws {
        let found = DocumentSearch(paths)
        guard !found.files.isEmpty || !found.failures.isEmpty else {
            throw MeshCtlError.nothingToIngest(paths: paths)
        }
        let collections = Collections(frontDoor: try mesh.frontDoor())
        let known = try await collections.identifier(of: collection)
        let identifier = if let known { known } else { try await collections.create(collection) }
        let ingestion = Ingestion(
            collections: collections, collection: identifier,
            stored: try await collections.documents(in: identifier))
        let outcome = try await ingestion.run(found)
        show(identifier, outcome)
        guard outcome.failures.isEmpty else { throw ExitCode.failure }
    }

    private func show(_ identifier: String, _ outcome: Ingestion.Outcome) {
        let failures = outcome.failures.map { failure in
            ["path": .string(failure.path), "reason": .string(failure.reason)] as JSONValue
        }
        let result: JSONValue = [
            "collection": .string(collection), "vectorStoreID": .string(identifier),
            "added": .integer(outcome.addedCount), "replaced": .integer(outcome.replacedCount),
            "unchanged": .integer(outcome.unchangedCount), "failed": .array(failures),
        ]
        output.show(result) { ["\(collection): \(outcome.summary)"] }
        for failure in outcome.failures {
            Terminal.say("failed: \(failure.path): \(failure.reason)")
        }
    }
}
