internal import CEvent
internal import Glibc

/// A `sockaddr` with its length: what `bind` and `connect` take.
struct SystemAddress: Sendable {
    let family: CInt
    private let bytes: [UInt8]

    func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("an address has bytes") }
            return unsafe base.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(buffer.count))
            }
        }
    }

    init(unixPath path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { space in
            unsafe space.copyBytes(from: path.utf8.prefix(space.count - 1))
        }
        family = AF_UNIX
        bytes = unsafe withUnsafeBytes(of: &address) { unsafe [UInt8]($0) }
    }

    private init(_ info: addrinfo) {
        family = unsafe info.ai_family
        bytes = unsafe [UInt8](
            UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen)))
    }

    /// Every address of a host, best first. Blocks: call it on the resolver's loop unless the host
    /// is numeric.
    static func resolve(host: String, port: UInt16, numericOnly: Bool) throws(TransportError)
        -> [SystemAddress]
    {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_NUMERICSERV | (numericOnly ? AI_NUMERICHOST : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else {
            let reason = unsafe String(cString: gai_strerror(status))
            throw .unresolvable(host: host, reason: reason)
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SystemAddress] = []
        var next = unsafe list
        while let info = unsafe next {
            unsafe addresses.append(SystemAddress(info.pointee))
            unsafe next = info.pointee.ai_next
        }
        return addresses
    }

    /// The address with its host in numbers; nil when it is not one of the internet's.
    func numeric(port: UInt16) -> SocketAddress? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { host in
            guard let text = host.baseAddress else { return nil }
            let status = unsafe withSockaddr {
                unsafe getnameinfo($0, $1, text, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
            }
            return status == 0 ? .tcp(host: unsafe String(cString: text), port: port) : nil
        }
    }

    /// The port that the system has chosen for a listening socket.
    static func port(of descriptor: CInt) -> UInt16 {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            let status = unsafe base.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &size)
            }
            // Port and family are at the same place in IPv4 and IPv6.
            return status == 0
                ? UInt16(bigEndian: unsafe bytes.load(fromByteOffset: 2, as: UInt16.self)) : 0
        }
    }
}
