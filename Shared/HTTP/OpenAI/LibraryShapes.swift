internal import JSON

/// How files, vector stores and searches look to a client.

extension FileRecord {
    var json: JSONValue {
        [
            "id": .string(id), "object": "file", "bytes": .integer(byteCount),
            "created_at": .integer(createdAt), "expires_at": nil, "filename": .string(filename),
            "purpose": .string(purpose), "status": "processed", "status_details": nil,
        ]
    }
}

extension FileCounts {
    var json: JSONValue {
        [
            "in_progress": .integer(inProgress), "completed": .integer(completed),
            "failed": .integer(failed), "cancelled": .integer(cancelled), "total": .integer(total),
        ]
    }
}

extension VectorStoreRecord {
    var json: JSONValue {
        let pairs = metadata.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        return [
            "id": .string(id), "object": "vector_store", "created_at": .integer(createdAt),
            "name": .string(name), "usage_bytes": .integer(usageByteCount),
            "file_counts": fileCounts.json,
            "status": fileCounts.inProgress > 0 ? "in_progress" : "completed",
            "expires_after": nil, "expires_at": nil, "last_active_at": .integer(lastActiveAt),
            "metadata": .members(pairs),
        ]
    }
}

extension AttachedFileRecord {
    var json: JSONValue {
        let error: JSONValue =
            failure.map { ["code": "invalid_file", "message": .string($0)] } ?? .null
        return [
            "id": .string(fileID), "object": "vector_store.file", "created_at": .integer(createdAt),
            "vector_store_id": .string(vectorStoreID), "status": .string(status.rawValue),
            "usage_bytes": .integer(usageByteCount), "last_error": error,
            "attributes": AttributeValue.json(attributes),
            "chunking_strategy": ["type": "other"],
        ]
    }
}

extension FileBatchRecord {
    var json: JSONValue {
        [
            "id": .string(id), "object": "vector_store.files_batch",
            "created_at": .integer(createdAt),
            "vector_store_id": .string(vectorStoreID), "status": .string(status),
            "file_counts": fileCounts.json,
        ]
    }

    private var status: String {
        if fileCounts.inProgress > 0 { return "in_progress" }
        let isAllFailed = fileCounts.failed > 0 && fileCounts.failed == fileCounts.total
        return isAllFailed ? "failed" : "completed"
    }
}

extension AttributeValue {
    var json: JSONValue {
        switch self {
        case .string(let text): .string(text)
        case .number(let value): Int(exactly: value).map { .integer($0) } ?? .number(value)
        case .bool(let value): .bool(value)
        }
    }

    static func json(_ attributes: [String: AttributeValue]) -> JSONValue {
        .members(attributes.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) })
    }
}

extension FoundPassage {
    /// As a vector store's search shows it.
    var searchJSON: JSONValue {
        var members: [(String, JSONValue)] = [
            ("file_id", .string(fileID)), ("filename", .string(filename)),
            ("score", .number(score)),
            ("attributes", AttributeValue.json(attributes)),
            ("content", [["type": "text", "text": .string(text)]]),
        ]
        if let provenance { members.append(("mesh", provenance.json)) }
        return .members(members)
    }
}

extension Page where Item == JSONValue {
    /// `{object: "list", data, first_id, last_id, has_more}`
    var json: JSONValue {
        [
            "object": "list", "data": .array(items), "first_id": items.first?["id"] ?? .null,
            "last_id": items.last?["id"] ?? .null, "has_more": .bool(hasMore),
        ]
    }
}

/// What a client is told about something that is gone.
func deletion(_ id: String, _ object: String) -> OutgoingResponse {
    .json(["id": .string(id), "object": .string(object), "deleted": true])
}
