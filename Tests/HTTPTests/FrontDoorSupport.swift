import HTTP

/// Runs the whole front door over the doubles.
func withDoor<Result: Sendable>(
    _ engine: EchoEngine = EchoEngine(), library: (any DocumentLibrary)? = MemoryLibrary(),
    clock: any Clock<Duration> = ContinuousClock(),
    _ body: (RawClient) async throws -> Result
) async throws -> Result {
    let server = try await FrontDoorServer.start(
        FrontDoor(engine: engine, library: library), on: ListenAddress(host: "127.0.0.1", port: 0),
        logger: quietLogger, clock: clock)
    do {
        let result = try await body(RawClient(address: server.address))
        await server.drain(within: .milliseconds(10))
        return result
    } catch {
        await server.drain(within: .milliseconds(10))
        throw error
    }
}
