internal import FoundationEssentials

/// A process to be: its program, its flags, and the files through which it is known.
struct PlannedService: Equatable, Sendable {
    let name: String
    let program: String
    let arguments: [String]
    let readyFile: String
    let log: String
}

/// The processes of a mesh on this machine, in the order in which they start.
struct MeshPlan: Equatable, Sendable {
    static let router = "router"
    let services: [PlannedService]

    init(services: [PlannedService]) { self.services = services }

    /// - Parameter programs: the folder that holds the services' executables.
    init(_ configuration: MeshConfiguration, state: StateDirectory, programs: String) throws {
        let build = Build(state: state, programs: programs)
        let workers = (1...configuration.workerCount).map { number in
            build.service(
                "expert-worker", name: "expert-worker-\(number)",
                flags: [
                    "--name", "expert-worker-\(number)",
                    "--routers", state.socket(of: Self.router),
                    "--model-directory", configuration.modelDirectory,
                    "--artifact-cache", state.cache(of: "expert-worker-\(number)"),
                ])
        }
        let knowledge = build.service(
            "knowledge-store", name: "knowledge-store",
            flags: [
                "--listen", state.socket(of: "knowledge-store"),
                "--database", "\(state.knowledge)/knowledge.sqlite", "--encoder",
                configuration.encoderDirectory,
            ])
        let router = build.service(
            "router", name: Self.router,
            flags: [
                "--listen", configuration.listen, "--mesh-listen", state.socket(of: Self.router),
                "--model-directory", configuration.modelDirectory,
                "--knowledge-store", state.socket(of: "knowledge-store"),
                "--catalog", "\(state.knowledge)/catalog.sqlite",
            ])
        services = [knowledge] + workers + [router]
    }

    /// Every program must be there before the first is started.
    func checkPrograms() throws {
        for service in services where !FileManager.default.isExecutableFile(atPath: service.program)
        {
            throw MeshCtlError.missingProgram(path: service.program)
        }
    }
}

/// What all planned services have in common.
private struct Build {
    let state: StateDirectory
    let programs: String

    func service(_ program: String, name: String, flags: [String]) -> PlannedService {
        let readyFile = state.readyFile(of: name)
        return PlannedService(
            name: name, program: "\(programs)/\(program)",
            arguments: flags + ["--admin-address", "127.0.0.1:0", "--ready-file", readyFile],
            readyFile: readyFile, log: state.log(of: name))
    }
}
