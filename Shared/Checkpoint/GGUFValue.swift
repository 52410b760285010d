/// A metadata value of a GGUF file. Every integer width becomes `Int`, both float widths become
/// `Double`.
public enum GGUFValue: Sendable, Equatable {
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case string(String)
    case integers([Int])
    case numbers([Double])
    case booleans([Bool])
    case strings([String])

    /// The value of `.integer`, else nil.
    public var integer: Int? { if case .integer(let value) = self { value } else { nil } }
    /// The value of `.boolean`, else nil.
    public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    /// The value of `.string`, else nil.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The values of `.integers`, else nil.
    public var integers: [Int]? { if case .integers(let value) = self { value } else { nil } }
    /// The values of `.numbers`, else nil.
    public var numbers: [Double]? { if case .numbers(let value) = self { value } else { nil } }
    /// The values of `.booleans`, else nil.
    public var booleans: [Bool]? { if case .booleans(let value) = self { value } else { nil } }
    /// The values of `.strings`, else nil.
    public var strings: [String]? { if case .strings(let value) = self { value } else { nil } }

    /// A float, or an integer as one.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}

/// The type codes of the format.
enum GGUFValueType: UInt32 {
    case uint8 = 0, int8, uint16, int16, uint32, int32, float32, bool, string, array
    case uint64, int64, float64

    /// The fewest bytes that a value takes.
    var byteCountMin: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .string, .uint64, .int64, .float64: 8
        case .array: 12
        }
    }
}

extension ByteReader {
    /// Type code, then the value.
    mutating func ggufValue() throws(CheckpointError) -> GGUFValue {
        let type = try ggufValueType()
        switch type {
        case .array: return try ggufArray()
        case .string: return .string(try string(byteCountMax: GGUFFile.stringByteCountMax))
        case .bool: return .boolean(try ggufBoolean())
        case .float32, .float64: return .number(try ggufNumber(type))
        default: return .integer(try ggufInteger(type))
        }
    }

    private mutating func ggufArray() throws(CheckpointError) -> GGUFValue {
        let type = try ggufValueType()
        let count = try count(
            of: "array elements", byteCountMin: type.byteCountMin,
            max: GGUFFile.arrayElementCountMax)
        switch type {
        case .array: throw malformed("array of arrays")
        case .string:
            return .strings(
                try elements(count) { (reader) throws(CheckpointError) in
                    try reader.string(byteCountMax: GGUFFile.stringByteCountMax)
                })
        case .bool:
            return .booleans(
                try elements(count) { (reader) throws(CheckpointError) in
                    try reader.ggufBoolean()
                })
        case .float32, .float64:
            return .numbers(
                try elements(count) { (reader) throws(CheckpointError) in
                    try reader.ggufNumber(type)
                })
        default:
            return .integers(
                try elements(count) { (reader) throws(CheckpointError) in
                    try reader.ggufInteger(type)
                })
        }
    }

    private mutating func elements<Element>(
        _ count: Int, _ read: (inout ByteReader) throws(CheckpointError) -> Element
    ) throws(CheckpointError) -> [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }

    private mutating func ggufValueType() throws(CheckpointError) -> GGUFValueType {
        let code = try integer(UInt32.self)
        guard let type = GGUFValueType(rawValue: code) else {
            throw malformed("unknown value type \(code)")
        }
        return type
    }

    private mutating func ggufBoolean() throws(CheckpointError) -> Bool {
        let byte = try integer(UInt8.self)
        guard byte <= 1 else { throw malformed("\(byte) is not a boolean") }
        return byte == 1
    }

    private mutating func ggufNumber(_ type: GGUFValueType) throws(CheckpointError) -> Double {
        if type == .float64 { return Double(bitPattern: try integer()) }
        return Double(Float(bitPattern: try integer()))
    }

    private mutating func ggufInteger(_ type: GGUFValueType) throws(CheckpointError) -> Int {
        switch type {
        case .uint8: return Int(try integer(UInt8.self))
        case .int8: return Int(try integer(Int8.self))
        case .uint16: return Int(try integer(UInt16.self))
        case .int16: return Int(try integer(Int16.self))
        case .uint32: return Int(try integer(UInt32.self))
        case .int32: return Int(try integer(Int32.self))
        case .int64: return Int(try integer(Int64.self))
        default:
            let value = try integer(UInt64.self)
            guard let value = Int(exactly: value) else {
                throw malformed("the integer \(value) is larger than \(Int.max)")
            }
            return value
        }
    }
}
