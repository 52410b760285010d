/// Documents on their way into a collection: one that fails does not stop the others.
struct Ingestion {
    struct Outcome: Equatable {
        var addedCount = 0
        var replacedCount = 0
        var unchangedCount = 0
        var failures: [IngestFailure] = []

        /// `2 added, 0 replaced, 14 unchanged`
        var summary: String {
            let failed = failures.isEmpty ? "" : ", \(failures.count.grouped) failed"
            return "\(addedCount.grouped) added, \(replacedCount.grouped) replaced, "
                + "\(unchangedCount.grouped) unchanged\(failed)"
        }
    }

    let collections: Collections
    /// The identifier of the collection.
    let collection: String
    /// What is in it, by path.
    let stored: [String: [StoredDocument]]

    /// - Throws: what concerns all documents: the mesh is away, or does not let us in.
    func run(_ found: DocumentSearch) async throws -> Outcome {
        let bar = ProgressBar(title: "ingesting", total: found.files.count)
        defer { Terminal.endProgress() }
        var outcome = Outcome(failures: found.failures)
        for (index, file) in found.files.enumerated() {
            Terminal.progress(bar, done: index, note: file.path)
            do {
                try await ingest(file, &outcome)
            } catch let error as MeshCtlError where error.concernsOneDocument {
                outcome.failures.append(error.failure(of: file.path))
            }
        }
        return outcome
    }

    /// What was there is removed when its successor can be found, and not before.
    private func ingest(_ file: DocumentFile, _ outcome: inout Outcome) async throws {
        let document = try Document(file)
        let earlier = stored[document.path] ?? []
        let current = earlier.first { $0.isCurrent(document) }
        if current == nil { try await collections.add(document, to: collection) }
        for other in earlier where other != current {
            try await collections.remove(other.file, from: collection)
        }
        if current != nil {
            outcome.unchangedCount += 1
        } else if earlier.isEmpty {
            outcome.addedCount += 1
        } else {
            outcome.replacedCount += 1
        }
    }
}

extension MeshCtlError {
    /// Whether the next document may fare better.
    fileprivate var concernsOneDocument: Bool {
        switch self {
        case .unreadable, .ingestionFailed: true
        case .refused(let status, _, _): [400, 413, 415, 422].contains(status)
        default: false
        }
    }

    fileprivate func failure(of path: String) -> IngestFailure {
        switch self {
        case .unreadable(_, let reason), .ingestionFailed(_, let reason):
            IngestFailure(path: path, reason: reason)
        default: IngestFailure(path: path, reason: description)
        }
    }
}
