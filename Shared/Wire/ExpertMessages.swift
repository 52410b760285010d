internal import CProtobuf

/// How the numbers of an attachment are stored.
public enum ActivationType: UInt32, Sendable {
    case float32 = 1
}

/// What a worker does with the rows that its experts gave.
public enum Reduction: UInt32, Sendable {
    /// [rowCount, hiddenSize]: for each row the sum over the groups it is in.
    case partialSum = 1
    /// One weighted row per (group, row), in the order of the request: any placement gives equal
    /// bits.
    case perChoice = 2
}

/// One artifact and the rows it applies to, each with its gate weight.
public struct ExpertGroup: Sendable, Equatable {
    /// SHA-256 of the expert's artifact.
    public var digest: [UInt8]
    public var rows: [UInt32]
    public var weights: [Float]

    public init(digest: [UInt8], rows: [UInt32], weights: [Float]) {
        self.digest = digest
        self.rows = rows
        self.weights = weights
    }
}

extension ExpertGroup: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__ExpertGroup>) {
        unsafe mesh__expert_group__init(message)
    }

    func fill(_ message: inout Mesh__ExpertGroup, _ arena: inout Arena) {
        unsafe message.digest = arena.data(digest)
        unsafe message.n_rows = rows.count
        unsafe message.rows = arena.numbers(rows)
        unsafe message.n_weights = weights.count
        unsafe message.weights = arena.numbers(weights)
    }

    init(reading message: Mesh__ExpertGroup) throws(WireError) {
        self.init(
            digest: try unsafe Read.digest(message.digest),
            rows: try unsafe Read.numbers(message.rows, message.n_rows, "rows"),
            weights: try unsafe Read.numbers(message.weights, message.n_weights, "weights"))
    }
}

/// Rows for experts. Attachment: the rows, [rowCount, hiddenSize].
public struct ExpertDispatch: Request {
    public static let kind = MessageKind.expertDispatch
    public typealias Reply = ExpertCombine

    public var rowCount: Int
    public var hiddenSize: Int
    public var activationType: ActivationType
    public var reduction: Reduction
    public var groups: [ExpertGroup]

    public init(
        rowCount: Int, hiddenSize: Int, activationType: ActivationType = .float32,
        reduction: Reduction = .partialSum, groups: [ExpertGroup]
    ) {
        self.rowCount = rowCount
        self.hiddenSize = hiddenSize
        self.activationType = activationType
        self.reduction = reduction
        self.groups = groups
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension ExpertDispatch: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__ExpertDispatch>) {
        unsafe mesh__expert_dispatch__init(message)
    }

    func fill(_ message: inout Mesh__ExpertDispatch, _ arena: inout Arena) {
        unsafe message.row_count = UInt32(rowCount)
        unsafe message.hidden_size = UInt32(hiddenSize)
        unsafe message.activation_type = Mesh__ActivationType(rawValue: activationType.rawValue)
        unsafe message.reduction = Mesh__Reduction(rawValue: reduction.rawValue)
        unsafe message.n_groups = groups.count
        unsafe message.groups = arena.messages(groups)
    }

    init(reading message: Mesh__ExpertDispatch) throws(WireError) {
        self.init(
            rowCount: unsafe Int(message.row_count),
            hiddenSize: unsafe Int(message.hidden_size),
            activationType: try unsafe Read.choice(
                message.activation_type.rawValue, "activationType"),
            reduction: try unsafe Read.choice(message.reduction.rawValue, "reduction"),
            groups: try unsafe Read.messages(message.groups, message.n_groups, "groups"))
    }
}

/// The answer to a dispatch. Attachment: the sums, as the reduction says.
public struct ExpertCombine: Message {
    public static let kind = MessageKind.expertCombine

    public var rowCount: Int
    public var computeNanoseconds: Int

    public init(rowCount: Int, computeNanoseconds: Int) {
        self.rowCount = rowCount
        self.computeNanoseconds = computeNanoseconds
    }

    public func encoded() -> [UInt8] { unsafe pack(self) }
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try unsafe unpack(bytes) }
}

extension ExpertCombine: @unsafe Coded {
    static func initialise(_ message: UnsafeMutablePointer<Mesh__ExpertCombine>) {
        unsafe mesh__expert_combine__init(message)
    }

    func fill(_ message: inout Mesh__ExpertCombine, _ arena: inout Arena) {
        unsafe message.row_count = UInt32(rowCount)
        unsafe message.compute_nanoseconds = UInt64(computeNanoseconds)
    }

    init(reading message: Mesh__ExpertCombine) throws(WireError) {
        self.init(
            rowCount: unsafe Int(message.row_count),
            computeNanoseconds: try unsafe Read.integer(
                message.compute_nanoseconds, "computeNanoseconds"))
    }
}
