internal import Glibc

/// A program of the mesh. Its `init` is the composition root: the one place where configuration
/// becomes connected parts.
public protocol Service: Sendable {
    associatedtype Configuration: ServiceConfiguration

    /// The program's name: `router`.
    static var name: String { get }
    /// One sentence for `--help`.
    static var summary: String { get }
    /// Where the admin port listens unless the operator says otherwise.
    static var adminAddress: String { get }

    /// Builds the service and binds its sockets; announces them by `context.announce`.
    init(configuration: Configuration, context: ServiceContext) async throws

    /// Works until drained or cancelled.
    func run() async throws

    /// Takes nothing new, finishes what is in flight within `grace`, then lets `run` return.
    func drain(within grace: Duration) async

    /// Asked by `/readyz`. Must answer within two seconds.
    var health: HealthReport { get async }
}

/// The project's version, as `--version` and the ready file say it.
public let expertMeshVersion = "0.1.0"

/// Runs a service as this process: configuration, logs, metrics, admin port, signals, drain, exit
/// code. `main.swift` needs nothing else. Exits 0 when stopped as asked, 1 when failed, 64 when the
/// configuration is wrong.
@concurrent
public func serve<S: Service>(_: S.Type) async -> Never {
    exit(await ServiceProcess<S>.run(arguments: Array(CommandLine.arguments.dropFirst())))
}
