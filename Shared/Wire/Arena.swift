internal import CProtobuf
internal import Glibc

/// The memory that a message refers to while it is packed; freed with the arena.
@safe final class Arena {
    private var blocks: [UnsafeMutableRawPointer] = unsafe []

    deinit {
        for unsafe block in unsafe blocks { unsafe free(block) }
    }

    /// A struct for `message`, filled.
    func place<M: Coded>(_ message: M) -> UnsafeMutablePointer<M.Struct> {
        let place = unsafe allocate(M.Struct.self, count: 1)
        unsafe M.initialise(place)
        unsafe message.fill(&place.pointee, self)
        return unsafe place
    }

    func text(_ text: String) -> ProtobufCBinaryData {
        var text = text
        return text.withUTF8 { unsafe data($0) }
    }

    func data(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        unsafe bytes.withUnsafeBufferPointer { unsafe data($0) }
    }

    /// A copy of plain numbers; nil when there are none.
    func numbers<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T>? {
        guard !values.isEmpty else { return nil }
        let place = unsafe allocate(T.self, count: values.count)
        unsafe values.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress else { return }
            unsafe place.initialize(from: first, count: source.count)
        }
        return unsafe place
    }

    func messages<M: Coded>(_ messages: [M]) -> UnsafeMutablePointer<UnsafeMutablePointer<M.Struct>?>? {
        guard !messages.isEmpty else { return nil }
        let table = unsafe allocate(UnsafeMutablePointer<M.Struct>?.self, count: messages.count)
        for (index, message) in messages.enumerated() {
            unsafe (table + index).initialize(to: place(message))
        }
        return unsafe table
    }

    func texts(_ texts: [String]) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
        unsafe table(texts) { unsafe text($0) }
    }

    func datas(_ datas: [[UInt8]]) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
        unsafe table(datas) { unsafe data($0) }
    }

    private func table<T>(
        _ values: [T], _ convert: (T) -> ProtobufCBinaryData
    ) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
        guard !values.isEmpty else { return nil }
        let table = unsafe allocate(ProtobufCBinaryData.self, count: values.count)
        for (index, value) in values.enumerated() {
            unsafe (table + index).initialize(to: convert(value))
        }
        return unsafe table
    }

    private func data(_ bytes: UnsafeBufferPointer<UInt8>) -> ProtobufCBinaryData {
        guard let source = bytes.baseAddress, bytes.count > 0 else {
            return unsafe ProtobufCBinaryData(len: 0, data: nil)
        }
        let place = unsafe allocate(UInt8.self, count: bytes.count)
        unsafe place.initialize(from: source, count: bytes.count)
        return unsafe ProtobufCBinaryData(len: bytes.count, data: place)
    }

    private func allocate<T>(_ type: T.Type, count: Int) -> UnsafeMutablePointer<T> {
        guard let block = unsafe malloc(count * MemoryLayout<T>.stride) else {
            preconditionFailure("out of memory while packing a message")
        }
        unsafe blocks.append(block)
        return unsafe block.bindMemory(to: type, capacity: count)
    }
}
