internal import Checkpoint
internal import FoundationEssentials
internal import HTTP

/// A file that the knowledge-store can read, with its content.
struct Document: Equatable, Sendable {
    /// As it was found: under the path that the operator named.
    let path: String
    let mediaType: String
    let content: [UInt8]
    /// Of the content: lengths and times of change can be the same by accident.
    let digest: ArtifactDigest

    /// The front door takes no more in one upload.
    static let byteCountMax = FrontDoorLimits().uploadByteCountMax

    /// Reads the file, all of it. Throws `unreadable`.
    init(_ file: DocumentFile) throws {
        path = file.path
        mediaType = file.mediaType
        let bytes = FileManager.default.attributes(of: file.path)?[.size] as? any FixedWidthInteger
        guard bytes.map({ Int($0) <= Self.byteCountMax }) ?? true else {
            throw MeshCtlError.unreadable(
                path: path, reason: "it has more than \(Self.byteCountMax.inBytes)")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw MeshCtlError.unreadable(path: path, reason: "it is gone, or may not be read")
        }
        content = Array(data)
        digest = ArtifactDigest(of: content)
    }
}

/// The name of a file that the knowledge-store can read.
struct DocumentFile: Equatable, Sendable {
    let path: String
    let mediaType: String
}

/// What could not be ingested, and why.
struct IngestFailure: Equatable, Sendable {
    let path: String
    let reason: String
}

/// The documents at some paths. Folders are searched through; hidden files, symbolic links and
/// files of other kinds are left out, and what cannot be read is listed.
struct DocumentSearch {
    private(set) var files: [DocumentFile] = []
    private(set) var failures: [IngestFailure] = []
    /// One that is named twice is one document.
    private var seen: Set<String> = []

    /// A tree deeper than this is a circle of mounts.
    private static let depthMax = 64

    init(_ paths: [String]) {
        for path in paths { visit(path, depth: 0) }
    }

    private mutating func visit(_ path: String, depth: Int) {
        guard seen.insert(path).inserted else { return }
        guard let attributes = FileManager.default.attributes(of: path) else {
            return fail(path, Self.reasonOfAbsence(path))
        }
        switch attributes[.type] as? FileAttributeType {
        case .typeDirectory?: search(path, depth: depth)
        case .typeRegular?:
            guard let mediaType = MediaType.ofDocument(named: path) else { return }
            files.append(DocumentFile(path: path, mediaType: mediaType))
        default: break
        }
    }

    private mutating func search(_ folder: String, depth: Int) {
        guard depth < Self.depthMax else { return fail(folder, "the folders are too deep") }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            return fail(folder, "the folder may not be read")
        }
        let parent = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        for name in names.sorted() where !name.hasPrefix(".") {
            visit("\(parent)/\(name)", depth: depth + 1)
        }
    }

    private mutating func fail(_ path: String, _ reason: String) {
        failures.append(IngestFailure(path: path, reason: reason))
    }

    /// A name that is not UTF-8 reaches us repaired, and then names nothing.
    private static func reasonOfAbsence(_ path: String) -> String {
        path.unicodeScalars.contains("\u{FFFD}")
            ? "its name is not UTF-8: rename it" : "no such file or folder"
    }
}

extension FileManager {
    /// Of the file itself, not of what a link leads to; nil when it is not there.
    fileprivate func attributes(of path: String) -> [FileAttributeKey: Any]? {
        try? attributesOfItem(atPath: path)
    }
}
