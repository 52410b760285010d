public import HTTP
public import JSON
public import Logging
internal import NIOConcurrencyHelpers

/// What the process offers its service.
public struct ServiceContext: Sendable {
    public let logger: Logger
    /// Add JSON operations here while the service is built.
    public let admin: AdminRoutes
    let addresses: Addresses

    /// Makes known where something listens, by a name such as `http` or `mesh`.
    /// Call it in `init`, once the socket is bound: the ready file is written when `init` returns.
    public func announce(_ name: String, address: String) {
        addresses.set(name, address)
        logger.notice("listening", metadata: ["name": "\(name)", "address": "\(address)"])
    }
}

/// The addresses that a process listens on, by name.
final class Addresses: Sendable {
    private let values = NIOLockedValueBox<[(name: String, address: String)]>([])

    func set(_ name: String, _ address: String) {
        values.withLockedValue { $0.append((name, address)) }
    }

    var json: JSONValue {
        .members(values.withLockedValue { $0 }.map { ($0.name, .string($0.address)) })
    }
}

/// The JSON operations that a service adds to its admin port.
public final class AdminRoutes: Sendable {
    private let routes = NIOLockedValueBox<[Route]>([])

    /// What answers an admin operation.
    public typealias Handler = @Sendable (IncomingRequest) async throws -> JSONValue

    /// - Parameter pattern: `/admin/experts`, with `{name}` segments where needed.
    public func get(_ pattern: String, _ handler: @escaping Handler) {
        add("GET", pattern, nil, handler)
    }

    /// The same for operations that change something.
    /// - Parameter bodyByteCountMax: bodies beyond it are answered 413; nil takes the port's limit.
    public func post(
        _ pattern: String, bodyByteCountMax: Int? = nil, _ handler: @escaping Handler
    ) {
        add("POST", pattern, bodyByteCountMax, handler)
    }

    /// The same for what is stored under a name that the client gives.
    public func put(
        _ pattern: String, bodyByteCountMax: Int? = nil, _ handler: @escaping Handler
    ) {
        add("PUT", pattern, bodyByteCountMax, handler)
    }

    /// The same for what is given up.
    public func delete(_ pattern: String, _ handler: @escaping Handler) {
        add("DELETE", pattern, nil, handler)
    }

    private func add(
        _ method: String, _ pattern: String, _ bodyByteCountMax: Int?, _ handler: @escaping Handler
    ) {
        add(
            Route(method, pattern, bodyByteCountMax: bodyByteCountMax) { request in
                .json(try await handler(request))
            })
    }

    /// An operation whose answer is not JSON.
    public func add(_ route: Route) { routes.withLockedValue { $0.append(route) } }

    var table: RouteTable { RouteTable(routes.withLockedValue { $0 }) }
}
