internal import CProtobuf

/// What a process is.
public enum Role: UInt32, Sendable {
    case router = 1
    case expertWorker = 2
    case knowledgeStore = 3
    case aligner = 4
    case expertEditor = 5
    case meshctl = 6
}

/// Who is at the other end. The first message in both directions.
public struct Hello: Request {
    public static let kind = MessageKind.hello
    public typealias Reply = Hello

    public var role: Role
    public var name: String
    public var protocolVersionMin: Int
    public var protocolVersionMax: Int
    /// Kernel family and version: processes of one class compute equal bits.
    public var numericClass: String
    /// Memory offered for experts.
    public var capacityBytes: Int
    public var coreCount: Int
    /// Measured.
    public var memoryBytesPerSecond: Int
    /// The machine: two copies of an expert prefer two hosts.
    public var host: String
    /// Chosen at random when the process starts, so that it is known at whatever address; 0 where
    /// nobody needs it.
    public var instance: UInt64

    public init(
        role: Role, name: String, protocolVersionMin: Int = 1, protocolVersionMax: Int = 1,
        numericClass: String = "", capacityBytes: Int = 0, coreCount: Int = 0,
        memoryBytesPerSecond: Int = 0, host: String = "", instance: UInt64 = 0
    ) {
        self.role = role
        self.name = name
        self.protocolVersionMin = protocolVersionMin
        self.protocolVersionMax = protocolVersionMax
        self.numericClass = numericClass
        self.capacityBytes = capacityBytes
        self.coreCount = coreCount
        self.memoryBytesPerSecond = memoryBytesPerSecond
        self.host = host
        self.instance = instance
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension Hello: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__Hello>) {
        unsafe mesh__hello__init(message)
    }

    func fill(_ message: inout Mesh__Hello, _ arena: inout Arena) {
        unsafe message.role = Mesh__Role(rawValue: role.rawValue)
        unsafe message.name = arena.text(name)
        unsafe message.protocol_version_min = UInt32(protocolVersionMin)
        unsafe message.protocol_version_max = UInt32(protocolVersionMax)
        unsafe message.numeric_class = arena.text(numericClass)
        unsafe message.capacity_bytes = UInt64(capacityBytes)
        unsafe message.core_count = UInt32(coreCount)
        unsafe message.memory_bytes_per_second = UInt64(memoryBytesPerSecond)
        unsafe message.host = arena.text(host)
        unsafe message.instance = instance
    }

    init(reading message: Mesh__Hello) throws(WireError) {
        self.init(
            role: try unsafe Read.choice(message.role.rawValue, "role"),
            name: try unsafe Read.text(message.name, "name"),
            protocolVersionMin: unsafe Int(message.protocol_version_min),
            protocolVersionMax: unsafe Int(message.protocol_version_max),
            numericClass: try unsafe Read.text(message.numeric_class, "numericClass"),
            capacityBytes: try unsafe Read.integer(message.capacity_bytes, "capacityBytes"),
            coreCount: unsafe Int(message.core_count),
            memoryBytesPerSecond: try unsafe Read.integer(
                message.memory_bytes_per_second, "memoryBytesPerSecond"),
            host: try unsafe Read.text(message.host, "host"),
            instance: unsafe message.instance)
    }
}

/// Asks for a sign of life; answered with itself.
public struct Ping: Request {
    public static let kind = MessageKind.ping
    public typealias Reply = Ping

    public init() {}

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension Ping: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__Ping>) {
        unsafe mesh__ping__init(message)
    }

    func fill(_ message: inout Mesh__Ping, _ arena: inout Arena) {}

    init(reading message: Mesh__Ping) { self.init() }
}
