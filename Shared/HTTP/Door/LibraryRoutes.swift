/// The library, or the answer that there is none.
struct LibraryShelf: Sendable {
    fileprivate let library: (any DocumentLibrary)?

    init(library: (any DocumentLibrary)?) { self.library = library }

    static let missing = FrontDoorError.unavailable(
        message: "no knowledge-store is configured: files and vector stores are not available",
        retryAfter: .seconds(60))

    func open() throws(FrontDoorError) -> any DocumentLibrary {
        guard let library else { throw Self.missing }
        return library
    }
}

/// `/v1/files`.
struct FileRoutes: Sendable {
    let shelf: LibraryShelf
    let uploadByteCountMax: Int

    var all: [Route] {
        [
            Route("POST", "/v1/files", bodyByteCountMax: uploadByteCountMax) { request in
                let upload = try FileUpload(
                    contentType: request.header("content-type"), body: request.body)
                return .json(try await shelf.open().addFile(upload).json)
            },
            Route("GET", "/v1/files") { try await list($0) },
            Route("GET", "/v1/files/{file}") { request in
                .json(try await shelf.open().file(request["file"]).json)
            },
            Route("GET", "/v1/files/{file}/content") { request in
                let content = try await shelf.open().fileContent(request["file"])
                // Never shown as a page: what was uploaded is not ours.
                let headers = [(name: "content-type", value: "application/octet-stream")]
                return OutgoingResponse(headers: headers, body: .bytes(content))
            },
            Route("DELETE", "/v1/files/{file}") { request in
                try await shelf.open().deleteFile(request["file"])
                return deletion(request["file"], "file")
            },
        ]
    }

    private func list(_ request: IncomingRequest) async throws -> OutgoingResponse {
        var query = try QueryItems(request)
        let purpose = query.take("purpose")
        let page = try query.page()
        try query.end()
        return .json(try await shelf.open().files(purpose: purpose, page).map(\.json).json)
    }
}

/// `/v1/vector_stores`: the stores, the files in them, and search.
struct VectorStoreRoutes: Sendable {
    let shelf: LibraryShelf

    var all: [Route] { stores + files + batches }

    private var stores: [Route] {
        [
            Route("POST", "/v1/vector_stores") { request in
                let fields = try VectorStoreFields(body: request.body, isNew: true)
                let store = try await shelf.open().addVectorStore(
                    name: fields.name, metadata: fields.metadata ?? [:], fileIDs: fields.fileIDs)
                return .json(store.json)
            },
            Route("GET", "/v1/vector_stores") { request in
                var query = try QueryItems(request)
                let page = try query.page()
                try query.end()
                return .json(try await shelf.open().vectorStores(page).map(\.json).json)
            },
            Route("GET", "/v1/vector_stores/{store}") { request in
                .json(try await shelf.open().vectorStore(request["store"]).json)
            },
            Route("POST", "/v1/vector_stores/{store}") { request in
                let fields = try VectorStoreFields(body: request.body, isNew: false)
                let store = try await shelf.open().changeVectorStore(
                    request["store"], name: fields.name, metadata: fields.metadata)
                return .json(store.json)
            },
            Route("DELETE", "/v1/vector_stores/{store}") { request in
                try await shelf.open().deleteVectorStore(request["store"])
                return deletion(request["store"], "vector_store.deleted")
            },
            Route("POST", "/v1/vector_stores/{store}/search") { try await search($0) },
        ]
    }

    private var files: [Route] {
        [
            Route("POST", "/v1/vector_stores/{store}/files") { request in
                let attachment = try FileAttachment(body: request.body)
                return .json(try await shelf.open().attach(attachment, to: request["store"]).json)
            },
            Route("GET", "/v1/vector_stores/{store}/files") { try await list($0) },
            Route("GET", "/v1/vector_stores/{store}/files/{file}") { request in
                .json(
                    try await shelf.open().attachedFile(request["file"], of: request["store"]).json)
            },
            Route("DELETE", "/v1/vector_stores/{store}/files/{file}") { request in
                try await shelf.open().detach(request["file"], from: request["store"])
                return deletion(request["file"], "vector_store.file.deleted")
            },
        ]
    }

    private var batches: [Route] {
        [
            Route("POST", "/v1/vector_stores/{store}/file_batches") { request in
                let attachments = try FileAttachment.batch(body: request.body)
                return .json(
                    try await shelf.open().attachBatch(attachments, to: request["store"]).json)
            },
            Route("GET", "/v1/vector_stores/{store}/file_batches/{batch}") { request in
                .json(try await shelf.open().batch(request["batch"], of: request["store"]).json)
            },
            Route("GET", "/v1/vector_stores/{store}/file_batches/{batch}/files") { request in
                var query = try QueryItems(request)
                let page = try query.page()
                try query.end()
                let files = try await shelf.open().batchFiles(
                    request["batch"], of: request["store"], page)
                return .json(files.map(\.json).json)
            },
        ]
    }

    private func list(_ request: IncomingRequest) async throws -> OutgoingResponse {
        var query = try QueryItems(request)
        let status = try query.status()
        let page = try query.page()
        try query.end()
        let files = try await shelf.open().attachedFiles(of: request["store"], status: status, page)
        return .json(files.map(\.json).json)
    }

    private func search(_ request: IncomingRequest) async throws -> OutgoingResponse {
        let body = try SearchBody(body: request.body)
        let found = try await shelf.open().search(
            SearchRequest(
                vectorStoreIDs: [request["store"]], queries: body.queries, limit: body.limit,
                scoreMin: body.scoreMin))
        return .json(body.response(found))
    }
}

extension IncomingRequest {
    /// A segment that the route's pattern names.
    fileprivate subscript(parameter: String) -> String { parameters[parameter] ?? "" }
}
