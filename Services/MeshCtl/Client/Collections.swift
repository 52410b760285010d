internal import JSON

/// The collections of documents (OpenAI's vector stores) behind a front door.
struct Collections {
    let frontDoor: MeshClient

    /// The largest page that the front door hands out.
    private static let pageCountMax = 100

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

    /// The documents of a collection that `meshctl` has put there, by the path they had. An ingest
    /// that was interrupted may have left several of one path.
    func documents(in collection: String) async throws -> [String: [StoredDocument]] {
        let files = try await pages(of: "/v1/vector_stores/\(collection)/files")
        return Dictionary(grouping: files.compactMap(StoredDocument.init), by: \.path)
    }

    /// Uploads a document and returns when it can be found. One that cannot be read is taken back.
    func add(_ document: Document, to collection: String) async throws {
        let file = try await upload(document)
        let attached = try await frontDoor.post(
            "/v1/vector_stores/\(collection)/files",
            ["file_id": .string(file), "attributes": StoredDocument.attributes(of: document)])
        let wait = IngestionWait(frontDoor: frontDoor, collection: collection, document: document)
        if case .failed(let reason) = try await wait.outcome(attached) {
            try await remove(file, from: collection)
            throw MeshCtlError.ingestionFailed(path: document.path, reason: reason)
        }
    }

    private func upload(_ document: Document) async throws -> String {
        var form = MultipartForm()
        form.add("purpose", "assistants")
        form.add(
            "file", file: document.path, mediaType: document.mediaType, content: document.content)
        form.close()
        return try Self.identifier(in: try await frontDoor.post("/v1/files", form), "/v1/files")
    }

    /// - Parameter file: the identifier of a document.
    func remove(_ file: String, from collection: String) async throws {
        _ = try await frontDoor.delete("/v1/vector_stores/\(collection)/files/\(file)")
        _ = try await frontDoor.delete("/v1/files/\(file)")
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
