/// What went wrong, where, and what to do about it.
enum MeshCtlError: Error, CustomStringConvertible {
    case noMesh(state: String)
    case alreadyRunning(pid: Int32?, url: String?)
    case badState(path: String)
    case badConfiguration(path: String, reason: String)
    case missingProgram(path: String)
    case missingEncoder(path: String)
    case missingModel(reason: String)
    case serviceDied(name: String, ending: String, log: String, lastLines: [String])
    case notReady(reasons: [String])
    case stillRunning(name: String, pid: Int32)
    case unreachable(url: String, reason: String)
    case refused(status: Int, message: String, parameter: String?)
    case malformedAnswer(path: String, reason: String)
    case unreadable(path: String, reason: String)
    case nothingToIngest(paths: [String])
    case ingestionFailed(path: String, reason: String)
    case storeSilent(path: String, reason: String)
    case answerFailed(code: String, message: String)
    case notStaged(revision: Int, reason: String)
    case unknownCollection(name: String, known: [String])

    var description: String {
        switch self {
        case .noMesh(let state):
            "no mesh is running here: start one with `meshctl up` (looked in \(state))"
        case .alreadyRunning(let pid, let url):
            "a mesh is already running here (process \(pid.map { "\($0)" } ?? "just started"), "
                + "\(url ?? "not ready yet")): stop it with `meshctl down`"
        case .badState(let path):
            "\(path) cannot keep the state of a mesh: it must be a folder that can be made and "
                + "written; name another with --state"
        case .badConfiguration(let path, let reason):
            "\(path): \(reason)"
        case .missingProgram(let path):
            "\(path) is missing: build it with `make build`"
        case .missingEncoder(let path):
            "the sentence encoder \(path) is missing: `make models` fetches it"
        case .missingModel(let reason):
            "\(reason); `make models` fetches the base of the model in the box"
        case .serviceDied(let name, let ending, let log, let lastLines):
            "\(name) \(ending); the end of its log, \(log):\n"
                + lastLines.map { "    \($0)" }.joined(separator: "\n")
        case .notReady(let reasons):
            "the mesh is not ready: \(reasons.joined(separator: "; "))"
        case .stillRunning(let name, let pid):
            "\(name) (process \(pid)) does not stop: look at its log, then `kill -9 \(pid)`"
        case .unreachable(let url, let reason):
            "nothing answers at \(url) (\(reason)): is the mesh up? `meshctl status` tells"
        case .refused(401, let message, _):
            "refused (401): \(message); give it with --api-key or EXPERTMESH_API_KEY"
        case .refused(let status, let message, let parameter):
            "refused (\(status)): \(message)" + (parameter.map { " [\($0)]" } ?? "")
        case .malformedAnswer(let path, let reason):
            "the answer to \(path) makes no sense: \(reason)"
        case .unreadable(let path, let reason):
            "cannot read \(path): \(reason)"
        case .nothingToIngest(let paths):
            "nothing to ingest in \(paths.joined(separator: ", ")): "
                + "files must end in .md, .txt, .html or .htm"
        case .ingestionFailed(let path, let reason):
            "\(path) was not ingested: \(reason)"
        case .storeSilent(let path, let reason):
            "\(path) still waits to be ingested, and the knowledge-store does not answer: "
                + "\(reason); look at it with `meshctl status`, then `meshctl ingest` again"
        case .answerFailed(let code, let message):
            "the answer failed (\(code)): \(message)"
        case .notStaged(let revision, let reason):
            "revision \(revision) was not staged, and what served goes on serving: \(reason)"
        case .unknownCollection(let name, let known):
            "there is no collection “\(name)”; "
                + (known.isEmpty
                    ? "none exists yet: `meshctl ingest PATH` makes one"
                    : "there are: \(known.joined(separator: ", "))")
        }
    }
}
