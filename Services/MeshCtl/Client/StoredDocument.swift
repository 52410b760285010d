internal import Checkpoint
internal import JSON

/// A document that an earlier `meshctl ingest` has stored.
struct StoredDocument: Equatable {
    let file: String
    let path: String
    private let sha256: String
    private let isComplete: Bool

    /// Nil for a file that somebody else has put there.
    init?(_ file: JSONValue) {
        guard let identifier = file["id"]?.string, let path = file["attributes"]?["path"]?.string
        else {
            return nil
        }
        self.file = identifier
        self.path = path
        sha256 = file["attributes"]?["sha256"]?.string ?? ""
        isComplete = file["status"]?.string == "completed"
    }

    /// Whether it can be found, and is what the file holds.
    func isCurrent(_ document: Document) -> Bool {
        isComplete && sha256 == "\(document.digest)"
    }

    static func attributes(of document: Document) -> JSONValue {
        ["path": .string(document.path), "sha256": .string("\(document.digest)")]
    }
}
