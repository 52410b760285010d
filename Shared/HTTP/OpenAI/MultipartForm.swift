internal import JSON

/// The parts of a `multipart/form-data` body (RFC 7578), read strictly: what is ambiguous is
/// refused.
struct MultipartForm: Equatable {
    struct Part: Equatable {
        let name: String
        let filename: String?
        let mediaType: String?
        let content: ArraySlice<UInt8>
    }

    /// No form of ours has more than a handful.
    static let partCountMax = 16
    /// The field lines of one part.
    static let partHeadByteCountMax = 4096
    /// RFC 2046, section 5.1.1.
    static let boundaryByteCountMax = 70

    let parts: [Part]

    /// - Parameter contentType: the request's field, which carries the boundary.
    init(contentType: String?, body: [UInt8]) throws(FrontDoorError) {
        let boundary = try Self.boundary(contentType)
        var parts: [Part] = []
        var names: Set<String> = []
        var rest = body[...]
        let delimiter = Array("--\(boundary)".utf8)
        guard rest.starts(with: delimiter) else {
            throw Self.malformed("it does not begin with its boundary")
        }
        rest = rest.dropFirst(delimiter.count)
        while !rest.starts(with: Array("--".utf8)) {
            guard parts.count < Self.partCountMax else {
                throw Self.malformed("it has more than \(Self.partCountMax) parts")
            }
            let part = try Self.part(from: &rest, delimiter: Array("\r\n".utf8) + delimiter)
            guard names.insert(part.name).inserted else {
                throw .invalidValue(part.name, "occurs twice in the form")
            }
            parts.append(part)
        }
        self.parts = parts
    }

    private static func boundary(_ contentType: String?) throws(FrontDoorError) -> String {
        let fields = HeaderParameters(contentType ?? "")
        guard fields.value.lowercased() == "multipart/form-data",
            let boundary = fields.parameters["boundary"],
            (1...boundaryByteCountMax).contains(boundary.utf8.count)
        else {
            throw .invalid(
                message:
                    "the body must be multipart/form-data with a boundary of at most 70 bytes",
                param: nil, code: "invalid_form")
        }
        return boundary
    }

    private static func part(
        from rest: inout ArraySlice<UInt8>, delimiter: [UInt8]
    ) throws(FrontDoorError) -> Part {
        let lineEnd = Array("\r\n".utf8)
        guard rest.starts(with: lineEnd) else {
            throw malformed("a boundary is not followed by a line end")
        }
        rest = rest.dropFirst(lineEnd.count)
        let head = rest.prefix(partHeadByteCountMax)
        guard let headEnd = Self.range(of: Array("\r\n\r\n".utf8), in: head) else {
            throw malformed("a part has no head, or one beyond \(partHeadByteCountMax) bytes")
        }
        let lines = head[..<headEnd.lowerBound]
        rest = rest[headEnd.upperBound...]
        guard let end = Self.range(of: delimiter, in: rest) else {
            throw malformed("its last boundary is missing")
        }
        let content = rest[..<end.lowerBound]
        rest = rest[end.upperBound...]
        return try Part(head: lines, content: content)
    }

