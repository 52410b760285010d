internal import Checkpoint
internal import FoundationEssentials
internal import Glibc
internal import Testing

@testable internal import MeshCtl

@Suite struct SupervisorTests {
    @Test func `a child ends with its status, and killed by a signal says which`() async throws {
        try await withState { state in
            let failing = try await Child.start(state.planned("failing", "exit 3"))
            #expect(try await failing.end.value == .exited(3))
            let sleeping = try await Child.start(state.planned("sleeping", "exec sleep 600"))
            #expect(sleeping.process.isRunning)
            await sleeping.stop(within: .seconds(20))
            #expect(try await sleeping.end.value == .killed(signal: SIGTERM))
            #expect(!sleeping.process.isRunning)
        }
    }

    @Test func `a child that ignores SIGTERM is killed after the grace`() async throws {
        try await withState { state in
            let ready = "\(state.path)/trapped"
            let script = "trap '' TERM; touch \(ready); for i in $(seq 60); do sleep 1; done"
            let stubborn = try await Child.start(state.planned("stubborn", script))
            let isReady = try await Polling.until(.now + .seconds(20)) {
                FileManager.default.fileExists(atPath: ready) ? true : nil
            }
            #expect(isReady == true)
            await stubborn.stop(within: .milliseconds(50))
            #expect(try await stubborn.end.value == .killed(signal: SIGKILL))
        }
    }

    @Test func `a service that dies before the mesh is ready ends the attempt and shows its log`()
        async throws
    {
        try await withState { state in
            try "an earlier run\n".write(
                toFile: state.log(of: "router"), atomically: true, encoding: .utf8)
            let plan = MeshPlan(services: [
                state.planned("steady", "exec sleep 600"),
                state.planned("router", "echo the disk is full; exit 1"),
            ])
            let error = await #expect(throws: MeshCtlError.self) {
                try await Supervisor(plan: plan, state: state).run { _ in }
            }
            #expect(error?.description.contains("router ended with status 1") == true)
            #expect(error?.description.hasSuffix("router.log:\n    the disk is full") == true)
            let left = try state.lastMesh()
            #expect(left == nil)
        }
    }

    @Test func `of two that run a mesh in one place, the second is told so`() async throws {
        try await withState { state in
            var first: DirectoryLock? = try state.lock()
            let error = #expect(throws: MeshCtlError.self) { _ = try state.lock() }
            #expect(error?.description.contains("already running") == true)
            withExtendedLifetime(first) {}
            first = nil
            #expect(throws: Never.self) { _ = try state.lock() }
        }
    }

    private func withState(_ body: (StateDirectory) async throws -> Void) async throws {
        let path = "\(FileManager.default.temporaryDirectory.path)/meshctl-\(UUID().uuidString)"
        let state = StateDirectory(path: path)
        try state.makeFolders()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(state)
    }
}

extension StateDirectory {
    /// A service that is a line of shell.
    fileprivate func planned(_ name: String, _ script: String) -> PlannedService {
        PlannedService(
            name: name, program: "/bin/sh", arguments: ["-c", script],
            readyFile: readyFile(of: name),
            log: log(of: name))
    }
}
