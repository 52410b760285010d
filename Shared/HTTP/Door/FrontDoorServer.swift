public import Logging

/// What the front door grants its clients.
public struct FrontDoorLimits: Sendable {
    public var server = ServerLimits()
    /// A request of JSON: a long conversation is tens of kilobytes.
    public var requestByteCountMax = 4 << 20
    /// A file to be uploaded, with its form around it. It is held in memory while it arrives.
    public var uploadByteCountMax = 32 << 20
    /// A streamed answer that has nothing to say for so long, says so. The default idle time of
    /// common proxies is a minute.
    public var silenceTimeMax = Duration.seconds(10)

    public init() {}
}

/// The door, open.
public enum FrontDoorServer {
    /// - Parameters:
    ///   - keys: who may; nil lets everyone, which only a loopback address should.
    ///   - clock: measures the silence of streams.
    public static func start(
        _ door: FrontDoor, on address: ListenAddress, keys: APIKeys? = nil,
        limits: FrontDoorLimits = FrontDoorLimits(), logger: Logger,
        clock: any Clock<Duration> = ContinuousClock()
    ) async throws(HTTPServerError) -> HTTPServer {
        var server = limits.server
        server.bodyByteCountMax = limits.requestByteCountMax
        let table = RouteTable(routes(door, limits, clock))
        return try await HTTPServer.start(on: address, limits: server, logger: logger, keys: keys) {
            table
        }
    }

    private static func routes(
        _ door: FrontDoor, _ limits: FrontDoorLimits, _ clock: any Clock<Duration>
    ) -> [Route] {
        let signOfLife = SignOfLife(interval: limits.silenceTimeMax, clock: clock)
        let generation = GenerationRoutes(engine: door.engine, signOfLife: signOfLife)
        let answers = AnswerRoutes(
            engine: door.engine, hasLibrary: door.library != nil, signOfLife: signOfLife)
        let library = LibraryShelf(library: door.library)
        let files = FileRoutes(shelf: library, uploadByteCountMax: limits.uploadByteCountMax)
        let stores = VectorStoreRoutes(shelf: library)
        return generation.all + answers.all + files.all + stores.all
    }
}
