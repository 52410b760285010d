internal import FoundationEssentials
internal import Glibc
internal import JSON
internal import Synchronization
internal import Testing

@testable internal import MeshCtl

@Suite struct LocalTests {
    static let configuration = """
        {"model": {"source": "../demo.json", "directory": "$EXPERTMESH_CACHE/demo"},
         "encoder": "~/minilm", "listen": "127.0.0.1:8080", "workers": 3}
        """
    let paths = PathExpansion(folder: "compose", environment: ["HOME": "/home/ada"])

    @Test func `paths of a configuration are expanded`() throws {
        let mesh = try MeshConfiguration(json: Self.configuration, path: "mesh.json", paths: paths)
        #expect(mesh.modelSource == "compose/../demo.json")
        #expect(mesh.modelDirectory == "/home/ada/.cache/expertmesh/demo")
        #expect(mesh.encoderDirectory == "/home/ada/minilm")
    }

    @Test(arguments: [
        ("\"workers\": 3", "\"workers\": 0", "mesh.json: “workers” must be a number from 1 to 64"),
        ("127.0.0.1:8080", "foo", "mesh.json: “listen” must be HOST:PORT, such as 127.0.0.1:8080"),
        ("\"encoder\"", "\"encoded\"", "mesh.json: “encoder” must be a string"),
        ("{\"model\"", "{\"x\": 1, \"model\"", "mesh.json: there is no setting “x”"),
    ])
    func `a wrong setting is named`(good: String, bad: String, message: String) throws {
        let text = Self.configuration.replacing(good, with: bad)
        let error = #expect(throws: MeshCtlError.self) {
            try MeshConfiguration(json: text, path: "mesh.json", paths: paths)
        }
        #expect(error?.description == message)
    }

    @Test
    func `a mesh starts with its store and ends with its router, so stopping goes the other way`()
        throws
    {
        let mesh = try MeshConfiguration(json: Self.configuration, path: "mesh.json", paths: paths)
        let state = StateDirectory(path: "/tmp/state")
        let plan = try MeshPlan(mesh, state: state, programs: "/opt/bin")
        #expect(
            plan.services.map(\.name) == [
                "knowledge-store", "expert-worker-1", "expert-worker-2", "expert-worker-3",
                "router",
            ])
        #expect(plan.services.map(\.program).last == "/opt/bin/router")
        #expect(Set(plan.services.map(\.readyFile)).count == 5)
        let error = #expect(throws: MeshCtlError.self) { try plan.checkPrograms() }
        #expect(error?.description.contains("make build") == true)
    }

    @Test func `this process runs, and one of the same number that began at another time does not`()
        throws
    {
        let own = try #require(ProcessIdentity.current)
        #expect(own.isRunning)
        #expect(!ProcessIdentity(pid: own.pid, startTime: own.startTime + 1).isRunning)
        #expect(try #require(own.residentBytes) > 1_000_000)
    }

    @Test func `a record is read back as it was written`() throws {
        let own = try #require(ProcessIdentity.current)
        let mesh = MeshRecord(
            supervisor: own, url: "http://127.0.0.1:1", services: [("router", own)], isReady: true,
            waitingFor: "experts")
        #expect(try MeshRecord(json: JSONValue(parsing: mesh.json.description)) == mesh)
    }

    @Test func `a state folder whose sockets would be too long is refused by name`() {
        let state = StateDirectory(path: "/tmp/" + String(repeating: "x", count: 90))
        let error = #expect(throws: MeshCtlError.self) { try state.makeFolders() }
        #expect(error?.description.contains("--state") == true)
    }

    @Test(arguments: ["/proc/nope", "/proc/self/exe"])
    func `a path that cannot be a state folder is refused by name`(path: String) {
        let error = #expect(throws: MeshCtlError.self) {
            try StateDirectory(path: path).makeFolders()
        }
        #expect(error?.description.hasPrefix("\(path) cannot keep the state") == true)
    }

    @Test(arguments: [
        (nil, "", "/home/ada/.local/state/expertmesh"), (nil, "here", "/work/here"),
        ("/there", "here", "/there"),
    ])
    func `an empty variable is as good as none`(given: String?, variable: String, path: String) {
        let state = StateDirectory(
            given: given, environment: ["EXPERTMESH_STATE": variable, "HOME": "/home/ada"],
            current: "/work")
        #expect(state.path == path)
        let paths = PathExpansion(
            folder: ".", environment: ["EXPERTMESH_CACHE": "", "HOME": "/home/ada"])
        #expect(paths.expand("$EXPERTMESH_CACHE/demo") == "/home/ada/.cache/expertmesh/demo")
    }

    @Test func `a reason to wait is told when it is new, and not at once`() {
        let told = Collected()
        let start = ContinuousClock.now
        var note = WaitNote(from: start) { told.add($0) }
        let reasons = [(0, "a"), (2, "a"), (3, "a"), (4, "b"), (6, "b"), (20, "b"), (21, "c")]
        for (seconds, reason) in reasons { note.tell(reason, at: start + .seconds(seconds)) }
        #expect(told.texts == ["a", "b", "c"])
    }
}

/// What a closure was given.
private final class Collected: Sendable {
    private let storage = Mutex<[String]>([])
    var texts: [String] { storage.withLock { $0 } }
    func add(_ text: String) { storage.withLock { $0.append(text) } }
}
