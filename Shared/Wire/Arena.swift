internal import CProtobuf
internal import Glibc

/// The memory that a message refers to while it is packed.
@safe struct Arena {
    private var blocks: [UnsafeMutableRawPointer] = unsafe []

    /// To be called once, when the message has been packed.
    func free() {
        for index in unsafe blocks.indices { unsafe Glibc.free(blocks[index]) }
    }

    /// A struct for `message`, filled.
    mutating func place<M: Coded>(_ message: M) -> UnsafeMutablePointer<M.Struct> {
        let place = unsafe allocate(M.Struct.self, count: 1)
        unsafe M.initialise(place)
        unsafe message.fill(&place.pointee, &self)
        return unsafe place
    }

    mutating func text(_ text: String) -> ProtobufCBinaryData {
        var text = text
        return text.withUTF8 { unsafe data($0) }
    }

    mutating func data(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        unsafe bytes.withUnsafeBufferPointer { unsafe data($0) }
    }

    /// A copy of plain numbers; nil when there are none.
    mutating func numbers<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T>? {
        guard !values.isEmpty else { return nil }
        let place = unsafe allocate(T.self, count: values.count)
        unsafe values.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress else { return }
            unsafe place.initialize(from: first, count: source.count)
        }
        return unsafe place
    }

    mutating func messages<M: Coded>(_ messages: [M]) -> UnsafeMutablePointer<
        UnsafeMutablePointer<M.Struct>?
    >? {
        guard !messages.isEmpty else { return nil }
        let table = unsafe allocate(UnsafeMutablePointer<M.Struct>?.self, count: messages.count)
        for (index, message) in messages.enumerated() {
            unsafe (table + index).initialize(to: place(message))
        }
        return unsafe table
    }

    mutating func texts(_ texts: [String]) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
        unsafe table(texts) { unsafe $0.text($1) }
    }

    mutating func datas(_ datas: [[UInt8]]) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
        unsafe table(datas) { unsafe $0.data($1) }
    }

    private mutating func table<T>(
        _ values: [T], _ convert: (inout Arena, T) -> ProtobufCBinaryData
    ) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
        guard !values.isEmpty else { return nil }
        let table = unsafe allocate(ProtobufCBinaryData.self, count: values.count)
        for (index, value) in values.enumerated() {
            unsafe (table + index).initialize(to: convert(&self, value))
        }
        return unsafe table
    }

    private mutating func data(_ bytes: UnsafeBufferPointer<UInt8>) -> ProtobufCBinaryData {
        guard let source = bytes.baseAddress, bytes.count > 0 else {
            return unsafe ProtobufCBinaryData(len: 0, data: nil)
        }
        let place = unsafe allocate(UInt8.self, count: bytes.count)
        unsafe place.initialize(from: source, count: bytes.count)
        return unsafe ProtobufCBinaryData(len: bytes.count, data: place)
    }

    private mutating func allocate<T>(_ type: T.Type, count: Int) -> UnsafeMutablePointer<T> {
        guard let block = unsafe malloc(count * MemoryLayout<T>.stride) else {
            preconditionFailure("out of memory while packing a message")
        }
        unsafe blocks.append(block)
        return unsafe block.bindMemory(to: type, capacity: count)
    }
}
