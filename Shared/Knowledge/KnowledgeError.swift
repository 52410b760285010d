/// Why the store refused or could not do something.
public enum KnowledgeError: Error, Equatable, CustomStringConvertible {
    /// The document, or the name of a collection, cannot be taken as it is.
    case invalidDocument(String)
    /// The query cannot be answered as it is.
    case invalidQuery(String)
    case unknownDocument(collection: String, document: String)
    /// The byte range does not lie within the document.
    case invalidRange(start: Int, end: Int, byteCount: Int)
    /// The passages were embedded by another model; its vectors cannot be compared with the present
    /// one's.
    case embedderChanged(stored: String, present: String)
    /// The embedder returned something other than one finite vector of its dimension per text.
    case invalidEmbedding(String)

    /// What is wrong and what to do about it.
    public var description: String {
        switch self {
        case .invalidDocument(let reason): "The document is refused: \(reason)."
        case .invalidQuery(let reason): "The query is refused: \(reason)."
        case .unknownDocument(let collection, let document):
            "There is no document “\(document)” in collection “\(collection)”."
        case .invalidRange(let start, let end, let byteCount):
            "Bytes \(start)..<\(end) do not lie within the document's \(byteCount)."
        case .embedderChanged(let stored, let present):
            """
            The passages were embedded by “\(stored)”, the embedder is “\(present)”. Start once \
            with --reembed true to compute every vector anew, or with the old embedder.
            """
        case .invalidEmbedding(let reason): "The embedder failed: \(reason)."
        }
    }
}
