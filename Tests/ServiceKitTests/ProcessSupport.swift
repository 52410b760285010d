import FoundationEssentials
import HTTP
import JSON
import NIOCore
import NIOPosix

func temporaryPath() -> String {
    "/tmp/service-kit-\(RandomIdentifier.hex(byteCount: 8)).json"
}

/// The ready file's content, as soon as it is there: a rename in the directory, so looking again is
/// the only way to wait.
func readyContent(_ path: String) async throws -> JSONValue {
    while !FileManager.default.fileExists(atPath: path) { await Task.yield() }
    return try JSONValue(parsing: Array(Data(contentsOf: URL(filePath: path))))
}

func waitForReason(_ reason: String, of content: JSONValue) async throws {
    let address = content["adminAddress"]?.string ?? ""
    while try await !fetch("/readyz", at: address).contains(reason) { await Task.yield() }
}

/// The whole response to one GET, head included.
func fetch(_ path: String, at address: String) async throws -> String {
    let parts = address.split(separator: ":")
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: String(parts[0]), port: Int(parts[1]) ?? 0) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    return try await channel.executeThenClose { inbound, outbound in
        let request = "GET \(path) HTTP/1.1\r\nhost: \(address)\r\nconnection: close\r\n\r\n"
        try await outbound.write(ByteBuffer(string: request))
        var response = ByteBuffer()
        for try await var bytes in inbound { response.writeBuffer(&bytes) }
        return String(buffer: response)
    }
}
