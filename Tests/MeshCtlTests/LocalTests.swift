internal import FoundationEssentials
internal import Glibc
internal import JSON
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
            supervisor: own, url: "http://127.0.0.1:1", services: [("router", own)], isReady: true)
        #expect(try MeshRecord(json: JSONValue(parsing: mesh.json.description)) == mesh)
    }

    @Test func `a state folder whose sockets would be too long is refused by name`() {
        let state = StateDirectory(path: "/tmp/" + String(repeating: "x", count: 90))
        let error = #expect(throws: MeshCtlError.self) { try state.prepare() }
        #expect(error?.description.contains("--state") == true)
    }
}
