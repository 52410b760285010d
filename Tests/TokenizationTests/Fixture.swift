import FoundationEssentials

@testable import Tokenization

/// Files beside the tests, and files that a machine may have.
enum Fixture {
    static func path(_ name: String) -> String { Bundle.folder + "/" + name }

    static func bytes(_ name: String) throws -> [UInt8] { try read(path(name)) }

    static func text(_ name: String) throws -> String {
        String(decoding: try bytes(name), as: UTF8.self)
    }

    static func decoded<T: Decodable>(_ name: String) throws -> T {
        try JSONDecoder().decode(T.self, from: Data(try bytes(name)))
    }

    /// Token ids, one text a line.
    static func tokens(_ name: String) throws -> [[TokenID]] {
        try text(name).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            $0.split(separator: " ").map { TokenID($0)! }
        }
    }

    static func read(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path)))
    }

    private enum Bundle {
        /// The folder of this source file; fixtures are read from the checkout.
        static let folder: String = {
            let file = #filePath
            return file.prefix(upTo: file.lastIndex(of: "/")!) + "/Fixtures"
        }()
    }
}

/// Published files that are fetched, not committed.
enum Cache {
    static let folder: String = {
        let environment = ProcessInfo.processInfo.environment
        return environment["EXPERTMESH_CACHE"]
            ?? (environment["HOME"] ?? "/root") + "/.cache/expertmesh"
    }()
    static let smolLM2 = folder + "/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"
    static let miniLM = folder + "/all-minilm-l6-v2/tokenizer.json"

    /// Data for large tests: EXPERTMESH_DATA, or `shared/data` beside the checkout.
    static let data: String =
        ProcessInfo.processInfo.environment["EXPERTMESH_DATA"]
        ?? Fixture.path("../../../../shared/data")

    static func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