    /// Where a line end and what follows it first occur. Linear, for no line end hides inside a
    /// delimiter's rest.
    private static func range(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Range<Int>? {
        var start = bytes.startIndex
        while let found = bytes[start...].firstIndex(of: UInt8(ascii: "\r")) {
            let end = found + pattern.count
            guard end <= bytes.endIndex else { return nil }
            if bytes[found..<end].elementsEqual(pattern) { return found..<end }
            start = found + 1
        }
        return nil
    }

    static func malformed(_ reason: String) -> FrontDoorError {
        .invalid(message: "the form is malformed: \(reason)", param: nil, code: "invalid_form")
    }

    /// The text of a part that is not a file.
    func text(_ name: String) throws(FrontDoorError) -> String? {
        guard let part = parts.first(where: { $0.name == name }) else { return nil }
        guard part.filename == nil, let text = String(validating: part.content, as: UTF8.self)
        else {
            throw .invalidValue(name, "must be text")
        }
        return text
    }
}

extension MultipartForm.Part {
    fileprivate init(head: ArraySlice<UInt8>, content: ArraySlice<UInt8>) throws(FrontDoorError) {
        guard let text = String(validating: head, as: UTF8.self) else {
            throw MultipartForm.malformed("a part's head is not valid UTF-8")
        }
        var fields: [String: String] = [:]
        // A carriage return and a line feed are one character.
        for line in text.split(separator: "\r\n", omittingEmptySubsequences: true) {
            let sides = line.split(separator: ":", maxSplits: 1)
            guard sides.count == 2 else {
                throw MultipartForm.malformed("a field line has no colon")
            }
            fields[sides[0].lowercased()] = String(sides[1].drop(while: \.isWhitespace))
        }
        let disposition = HeaderParameters(fields["content-disposition"] ?? "")
        guard disposition.value.lowercased() == "form-data",
            let name = disposition.parameters["name"]
        else {
            throw MultipartForm.malformed("a part has no name")
        }
        self.init(
            name: name, filename: disposition.parameters["filename"],
            mediaType: fields["content-type"],
            content: content)
    }
}

/// A field's value and its parameters: `form-data; name="file"; filename="a.md"`.
struct HeaderParameters {
    let value: String
    private(set) var parameters: [String: String] = [:]

    init(_ text: String) {
        var rest = text[...]
        value = Self.trimmed(Self.upToSemicolon(&rest))
        while !rest.isEmpty {
            let item = Self.upToSemicolon(&rest)
            let sides = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { continue }
            parameters[Self.trimmed(sides[0]).lowercased()] = Self.unquoted(Self.trimmed(sides[1]))
        }
    }

    /// Takes the text up to the next semicolon outside quotes, and drops that.
    private static func upToSemicolon(_ rest: inout Substring) -> Substring {
        var isQuoted = false
        var isEscaped = false
        let end = rest.firstIndex { character in
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = isQuoted
            } else if character == "\"" {
                isQuoted.toggle()
            }
            return character == ";" && !isQuoted
        }
        defer { rest = end.map { rest[rest.index(after: $0)...] } ?? "" }
        return rest[..<(end ?? rest.endIndex)]
    }

    private static func trimmed(_ text: Substring) -> String {
        let head = text.drop(while: \.isWhitespace)
        let spaceCount = head.reversed().prefix(while: \.isWhitespace).count
        return String(head.dropLast(spaceCount))
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        var isEscaped = false
        return String(
            text.dropFirst().dropLast().filter { character in
                if character == "\\", !isEscaped {
                    isEscaped = true
                    return false
                }
                isEscaped = false
                return true
            })
    }
}

extension FileUpload {
    /// What is accepted to be asked about; fine-tuning, batches and images have no place here.
    private static let purposes = ["assistants", "user_data"]
    /// Names are shown, logged and stored.
    private static let filenameByteCountMax = 255

    init(contentType: String?, body: [UInt8]) throws(FrontDoorError) {
        let form = try MultipartForm(contentType: contentType, body: body)
        let stranger = form.parts.first { !["file", "purpose"].contains($0.name) }
        if let stranger {
            throw .invalid(
                message: "unknown parameter: '\(stranger.name)'", param: stranger.name,
                code: "unknown_parameter")
        }
        guard let file = form.parts.first(where: { $0.name == "file" }),
            let filename = file.filename
        else {
            throw .invalid(
                message: "missing required parameter: 'file', with a filename", param: "file",
                code: "missing_required_parameter")
        }
        let purpose = try form.text("purpose") ?? "assistants"
        guard Self.purposes.contains(purpose) else {
            throw .unsupported("purpose", .string(purpose), only: Self.purposes.map { .string($0) })
        }
        guard (1...Self.filenameByteCountMax).contains(filename.utf8.count),
            !filename.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else {
            throw .invalidValue(
                "file", "needs a filename of 1 to 255 bytes without control characters")
        }
        self.init(
            filename: filename, purpose: purpose, mediaType: file.mediaType,
            content: Array(file.content))
    }
}
