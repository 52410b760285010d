internal import CProtobuf

/// No message needs more elements in one field; a body of a megabyte could otherwise hold half a
/// million.
let elementCountMax = 65_536

/// Checked copies out of a protobuf-c struct. Each names its field in the error.
enum Read {
    static func text(_ data: ProtobufCBinaryData, _ field: String) throws(WireError) -> String {
        let bytes = unsafe UnsafeBufferPointer(start: data.data, count: data.len)
        guard let text = unsafe String(validating: bytes, as: UTF8.self) else {
            throw .notUTF8(field: field)
        }
        return text
    }

    static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
        unsafe [UInt8](UnsafeBufferPointer(start: data.data, count: data.len))
    }

    static func digest(_ data: ProtobufCBinaryData) throws(WireError) -> [UInt8] {
        guard unsafe data.len == 32 else { throw unsafe .digestByteCount(data.len) }
        return unsafe bytes(data)
    }

    /// Empty where there is none.
    static func digestIfAny(_ data: ProtobufCBinaryData) throws(WireError) -> [UInt8] {
        unsafe data.len == 0 ? [] : try unsafe digest(data)
    }

    static func numbers<T>(
        _ values: UnsafeMutablePointer<T>?, _ count: Int, _ field: String
    ) throws(WireError) -> [T] {
        try check(count, field)
        return unsafe [T](UnsafeBufferPointer(start: values, count: count))
    }

    static func texts(
        _ values: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int, _ field: String
    ) throws(WireError) -> [String] {
        try unsafe elements(values, count, field) { value throws(WireError) in
            try unsafe text(value, field)
        }
    }

    static func digests(
        _ values: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int, _ field: String
    ) throws(WireError) -> [[UInt8]] {
        try unsafe elements(values, count, field) { value throws(WireError) in
            try unsafe digest(value)
        }
    }

    static func messages<M: Coded>(
        _ values: UnsafeMutablePointer<UnsafeMutablePointer<M.Struct>?>?, _ count: Int,
        _ field: String
    ) throws(WireError) -> [M] {
        try unsafe elements(values, count, field) { value throws(WireError) in
            guard let message = unsafe value else { throw .missing(field: field) }
            return try unsafe M(reading: message.pointee)
        }
    }

    static func integer(_ value: UInt64, _ field: String) throws(WireError) -> Int {
        guard let integer = Int(exactly: value) else { throw .outOfRange(field: field) }
        return integer
    }

    static func choice<C: RawRepresentable<UInt32>>(
        _ value: UInt32, _ field: String
    ) throws(WireError) -> C {
        guard let choice = C(rawValue: value) else {
            throw .unknownChoice(field: field, value: value)
        }
        return choice
    }

    private static func elements<T, Element>(
        _ values: UnsafeMutablePointer<T>?, _ count: Int, _ field: String,
        _ read: (T) throws(WireError) -> Element
    ) throws(WireError) -> [Element] {
        try check(count, field)
        guard let values = unsafe values else { return [] }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for index in 0..<count { elements.append(try unsafe read(values[index])) }
        return elements
    }

    private static func check(_ count: Int, _ field: String) throws(WireError) {
        guard count <= elementCountMax else {
            throw .tooMany(field: field, count: count, max: elementCountMax)
        }
    }
}
