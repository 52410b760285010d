internal import JSON

/// The bodies and queries of the library's operations.

struct VectorStoreFields {
    let name: String?
    let metadata: [String: String]?
    let fileIDs: [String]

    /// As many as OpenAI lets a store begin with.
    static let fileCountMax = 500

    /// - Parameter isNew: a change cannot name files.
    init(body: [UInt8], isNew: Bool) throws(FrontDoorError) {
        var fields = try Fields(body: body)
        name = try fields.optionalString("name")
        metadata = try fields.metadata()
        fileIDs = isNew ? try fields.strings("file_ids") ?? [] : []
        guard fileIDs.count <= Self.fileCountMax else {
            throw .invalidValue("file_ids", "may hold at most \(Self.fileCountMax)")
        }
        if isNew { try fields.chunkingStrategy() }
        if fields.take("expires_after") != nil {
            throw .unsupportedParameter("expires_after", "delete what is no longer wanted")
        }
        try fields.end()
    }
}

extension FileAttachment {
    init(body: [UInt8]) throws(FrontDoorError) {
        try self.init(try Fields(body: body))
    }

    init(_ object: Fields) throws(FrontDoorError) {
        var fields = object
        let fileID = try fields.string("file_id")
        let attributes = try fields.attributes()
        try fields.chunkingStrategy()
        try fields.end()
        self.init(fileID: fileID, attributes: attributes)
    }

    /// Either `file_ids`, with attributes for all, or `files`, each with its own.
    static func batch(body: [UInt8]) throws(FrontDoorError) -> [FileAttachment] {
        var fields = try Fields(body: body)
        let ids = try fields.strings("file_ids")
        let files = try fields.array("files")
        let attributes = try fields.attributes()
        try fields.chunkingStrategy()
        try fields.end()
        guard (ids == nil) != (files == nil) else {
            throw .invalidValue("file_ids", "or 'files' must be given, and not both")
        }
        var attachments = (ids ?? []).map { FileAttachment(fileID: $0, attributes: attributes) }
        for (index, file) in (files ?? []).enumerated() {
            attachments.append(try FileAttachment(Fields(file, path: "files[\(index)]")))
        }
        guard (1...VectorStoreFields.fileCountMax).contains(attachments.count) else {
            throw .invalidValue(
                ids == nil ? "files" : "file_ids",
                "must hold 1 to \(VectorStoreFields.fileCountMax) files")
        }
        return attachments
    }
}

struct SearchBody {
    let queries: [String]
    let limit: Int
    let scoreMin: Double

    /// Each query is a search of its own.
    private static let queryCountMax = 8

    init(body: [UInt8]) throws(FrontDoorError) {
        var fields = try Fields(body: body)
        let query = try fields.required("query")
        var queries: [String] = []
        for element in query.array ?? [query] {
            queries.append(try Fields.string(element, "query"))
        }
        guard (1...Self.queryCountMax).contains(queries.count), !queries.contains("") else {
            throw .invalidValue("query", "must hold 1 to \(Self.queryCountMax) texts, none empty")
        }
        self.queries = queries
        limit =
            try fields.integer("max_num_results", in: 1...SearchFields.limitMax)
            ?? SearchFields.limitDefault
        scoreMin = try SearchFields.scoreMin(&fields)
        try fields.accept("rewrite_query", false)
        try SearchFields.refuseFilters(&fields)
        try fields.end()
    }

    /// The page of results; there is never a second one, for `limit` is the client's.
    func response(_ passages: [FoundPassage]) -> JSONValue {
        [
            "object": "vector_store.search_results.page",
            "search_query": .array(queries.map { .string($0) }),
            "data": .array(passages.map(\.searchJSON)), "has_more": false, "next_page": nil,
        ]
    }
}

extension Fields {
    /// Strings, numbers and booleans about a file.
    mutating func attributes() throws(FrontDoorError) -> [String: AttributeValue] {
        guard let value = take("attributes") else { return [:] }
        let path = path(of: "attributes")
        guard let object = value.object else { throw .wrongType(path, "an object", value) }
        guard object.members.count <= Self.metadataCountMax else {
            throw .invalidValue(path, "may hold at most \(Self.metadataCountMax) pairs")
        }
        var attributes: [String: AttributeValue] = [:]
        for member in object.members {
            attributes[member.name] = try Self.attribute(member.value, "\(path).\(member.name)")
        }
        return attributes
    }

    private static func attribute(_ value: JSONValue, _ path: String) throws(FrontDoorError)
        -> AttributeValue
    {
        if let text = value.string { return .string(text) }
        if let bool = value.bool { return .bool(bool) }
        guard let number = value.number else {
            throw .wrongType(path, "a string, number or boolean", value)
        }
        return .number(number)
    }

    /// Documents are cut where their text says so; there is nothing to choose.
    mutating func chunkingStrategy() throws(FrontDoorError) {
        try accept("chunking_strategy", ["type": "auto"])
    }
}
