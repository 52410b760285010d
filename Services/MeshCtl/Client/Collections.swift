internal import JSON

/// The collections of documents (OpenAI's vector stores) behind a front door.
struct Collections {
    let frontDoor: MeshClient

    /// The largest page that the front door hands out.
    private static let pageCountMax = 100
    /// A document of the largest size is embedded within this, on one slow core.
    static let ingestionTimeout = Duration.seconds(600)

    /// The identifier of the collection with this name.
    func identifier(of name: String) async throws -> String? {
        try await all().first { $0.name == name }?.identifier
    }

    func all() async throws -> [(name: String, identifier: String)] {
        try await pages(of: "/v1/vector_stores").compactMap { store in
            store["id"]?.string.map { (store["name"]?.string ?? "", $0) }
        }
    }

    func create(_ name: String) async throws -> String {
        let store = try await frontDoor.post("/v1/vector_stores", ["name": .string(name)])
        return try Self.identifier(in: store, "/v1/vector_stores")
    }

    /// The documents of a collection that `meshctl` has put there, by the path they had.
    func documents(in collection: String) async throws -> [String: StoredDocument] {
        let files = try await pages(of: "/v1/vector_stores/\(collection)/files")
        let stored = files.compactMap(StoredDocument.init)
        return Dictionary(stored.map { ($0.path, $0) }) { _, last in last }
    }

    /// Uploads a document and returns when it can be found.
    func add(_ document: Document, to collection: String) async throws {
        var form = MultipartForm()
        form.add("purpose", "assistants")
        form.add(
            "file", file: document.path, mediaType: document.mediaType,
            content: try document.content())
        form.close()
        let file = try Self.identifier(in: try await frontDoor.post("/v1/files", form), "/v1/files")
        let path = "/v1/vector_stores/\(collection)/files"
        let attributes = StoredDocument.attributes(of: document)
        let attached = try await frontDoor.post(
            path, ["file_id": .string(file), "attributes": attributes])
        try await waitUntilIngested(attached, at: "\(path)/\(file)", document)
    }

    func remove(_ document: StoredDocument, from collection: String) async throws {
        _ = try await frontDoor.delete("/v1/vector_stores/\(collection)/files/\(document.file)")
        _ = try await frontDoor.delete("/v1/files/\(document.file)")
    }

    private func waitUntilIngested(
        _ attached: JSONValue, at path: String, _ document: Document
    ) async throws {
        var answer = attached
        let deadline = ContinuousClock.now + Self.ingestionTimeout
        let reason = try await Polling.until(deadline) { () -> String?? in
            switch answer["status"]?.string {
            case "completed": return .some(nil)
            case "in_progress":
                answer = try await frontDoor.get(path)
                return nil
            default: return .some(answer["last_error"]?["message"]?.string ?? "\(answer)")
            }
        }
        guard let reason else {
            throw MeshCtlError.ingestionFailed(
                path: document.path, reason: "not done after \(Self.ingestionTimeout)")
        }
        if let reason { throw MeshCtlError.ingestionFailed(path: document.path, reason: reason) }
    }

    /// Every element of a list, page after page.
    private func pages(of path: String) async throws -> [JSONValue] {
        var elements: [JSONValue] = []
        while true {
            let after = elements.last?["id"]?.string.map { "&after=\($0)" } ?? ""
            let page = try await frontDoor.get("\(path)?limit=\(Self.pageCountMax)\(after)")
            elements += page["data"]?.array ?? []
            guard page["has_more"]?.bool == true, page["data"]?.array?.isEmpty == false else {
                return elements
            }
        }
    }

    private static func identifier(in answer: JSONValue, _ path: String) throws -> String {
        guard let identifier = answer["id"]?.string else {
            throw MeshCtlError.malformedAnswer(path: path, reason: "no id in \(answer)")
        }
        return identifier
    }
}

/// A document that an earlier `meshctl ingest` has stored.
struct StoredDocument: Equatable {
    let file: String
    let path: String
    let byteCount: Int
    let modified: Int

    init?(_ file: JSONValue) {
        guard let identifier = file["id"]?.string, let path = file["attributes"]?["path"]?.string
        else {
            return nil
        }
        self.file = identifier
        self.path = path
        byteCount = file["attributes"]?["byte_count"]?.number.map { Int($0) } ?? -1
        modified = file["attributes"]?["modified"]?.number.map { Int($0) } ?? -1
    }

    /// Same length and same time of change: what rsync, too, takes for the same content.
    func isCurrent(_ document: Document) -> Bool {
        byteCount == document.byteCount && modified == document.modified
    }

    static func attributes(of document: Document) -> JSONValue {
        [
            "path": .string(document.path), "byte_count": .integer(document.byteCount),
            "modified": .integer(document.modified),
        ]
    }
}
