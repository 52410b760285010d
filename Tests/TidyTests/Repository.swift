internal import FoundationEssentials

/// A text file of the repository.
struct TextFile: CustomStringConvertible {
    /// Relative to the root of the repository, with `/` between its parts.
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var description: String { path }

    /// The folder that says which rules hold: `Shared/Wire`, `Services/Router`, `Tests/WireTests`.
    var room: String { path.split(separator: "/").prefix(2).joined(separator: "/") }

    /// The last part of the path, without its extension.
    var name: String {
        let file = path.split(separator: "/").last ?? ""
        return String(file.prefix { $0 != "." })
    }
}

/// The checkout that these tests were compiled from.
enum Repository {
    /// Two folders above this file, whatever the working directory is.
    static let root: String = {
        let file = URL(filePath: #filePath).resolvingSymlinksInPath().path
        return "/" + file.split(separator: "/").dropLast(3).joined(separator: "/")
    }()

    /// Every file, without those of hidden folders: what git and the build keep is not ours to
    /// judge.
    static let paths = files(in: "").sorted()

    private static func files(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root + folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.flatMap { name in
            let path = "\(folder)/\(name)"
            return isFolder(path) ? files(in: path) : [String(path.dropFirst())]
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: root + path)
        return attributes?[.type] as? FileAttributeType == .typeDirectory
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(root)/\(path)")
    }

    static func folders(in folder: String) -> [String] {
        let parts = paths.filter { $0.hasPrefix("\(folder)/") }.map { $0.split(separator: "/") }
        return Set(parts.filter { $0.count > 2 }.map { String($0[1]) }).sorted()
    }

    static func files(_ fileExtension: String) throws -> [TextFile] {
        try paths.filter { $0.hasSuffix(".\(fileExtension)") }.map {
            TextFile(path: $0, text: try String(contentsOfFile: "\(root)/\($0)", encoding: .utf8))
        }
    }

    static func swiftFiles() throws -> [TextFile] { try readOnce.get() }

    private static let readOnce = Result { try files("swift") }
}
