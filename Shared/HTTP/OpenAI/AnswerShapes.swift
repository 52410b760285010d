internal import JSON

/// How usage, citations and passages look in a response object.

extension Usage {
    var responseJSON: JSONValue {
        [
            "input_tokens": .integer(promptTokenCount),
            "input_tokens_details": ["cached_tokens": 0],
            "output_tokens": .integer(completionTokenCount),
            "output_tokens_details": ["reasoning_tokens": 0],
            "total_tokens": .integer(promptTokenCount + completionTokenCount),
        ]
    }
}

extension Citation {
    var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("type", "file_citation"), ("file_id", .string(fileID)),
            ("filename", .string(filename)),
            ("index", .integer(index)),
        ]
        if let provenance { members.append(("mesh", provenance.json)) }
        return .members(members)
    }
}

extension FoundPassage {
    /// As `file_search_call.results` shows it.
    var resultJSON: JSONValue {
        var members: [(String, JSONValue)] = [
            ("file_id", .string(fileID)), ("filename", .string(filename)),
            ("score", .number(score)),
            ("text", .string(text)), ("attributes", AttributeValue.json(attributes)),
        ]
        if let provenance { members.append(("mesh", provenance.json)) }
        return .members(members)
    }
}

extension Provenance {
    var json: JSONValue {
        [
            "byte_start": .integer(byteRange.lowerBound),
            "byte_end": .integer(byteRange.upperBound),
            "digest": .string(digest),
        ]
    }
}
