/// The media types of the documents that can be ingested.
public enum MediaType {
    public static let plainText = "text/plain"

    /// The type of a document, told by the end of its name; nil when that says nothing.
    public static func ofDocument(named filename: String) -> String? {
        let parts = filename.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 1, let ending = parts.last else { return nil }
        return switch ending.lowercased() {
        case "md", "markdown": "text/markdown"
        case "txt", "text": plainText
        case "html", "htm": "text/html"
        default: nil
        }
    }
}
