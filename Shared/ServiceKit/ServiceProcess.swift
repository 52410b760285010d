internal import FoundationEssentials
internal import Glibc
internal import HTTP
internal import JSON
internal import Logging
internal import Metrics
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import SystemPackage
internal import UnixSignals

/// One run of a service, from its arguments to its exit code.
struct ServiceProcess<S: Service>: Sendable {
    private static var exitFailure: Int32 { 1 }
    /// EX_USAGE of sysexits.h.
    private static var exitUsage: Int32 { 64 }

    private static var watchdogMargin: Duration { .seconds(2) }

    private let configuration: S.Configuration
    private let common: CommonSettings
    private let logger: Logger
    private let metrics = PrometheusRegistry()
    private let routes = AdminRoutes()
    private let addresses = Addresses()
    private let stage = NIOLockedValueBox(Stage.starting)

    private enum Stage {
        case starting
        case serving(S)
        case draining
    }

    private enum Outcome {
        case finished
        case failed(any Error)
        case signalled
    }

    static func run(arguments: [String]) async -> Int32 {
        let settings = S.Configuration.settings + CommonSettings.table(adminAddress: S.adminAddress)
        switch Invocation(arguments) {
        case .help:
            print(HelpText(name: S.name, summary: S.summary, settings: settings).text)
            return 0
        case .version:
            print("\(S.name) \(expertMeshVersion)")
            return 0
        case .check(let arguments):
            return await start(settings, arguments) { process, values in
                print("\(S.name): the configuration is valid")
                for (name, value) in values.printable { print("  --\(name) \(value)") }
                return 0
            }
        case .run(let arguments):
            return await start(settings, arguments) { process, values in await process.run(values) }
        }
    }

    private static func start(
        _ settings: [Setting], _ arguments: [String],
        _ body: (ServiceProcess, SettingValues) async -> Int32
    ) async -> Int32 {
        do throws(SettingError) {
            let environment = ProcessInfo.processInfo.environment
            let values = try SettingValues(settings, arguments: arguments, environment: environment)
            return await body(try ServiceProcess(values), values)
        } catch {
            LogLines.write("\(S.name): \(error)")
            return exitUsage
        }
    }

    private init(_ values: SettingValues) throws(SettingError) {
        configuration = try S.Configuration(values)
        let common = try CommonSettings(values)
        try S.Configuration.check(values)
        self.common = common
        logger = Logger(label: S.name) { label in
            LogLines(label: label, level: common.logLevel, format: common.logFormat)
        }
    }

    private func run(_ values: SettingValues) async -> Int32 {
        // One thread moves bytes; computation has its own.
        NIOSingletons.groupLoopCountSuggestion = 1
        MetricsSystem.bootstrap(metrics)
        let pairs = values.printable.map { ($0.name, Logger.MetadataValue.string($0.value)) }
        logger.notice("starting", metadata: Dictionary(uniqueKeysWithValues: pairs))
        let port = AdminPort(routes: routes, metrics: metrics) { await health }
        do {
            let admin = try await port.start(on: common.adminAddress, logger: logger)
            return await run(admin: admin)
        } catch {
            logger.critical("\(error)")
            return Self.exitFailure
        }
    }

    private func run(admin: HTTPServer) async -> Int32 {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let (untilSignal, firstSignal) = AsyncStream<Never>.makeStream()
        let outcome = await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await live(adminAddress: "\(admin.address)") }
            group.addTask { await watch(signals, first: firstSignal) }
            group.addTask {
                for await _ in untilSignal {}
                if !Task.isCancelled { await drain() }
                return .signalled
            }
            defer { group.cancelAll() }
            return await group.next() ?? .finished
        }
        await admin.drain(within: .milliseconds(200))
        return conclude(outcome)
    }

    /// The first signal begins the drain; the second is someone who does not want to wait for it.
    private func watch(
        _ signals: UnixSignalsSequence, first: AsyncStream<Never>.Continuation
    ) async -> Outcome {
        var iterator = signals.makeAsyncIterator()
        guard let signal = await iterator.next() else { return .signalled }
        logger.notice(
            "draining", metadata: ["signal": "\(signal)", "grace": "\(common.drainGrace)"])
        first.finish()
        guard let signal = await iterator.next() else { return .signalled }
        logger.warning("stopping at once", metadata: ["signal": "\(signal)"])
        exit(Self.exitFailure)
    }

    private func live(adminAddress: String) async -> Outcome {
        do {
            let context = ServiceContext(logger: logger, admin: routes, addresses: addresses)
            let service = try await S(configuration: configuration, context: context)
            guard enter(.serving(service)) else { return .finished }
            try announceReady(adminAddress: adminAddress)
            try await service.run()
            return .finished
        } catch {
            return .failed(error)
        }
    }

    private func drain() async {
        let service = beginDrain()
        armWatchdog()
        await service?.drain(within: common.drainGrace)
    }

    /// A service that neither drains nor stops in time is ended: whoever sent the signal waits for
    /// the process.
    private func armWatchdog() {
        Task.detached {
            try await Task.sleep(for: common.drainGrace + Self.watchdogMargin)
            logger.critical("did not stop within the grace; stopping at once")
            exit(Self.exitFailure)
        }
    }

    /// False when a signal came first.
    private func enter(_ next: Stage) -> Bool {
        stage.withLockedValue { stage in
            guard case .starting = stage else { return false }
            stage = next
            return true
        }
    }

    private func beginDrain() -> S? {
        stage.withLockedValue { stage in
            defer { stage = .draining }
            guard case .serving(let service) = stage else { return nil }
            return service
        }
    }

    private var health: HealthReport {
        get async {
            switch stage.withLockedValue({ $0 }) {
            case .starting: .unready(["starting"])
            case .serving(let service): await service.health
            case .draining: .unready(["draining"])
            }
        }
    }

    private func announceReady(adminAddress: String) throws {
        logger.notice("listening", metadata: ["name": "admin", "address": "\(adminAddress)"])
        guard let path = common.readyFile else { return }
        try ReadyFile(path: path).write([
            "name": .string(S.name), "version": .string(expertMeshVersion),
            "pid": .integer(Int(getpid())), "adminAddress": .string(adminAddress),
            "addresses": addresses.json,
        ])
    }

    private func conclude(_ outcome: Outcome) -> Int32 {
        if let path = common.readyFile {
            do { try ReadyFile(path: path).remove() } catch {
                logger.debug("no ready file to remove", metadata: ["reason": "\(error)"])
            }
        }
        switch outcome {
        case .finished, .signalled:
            logger.notice("stopped")
            return 0
        case .failed(let error):
            logger.critical("failed: \(error)")
            return Self.exitFailure
        }
    }
}
