internal import Glibc
internal import Subprocess
internal import SystemPackage

/// A service that `up` has started, and its end.
struct Child: Sendable {
    let name: String
    let process: ProcessIdentity
    /// Where in its log this run begins, in bytes.
    let logStart: Int
    /// Finishes when the process has ended.
    let end: Task<Ending, any Error>

    /// Starts the program in a session of its own, so that a Ctrl-C at the terminal reaches
    /// `meshctl` alone, which then stops the services in their order.
    static func start(_ service: PlannedService) async throws -> Child {
        let (started, starting) = AsyncThrowingStream<(pid: Int32, logStart: Int), any Error>
            .makeStream()
        let end = Task {
            do {
                return try await run(service) { starting.yield((pid: $0, logStart: $1)) }
            } catch {
                starting.finish(throwing: error)
                throw error
            }
        }
        for try await (pid, logStart) in started {
            // Already gone: its number is enough to tell how it ended.
            let process = ProcessIdentity(pid: pid) ?? ProcessIdentity(pid: pid, startTime: 0)
            return Child(name: service.name, process: process, logStart: logStart, end: end)
        }
        throw CancellationError()
    }

    private static func run(
        _ service: PlannedService, started: @Sendable (Int32, Int) -> Void
    ) async throws -> Ending {
        let log = try FileDescriptor.open(
            FilePath(service.log), .writeOnly, options: [.create, .append],
            permissions: .ownerReadWrite)
        let logStart = Int(try log.seek(offset: 0, from: .end))
        let result = try await Subprocess.run(
            .path(FilePath(service.program)), arguments: Arguments(service.arguments),
            environment: .inherit, platformOptions: .ownSession(grace: Supervisor.grace),
            input: .none, output: .fileDescriptor(log, closeAfterSpawningProcess: true),
            error: .combinedWithOutput
        ) { execution in
            started(execution.processIdentifier.value, logStart)
        }
        return Ending(result.terminationStatus)
    }

    /// Asks the process to drain and waits; after the grace period it is killed, and that is said.
    func stop(within grace: Duration) async {
        process.send(SIGTERM)
        let deadline = ContinuousClock.now + grace
        let ended = try? await Polling.until(deadline) { process.isRunning ? nil : true }
        guard ended == nil else { return }
        Terminal.say("\(name) did not stop within \(grace); killing it")
        process.send(SIGKILL)
        _ = await end.result
    }
}

/// How a process ended.
enum Ending: Equatable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)

    init(_ status: TerminationStatus) {
        switch status {
        case .exited(let code): self = .exited(code)
        case .signaled(let signal): self = .killed(signal: signal)
        }
    }

    var description: String {
        switch self {
        case .exited(let code): "ended with status \(code)"
        case .killed(let signal): "was killed by signal \(signal)"
        }
    }
}

extension PlatformOptions {
    /// Out of reach of the terminal's signals. When the task that waits for the process is
    /// cancelled, the process is asked to stop, and killed after the grace period.
    static func ownSession(grace: Duration) -> PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: grace)]
        return options
    }
}
