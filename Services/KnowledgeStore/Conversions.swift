internal import Knowledge
internal import Storage
internal import Wire

extension Document {
    /// The document that a message describes, checked.
    init(_ request: UpsertDocument, content: [UInt8]) throws(KnowledgeError) {
        guard let mediaType = MediaType(request.mediaType) else {
            let known = MediaType.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidDocument("“\(request.mediaType)” is not read; known are \(known)")
        }
        let attributes = Dictionary(request.attributes.map { ($0.name, $0.value) }) { _, last in
            last
        }
        try self.init(
            name: request.documentID, title: request.title, mediaType: mediaType,
            attributes: attributes,
            content: content)
    }
}

extension MediaType {
    /// Reads `text/html; charset=utf-8` as `text/html`: bytes that are not UTF-8 are refused later,
    /// whatever they claim.
    init?(_ text: String) {
        let name = text.prefix { $0 != ";" && $0 != " " }.lowercased()
        self.init(rawValue: name == "text/x-markdown" ? "text/markdown" : name)
    }
}

extension SearchSides {
    init(_ request: Search) {
        switch request.mode {
        case .lexical: self = .lexical
        case .dense: self = .dense
        case .hybrid where request.lexicalWeight == 0: self = .hybrid(.standard)
        case .hybrid: self = .hybrid(.convex(lexicalWeight: Double(request.lexicalWeight)))
        }
    }
}

extension FoundPassage {
    init(_ hit: Hit) {
        self.init(
            collection: hit.collection, documentID: hit.document, title: hit.title,
            digest: hit.digest,
            byteStart: hit.passage.byteRange.lowerBound, byteEnd: hit.passage.byteRange.upperBound,
            text: hit.passage.text, score: hit.score, lexicalScore: hit.lexicalScore,
            denseScore: hit.denseScore)
    }
}

extension DocumentSummary {
    init(_ document: StoredDocument) {
        self.init(
            documentID: document.name, title: document.title, mediaType: document.mediaType,
            digest: document.digest, byteCount: document.byteCount,
            passageCount: document.passageCount,
            attributes: document.attributes.sorted { $0.key < $1.key }.map {
                Attribute(name: $0.key, value: $0.value)
            })
    }
}

extension Fault {
    /// What kind of refusal an error of the store is.
    init(_ error: any Error) {
        switch error {
        case let fault as Fault: self = fault
        case let error as KnowledgeError: self.init(code: error.code, message: "\(error)")
        case let error as StorageError: self.init(code: error.code, message: "\(error)")
        case is CancellationError:
            self.init(code: .deadlineExceeded, message: "The caller gave up; nothing was stored.")
        default: self.init(code: .internal, message: "\(error)")
        }
    }
}

extension KnowledgeError {
    fileprivate var code: FaultCode {
        switch self {
        case .invalidDocument, .invalidQuery, .invalidRange: .badRequest
        case .unknownDocument: .notFound
        case .embedderChanged: .failedPrecondition
        case .invalidEmbedding: .internal
        }
    }
}

extension StorageError {
    fileprivate var code: FaultCode {
        switch self {
        case .diskFull: .noSpace
        case .deadlineExceeded: .deadlineExceeded
        case .closedForWriting: .failedPrecondition
        case .cannotOpen, .newerSchema, .refused, .diskFailed, .unexpectedValue, .unreachable,
            .connectionLost, .contended, .unstorableText:
            .internal
        }
    }
}
