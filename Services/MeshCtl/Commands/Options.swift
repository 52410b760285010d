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

    var directory: StateDirectory {
        let environment = ProcessInfo.processInfo.environment
        let given = state ?? environment["EXPERTMESH_STATE"]
        let current = FileManager.default.currentDirectoryPath
        guard let given else {
            return StateDirectory(path: StateDirectory.standard(environment: environment))
        }
        return StateDirectory(path: given.hasPrefix("/") ? given : "\(current)/\(given)")
    }
}

/// Which mesh to talk to: the one on this machine, or one whose address is given.
struct MeshOptions: ParsableArguments {
    @OptionGroup var local: StateOptions

    @Option(help: "The front door of a mesh elsewhere, such as http://127.0.0.1:8080.")
    var url: String?

    @Option(help: "The router's admin port of a mesh elsewhere.")
    var adminURL: String?

    /// The front door.
    func frontDoor() throws -> MeshClient {
        try MeshClient(url: url ?? address(\.url))
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
