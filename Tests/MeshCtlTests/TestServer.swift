internal import HTTP
internal import Logging

@testable internal import MeshCtl

/// Runs the body with a client of a server that has these routes.
func withServer(
    _ routes: [Route], _ body: (MeshClient) async throws -> Void
) async throws {
    let table = RouteTable(routes)
    let server = try await HTTPServer.start(
        on: ListenAddress(host: "127.0.0.1", port: 0), logger: Logger(label: "test")
    ) { table }
    try await body(MeshClient(url: "http://\(server.address)"))
    await server.drain(within: .seconds(1))
}
