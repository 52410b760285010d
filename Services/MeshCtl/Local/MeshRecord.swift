internal import JSON

/// A mesh on this machine: its processes, and where it answers.
struct MeshRecord: Equatable, Sendable {
    /// The `meshctl up` that watches over the others.
    var supervisor: ProcessIdentity
    /// The front door, once the router listens.
    var url: String?
    /// The router's admin port.
    var adminURL: String?
    /// In the order in which they were started; they are stopped in reverse.
    var services: [(name: String, process: ProcessIdentity)]
    var isReady = false
    /// What still has to happen before the mesh is ready, when that takes long.
    var waitingFor: String?

    var isRunning: Bool {
        supervisor.isRunning || services.contains { $0.process.isRunning }
    }

    static func == (left: MeshRecord, right: MeshRecord) -> Bool { left.json == right.json }
}

extension MeshRecord {
    init(json: JSONValue) throws {
        supervisor = try ProcessIdentity(json: json["supervisor"])
        url = json["url"]?.string
        adminURL = json["adminURL"]?.string
        isReady = json["ready"]?.bool ?? false
        waitingFor = json["waitingFor"]?.string
        services = try (json["services"]?.array ?? []).map {
            ($0["name"]?.string ?? "", try ProcessIdentity(json: $0["process"]))
        }
    }

    var json: JSONValue {
        [
            "url": .optional(url), "adminURL": .optional(adminURL), "ready": .bool(isReady),
            "waitingFor": .optional(waitingFor), "supervisor": supervisor.json,
            "services": .array(
                services.map { ["name": .string($0.name), "process": $0.process.json] }),
        ]
    }
}

extension ProcessIdentity {
    fileprivate init(json: JSONValue?) throws {
        guard let pid = json?["pid"]?.integer.flatMap(Int32.init(exactly:)),
            let startTime = json?["startTime"]?.integer
        else {
            throw MeshCtlError.badConfiguration(path: "mesh.json", reason: "no process in it")
        }
        self.init(pid: pid, startTime: startTime)
    }

    fileprivate var json: JSONValue {
        ["pid": .integer(Int(pid)), "startTime": .integer(startTime)]
    }
}
