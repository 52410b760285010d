import FoundationEssentials
import Knowledge
import LinearAlgebra
import Model

/// Where figures find data and models that are not in the repository.
enum Sources {
    /// `squad/squad-v1.1-dev.json` under EXPERTMESH_DATA or `../shared/data`.
    static func squad() throws -> String {
        try existing("\(data)/squad/squad-v1.1-dev.json", hint: "set EXPERTMESH_DATA")
    }

    static let data = ProcessInfo.processInfo.environment["EXPERTMESH_DATA"] ?? "../shared/data"

    /// The sentence encoder.
    static func encoderDirectory() throws -> String {
        try existing("\(cache)/all-minilm-l6-v2", hint: "run make models")
    }

    /// The file on which the demo model's experts stand.
    static func demoBase() throws -> String {
        try existing(
            "\(cache)/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf",
            hint: "run make models")
    }

    /// The Python of the acceptance tests.
    static func python() throws -> String {
        try existing("\(cache)/venv/bin/python", hint: "run make install")
    }

    /// A script of the repository.
    static func script(_ path: String) throws -> String {
        try existing(path, hint: "run benchmarks in the repository's root")
    }

    /// EXPERTMESH_CACHE or `~/.cache/expertmesh`.
    private static var cache: String {
        let environment = ProcessInfo.processInfo.environment
        return environment["EXPERTMESH_CACHE"]
            ?? (environment["HOME"] ?? "") + "/.cache/expertmesh"
    }

    static func encoder() throws -> Embedder {
        let encoder = try SentenceEncoder(path: encoderDirectory())
        return Embedder(
            identity: "all-minilm-l6-v2", dimension: encoder.dimension,
            tokenCount: { max(0, encoder.tokens(of: $0).count - 2) },
            embed: { texts in
                let vectors = encoder.embed(texts)
                return (0..<vectors.rowCount).map { Array(vectors.row($0)) }
            })
    }

    static func existing(_ path: String, hint: String) throws -> String {
        guard FileManager.default.fileExists(atPath: path) else {
            throw FigureUnavailable(description: "\(path) does not exist; \(hint)")
        }
        return path
    }
}

/// A directory for one measurement.
struct ScratchDirectory {
    let path = FileManager.default.temporaryDirectory.path + "/expertmesh-\(UUID().uuidString)"

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() {
        do { try FileManager.default.removeItem(atPath: path) } catch {
            print("left behind: \(path) (\(error))")
        }
    }
}
