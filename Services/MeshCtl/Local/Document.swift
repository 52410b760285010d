internal import FoundationEssentials
internal import HTTP

/// A file that the knowledge-store can read.
struct Document: Equatable, Sendable {
    /// As it was found: under the path that the operator named.
    let path: String
    let mediaType: String
    let byteCount: Int
    /// Whole seconds since 1970: with the length, enough to see that a file has changed.
    let modified: Int

    /// Nil for a file that is not text of a known kind.
    init?(path: String) throws {
        guard let mediaType = MediaType.ofDocument(named: path) else { return nil }
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        guard attributes[.type] as? FileAttributeType == .typeRegular else { return nil }
        self.path = path
        self.mediaType = mediaType
        byteCount = (attributes[.size] as? any FixedWidthInteger).map { Int($0) } ?? 0
        modified = Int((attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)
    }

    func content() throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw MeshCtlError.unreadable(path: path, reason: "it is gone or not readable")
        }
        return Array(data)
    }

    /// The documents at these paths, folders searched through; hidden files are left out.
    static func find(_ paths: [String]) throws -> [Document] {
        let documents = try paths.flatMap { path in try files(at: path).compactMap(Document.init) }
        guard !documents.isEmpty else { throw MeshCtlError.nothingToIngest(paths: paths) }
        return documents
    }

    private static func files(at path: String) throws -> [String] {
        let files = FileManager.default
        guard files.fileExists(atPath: path) else {
            throw MeshCtlError.unreadable(path: path, reason: "no such file or folder")
        }
        let attributes = try files.attributesOfItem(atPath: path)
        guard attributes[.type] as? FileAttributeType == .typeDirectory else { return [path] }
        let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
        return try files.subpathsOfDirectory(atPath: path)
            .filter { !$0.hasPrefix(".") && !$0.contains("/.") }
            .sorted().map { "\(folder)/\($0)" }
    }
}
