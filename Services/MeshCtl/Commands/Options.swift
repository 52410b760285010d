internal import ArgumentParser
internal import FoundationEssentials
internal import JSON

/// What every command understands.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON value instead of text.")
    var json = false

    /// Prints the value, as JSON or as the lines that say the same to a person.
    func show(_ value: JSONValue, lines: () -> [String]) {
        if json {
            Terminal.result(json: value.description)
        } else {
            for line in lines() { Terminal.result(line) }
        }
    }
}

/// Where the local mesh keeps its state.
struct StateOptions: ParsableArguments {
    @Option(help: "The local mesh's folder. (default: ~/.local/state/expertmesh)")
    var state: String?

    func validate() throws {
        guard state?.isEmpty != true else { throw ValidationError("--state must name a folder") }
    }

    var directory: StateDirectory {
        StateDirectory(
            given: state, environment: ProcessInfo.processInfo.environment,
            current: FileManager.default.currentDirectoryPath)
    }
}

/// Which mesh to talk to: the one on this machine, or one whose address is given.
struct MeshOptions: ParsableArguments {
    @OptionGroup var local: StateOptions

    @Option(help: "The front door of a mesh elsewhere, such as http://127.0.0.1:8080.")
    var url: String?

    @Option(help: "The router's admin port of a mesh elsewhere.")
    var adminURL: String?

    @Option(help: "A key of the front door, if it wants one; better in $EXPERTMESH_API_KEY.")
    var apiKey: String?

    func validate() throws { try Self.check(apiKey, from: "--api-key") }

    /// The front door.
    func frontDoor() throws -> MeshClient {
        let key = try apiKey ?? Self.key(in: ProcessInfo.processInfo.environment)
        return try MeshClient(url: url ?? address(\.url), apiKey: key)
    }

    /// An empty variable is as good as none.
    static func key(in environment: [String: String]) throws -> String? {
        guard let key = environment["EXPERTMESH_API_KEY"], !key.isEmpty else { return nil }
        try check(key, from: "EXPERTMESH_API_KEY")
        return key
    }

    /// The key goes into a header, and into no message.
    private static func check(_ key: String?, from origin: String) throws {
        guard let key else { return }
        guard !key.isEmpty, key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ValidationError("\(origin) must be visible ASCII characters without spaces")
        }
    }

    /// The router's admin port.
    func admin() throws -> MeshClient {
        guard let adminURL else {
            guard url == nil else {
                throw ValidationError("--url names a mesh elsewhere: give its --admin-url as well")
            }
            return try MeshClient(url: address(\.adminURL))
        }
        return try MeshClient(url: adminURL)
    }

    private func address(_ which: KeyPath<MeshRecord, String?>) throws -> String {
        let mesh = try local.directory.runningMesh()
        guard let address = mesh[keyPath: which] else {
            throw MeshCtlError.notReady(reasons: ["the router does not listen yet"])
        }
        return address
    }
}
