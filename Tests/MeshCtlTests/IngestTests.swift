internal import FoundationEssentials
internal import HTTP
internal import JSON
internal import Testing

@testable internal import MeshCtl

@Suite struct DocumentTests {
    @Test func `folders are searched, hidden and other files left out, what fails is listed`()
        throws
    {
        try withFolder { folder in
            try write("a", to: "\(folder)/b.md")
            try write("a", to: "\(folder)/sub/a.txt")
            try write("a", to: "\(folder)/.hidden/c.md")
            try write("a", to: "\(folder)/picture.png")
            let found = DocumentSearch([folder, "\(folder)/b.md", "\(folder)/none.md"])
            #expect(found.files.map(\.path) == ["\(folder)/b.md", "\(folder)/sub/a.txt"])
            #expect(
                found.failures
                    == [.init(path: "\(folder)/none.md", reason: "no such file or folder")])
            let broken = DocumentSearch(["\(folder)/\u{FFFD}.md"])
            #expect(broken.failures.map(\.reason) == ["its name is not UTF-8: rename it"])
        }
    }

    @Test func `a document is current by its content and its state, not by its length`() throws {
        try withFolder { folder in
            let file = DocumentFile(path: "\(folder)/a.md", mediaType: "text/markdown")
            try write("first", to: file.path)
            let first = try Document(file)
            #expect(stored(first, "completed").isCurrent(first))
            #expect(!stored(first, "failed").isCurrent(first))
            #expect(!stored(first, "in_progress").isCurrent(first))
            try write("other", to: file.path)
            #expect(!stored(first, "completed").isCurrent(try Document(file)))
        }
    }

    private func stored(_ document: Document, _ status: String) -> StoredDocument {
        StoredDocument([
            "id": "file-1", "status": .string(status),
            "attributes": StoredDocument.attributes(of: document),
        ])!  // it has all that a stored document needs
    }
}

@Suite struct IngestionTests {
    @Test func `a document that fails is taken back and listed, and the next one goes on`()
        async throws
    {
        let store = Shelf()
        try await withServer(store.routes) { client in
            try await withFolder { folder in
                for name in ["a-bad.md", "b-good.md"] { try write(name, to: "\(folder)/\(name)") }
                let ingestion = Ingestion(
                    collections: Collections(frontDoor: client), collection: "s", stored: [:])
                let outcome = try await ingestion.run(DocumentSearch([folder]))
                #expect(outcome.summary == "1 added, 0 replaced, 0 unchanged, 1 failed")
                #expect(
                    outcome.failures
                        == [.init(path: "\(folder)/a-bad.md", reason: "it is not UTF-8")])
                #expect(await store.files == ["b-good.md"])
            }
        }
    }

    @Test func `a store that does not answer ends the wait`() async throws {
        let routes = [
            Route("GET", "/v1/vector_stores/s/files/f") { _ in .json(["status": "in_progress"]) },
            Route("POST", "/v1/vector_stores/s/search") { _ in
                .json(["error": ["message": "the knowledge-store is away"]], status: 503)
            },
        ]
        try await withServer(routes) { client in
            try await withFolder { folder in
                let file = DocumentFile(path: "\(folder)/a.md", mediaType: "text/markdown")
                try write("a", to: file.path)
                let wait = IngestionWait(
                    frontDoor: client, collection: "s", document: try Document(file),
                    patience: .milliseconds(20))
                let error = await #expect(throws: MeshCtlError.self) {
                    _ = try await wait.outcome(["id": "f", "status": "in_progress"])
                }
                #expect(error?.description.contains("the knowledge-store is away") == true)
            }
        }
    }
}

/// A vector store that reads what is not called bad.
private actor Shelf {
    private(set) var files: [String] = []

    nonisolated var routes: [Route] {
        [
            Route("POST", "/v1/files") { .json(["id": .string(await self.upload($0))]) },
            Route("POST", "/v1/vector_stores/s/files") { request in
                let text = String(decoding: request.body, as: UTF8.self)
                let file = try JSONValue(parsing: text)["file_id"] ?? .null
                guard file.string?.contains("bad") == true else {
                    return .json(["id": file, "status": "completed"])
                }
                return .json([
                    "id": file, "status": "failed", "last_error": ["message": "it is not UTF-8"],
                ])
            },
            Route("DELETE", "/v1/vector_stores/s/files/{file}") { _ in .json([:]) },
            Route("DELETE", "/v1/files/{file}") {
                await self.remove($0.parameters["file"] ?? "")
                return .json([:])
            },
        ]
    }

    /// A file's identifier is its content, here its name.
    private func upload(_ request: IncomingRequest) -> String {
        let lines = String(decoding: request.body, as: UTF8.self).split(whereSeparator: \.isNewline)
        let name = lines.first { $0.hasSuffix(".md") }.map(String.init) ?? ""
        files.append(name)
        return name
    }

    private func remove(_ name: String) { files.removeAll { $0 == name } }
}

private func write(_ text: String, to path: String) throws {
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
}

private func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = "\(FileManager.default.temporaryDirectory.path)/meshctl-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

private func withFolder(_ body: (String) throws -> Void) throws {
    let path = "\(FileManager.default.temporaryDirectory.path)/meshctl-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
}
