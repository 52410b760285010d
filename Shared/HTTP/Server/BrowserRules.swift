internal import NIOHTTP1

/// Keeps pages of the web away from a server that no key guards. A browser lets any page send
/// requests to this machine; without a key that would be enough to read files and to use the model.
struct BrowserRules: Sendable {
    /// False where a key is asked for: then a page has nothing that a stranger has not.
    let isActive: Bool
    /// Whether the server can only be reached from this machine, so that only its names are right.
    let isLoopback: Bool

    func check(_ head: HTTPRequestHead) throws(Refusal) {
        guard isActive else { return }
        // Browsers name the page that sends a request; programs do not.
        guard !head.headers.contains(name: "origin") else {
            throw Refusal(
                status: 403,
                message: "requests from web pages need an API key, and none is configured",
                code: "origin_refused")
        }
        // A page may also let its own name point to this machine: then the name gives it away.
        guard !isLoopback || head.headers["host"].allSatisfy(Self.isOwnName) else {
            throw Refusal(
                status: 421,
                message: "without an API key only localhost and 127.0.0.1 are answered",
                code: "host_refused")
        }
    }

    /// - Parameter host: with or without a port.
    static func isOwnName(_ host: String) -> Bool {
        if host.hasPrefix("[") { return host.prefix { $0 != "]" } == "[::1" }
        let name = String(host.prefix { $0 != ":" }).lowercased()
        let isNumeric = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".")
        }
        return name == "localhost" || (isNumeric && name.hasPrefix("127."))
    }
}
