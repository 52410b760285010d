internal import ArgumentParser
internal import JSON

/// Puts documents into a collection.
struct Ingest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put documents into a collection: Markdown, HTML and plain text.",
        discussion: """
            Folders are searched through. A document that has not changed since it was ingested is
            left alone, one that has changed is replaced.

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
        let documents = try Document.find(paths)
        let collections = Collections(frontDoor: try mesh.frontDoor())
        let known = try await collections.identifier(of: collection)
        let identifier = if let known { known } else { try await collections.create(collection) }
        let stored = try await collections.documents(in: identifier)
        let bar = ProgressBar(title: "ingesting", total: documents.count)
        defer { Terminal.endProgress() }
        var count = (added: 0, replaced: 0, unchanged: 0)
        for (index, document) in documents.enumerated() {
            Terminal.progress(bar, done: index, note: document.path)
            let earlier = stored[document.path]
            if earlier?.isCurrent(document) == true {
                count.unchanged += 1
                continue
            }
            try await collections.add(document, to: identifier)
            if let earlier { try await collections.remove(earlier, from: identifier) }
            if earlier == nil { count.added += 1 } else { count.replaced += 1 }
        }
        Terminal.endProgress()
        show(identifier, count)
    }

    private func show(_ identifier: String, _ count: (added: Int, replaced: Int, unchanged: Int)) {
        let result: JSONValue = [
            "collection": .string(collection), "vector_store_id": .string(identifier),
            "added": .integer(count.added), "replaced": .integer(count.replaced),
            "unchanged": .integer(count.unchanged),
        ]
        output.show(result) {
            let changes = "\(count.added) added, \(count.replaced) replaced"
            return ["\(collection): \(changes), \(count.unchanged) unchanged"]
        }
    }
}
