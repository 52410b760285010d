/// Which room may import which: the table of `docs/ARCHITECTURE.md`, in a form that can say no.
///
/// The build does not enforce this. SwiftPM lets a target import whatever its dependencies depend
/// on, so a service could reach for a C library and compile.
struct Layering {
    /// Rooms around C, and what each of them may import of ours.
    static let layerOne: [String: Set<String>] = [
        "Transport": ["CEvent", "CChecksum"],
        "Wire": ["CProtobuf"],
        "Hashing": ["CCrypto"],
        "LinearAlgebra": ["CKernels"],
        "Storage": ["CSQLite", "CPostgres"],
        "Checkpoint": ["Hashing", "JSON"],
        "Tokenization": ["CUtf8proc", "JSON"],
    ]

    /// Rooms without pointers.
    static let layersAbove: [String: Set<String>] = [
        "JSON": [],
        "Mesh": ["Transport", "Wire"],
        "Model": ["LinearAlgebra", "Checkpoint", "Tokenization", "JSON"],
        "Knowledge": ["Storage", "LinearAlgebra", "Hashing"],
        "HTTP": ["JSON"],
        "ServiceKit": ["Mesh", "Transport", "Wire", "HTTP", "JSON"],
    ]

    /// What a service may import, all of them the same.
    static let service: Set<String> = [
        "ServiceKit", "HTTP", "Mesh", "Wire", "Transport", "Model", "Checkpoint", "Tokenization",
        "LinearAlgebra", "Storage", "Knowledge", "Hashing", "JSON",
    ]

    /// The operator's hand is a client of the front door: of HTTP it takes the dialect, of
    /// Checkpoint the import of models, of Model their gates.
    static let meshctl: Set<String> = ["HTTP", "JSON", "Checkpoint", "Model"]

    static let shared = layerOne.merging(layersAbove) { row, _ in row }

    /// A module of ours, as opposed to one of the toolchain or of a package.
    let ours: Set<String>

    /// What a room may import of ours, or nil where anything goes.
    func allowed(in room: String) -> Set<String>? {
        let parts = room.split(separator: "/").map(String.init)
        switch parts[0] {
        case "Shared": return Self.shared[parts[1]] ?? []
        case "Services": return parts[1] == "MeshCtl" ? Self.meshctl : Self.service
        default: return nil
        }
    }

    /// One sentence for each import that the table forbids.
    func violations(in file: TextFile) -> [String] {
        guard let allowed = allowed(in: file.room) else {
            return supportViolations(in: file)
        }
        return imports(of: file).filter { ours.contains($0) && !allowed.contains($0) }.map {
            "\(file.path): \(file.room) may not import \($0)"
        }
    }

    /// Only tests may lean on the test support.
    private func supportViolations(in file: TextFile) -> [String] {
        guard !file.path.hasPrefix("Tests/"), imports(of: file).contains("Support") else {
            return []
        }
        return ["\(file.path): only tests import Support"]
    }

    private func imports(of file: TextFile) -> [String] {
        file.lines.compactMap(Self.module(importedBy:))
    }

    /// The module that a line imports: `@testable public import struct Wire.Fault` → `Wire`.
    static func module(importedBy line: Substring) -> String? {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ";" })
        guard let keyword = words.firstIndex(of: "import"),
            words[..<keyword].allSatisfy(isModifier)
        else { return nil }
        let named = words[(keyword + 1)...].drop { kinds.contains($0) }
        return named.first?.split(separator: ".").first.map(String.init)
    }

    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
    ]

    private static func isModifier(_ word: Substring) -> Bool {
        word.hasPrefix("@") || word.hasSuffix(")")
            || ["public", "package", "internal", "fileprivate", "private"].contains(word)
    }
}
