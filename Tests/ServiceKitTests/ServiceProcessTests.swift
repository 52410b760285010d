import FoundationEssentials
import Glibc
import JSON
import Testing

@testable import ServiceKit

/// A service that does nothing, and can be told to fail or to hang.
struct IdleService: Service {
    struct Configuration: ServiceConfiguration {
        static let settings = [
            Setting(
                "mode", "MODE", default: "idle", help: "idle, fail, stuck or end.", example: "idle")
        ]
        let mode: String
        init(_ values: SettingValues) throws(SettingError) {
            mode = try values.read("mode", "a mode") {
                ["idle", "fail", "stuck", "end"].contains($0) ? $0 : nil
            }
        }
    }
    struct Failure: Error {}

    static let name = "idle"
    static let summary = "Waits."
    static let adminAddress = "127.0.0.1:0"
    let mode: String
    let stopping: AsyncStream<Never>
    let stop: AsyncStream<Never>.Continuation

    init(configuration: Configuration, context: ServiceContext) async throws {
        mode = configuration.mode
        (stopping, stop) = AsyncStream.makeStream()
        if mode == "fail" { throw Failure() }
        context.announce("mesh", address: "127.0.0.1:7")
        context.admin.get("/admin/mode") { [mode] _ in ["mode": .string(mode)] }
    }

    func run() async throws {
        if mode == "end" { return }
        for await _ in stopping {}
    }

    func drain(within grace: Duration) async {
        if mode == "stuck" {
            await Task.detached {
                await withCheckedContinuation { (_: CheckedContinuation<Void, Never>) in }
            }.value
        }
        stop.finish()
    }

    var health: HealthReport { .unready(["nothing to do"]) }
}

private func outcome(_ arguments: String...) async -> Int32 {
    await ServiceProcess<IdleService>.run(arguments: arguments)
}

@Suite struct ServiceProcessTests {
    @Test func `a wrong setting exits 64 and names the variable`() async throws {
        let result = await #expect(
            processExitsWith: .exitCode(64), observing: [\.standardErrorContent]
        ) { exit(await outcome("--mode", "dance")) }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("EXPERTMESH_MODE (--mode): 'dance' is not a mode"))
    }

    @Test func `help, version and check stop with 0 before anything runs`() async {
        await #expect(processExitsWith: .exitCode(0)) { exit(await outcome("--help")) }
        await #expect(processExitsWith: .exitCode(0)) { exit(await outcome("--version")) }
        let result = await #expect(
            processExitsWith: .exitCode(0), observing: [\.standardOutputContent]
        ) { exit(await outcome("--check", "--mode", "fail")) }
        let text = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
        #expect(text.contains("the configuration is valid"))
        await #expect(processExitsWith: .exitCode(64)) {
            exit(await outcome("--check", "--port", "1"))
        }
    }

    @Test func `a service that cannot be built exits 1, one that ends by itself 0`() async {
        await #expect(processExitsWith: .exitCode(1)) { exit(await outcome("--mode", "fail")) }
        await #expect(processExitsWith: .exitCode(0)) { exit(await outcome("--mode", "end")) }
    }

    @Test func `SIGTERM drains and exits 0, and the ready file is gone`() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let path = temporaryPath()
            async let code = outcome("--ready-file", path)
            let content = try await readyContent(path)
            #expect(content["addresses"]?["mesh"] == "127.0.0.1:7")
            #expect(content["pid"]?.integer == Int(getpid()))
            kill(getpid(), SIGTERM)
            let result = await code
            exit(FileManager.default.fileExists(atPath: path) ? 3 : result)
        }
    }

    @Test func `a second signal stops at once with 1`() async {
        await #expect(processExitsWith: .exitCode(1)) {
            let path = temporaryPath()
            async let code = outcome("--mode", "stuck", "--ready-file", path)
            let content = try await readyContent(path)
            kill(getpid(), SIGTERM)
            try await waitForReason("draining", of: content)
            kill(getpid(), SIGINT)
            exit(await code + 10)
        }
    }

    @Test func `a service that does not drain is stopped soon after the grace`() async {
        await #expect(processExitsWith: .exitCode(1)) {
            let path = temporaryPath()
            async let code = outcome(
                "--mode", "stuck", "--ready-file", path, "--drain-grace", "10ms")
            _ = try await readyContent(path)
            kill(getpid(), SIGTERM)
            exit(await code + 10)
        }
    }

    @Test
    func
        `the admin port tells life, readiness with reasons, metrics, and more`()
        async
    {
        await #expect(processExitsWith: .exitCode(0)) {
            let path = temporaryPath()
            async let code = outcome("--ready-file", path)
            let content = try await readyContent(path)
            try await check(content["adminAddress"]?.string ?? "")
            kill(getpid(), SIGTERM)
            exit(await code)
        }
    }
}

private func check(_ address: String) async throws {
    let alive = try await fetch("/healthz", at: address)
    let ready = try await fetch("/readyz", at: address)
    let mode = try await fetch("/admin/mode", at: address)
    let metrics = try await fetch("/metrics", at: address)
    guard alive.hasPrefix("HTTP/1.1 200"), alive.hasSuffix(#"{"status":"alive"}"#),
        ready.hasPrefix("HTTP/1.1 503"),
        ready.hasSuffix(#"{"ready":false,"reasons":["nothing to do"]}"#),
        mode.hasSuffix(#"{"mode":"idle"}"#),
        metrics.contains("process_resident_memory_bytes "),
        metrics.contains(#"http_requests_total{route="/healthz",status="200"} 1"#)
    else { exit(9) }
}
