internal import CProtobuf

/// A message with its protobuf-c struct: the pairing from which `encoded()` and `init(decoding:)`
/// follow.
///
/// Structs of protobuf-c live inside `pack` and `unpack` and nowhere else.
protocol Coded: Sendable {
    associatedtype Struct

    /// The generated function that readies an empty struct.
    static func initialise(_ message: UnsafeMutablePointer<Struct>)

    /// Copies the fields into `message`; what needs memory takes it from `arena`.
    func fill(_ message: inout Struct, _ arena: inout Arena)

    /// Copies the fields out of `message`, checking each.
    init(reading message: Struct) throws(WireError)
}

func pack<M: Message & Coded>(_ message: M) -> [UInt8] {
    unsafe withUnsafeTemporaryAllocation(of: M.Struct.self, capacity: 1) { place in
        guard let filled = place.baseAddress else { return [] }
        var arena = Arena()
        defer { arena.free() }
        unsafe M.initialise(filled)
        unsafe message.fill(&filled.pointee, &arena)
        let base = unsafe UnsafeRawPointer(filled).assumingMemoryBound(to: ProtobufCMessage.self)
        let byteCount = unsafe protobuf_c_message_get_packed_size(base)
        // An empty message has no bytes, and an empty buffer no address.
        guard byteCount > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            count = unsafe buffer.baseAddress.map { unsafe protobuf_c_message_pack(base, $0) } ?? 0
        }
    }
}

func unpack<M: Message & Coded>(_ bytes: [UInt8]) throws(WireError) -> M {
    var budget = UnpackBudget(forBodyOf: bytes.count)
    let result: Result<M, WireError> = unsafe budget.withAllocator { allocator in
        unsafe bytes.withUnsafeBufferPointer { buffer in
            // Zero bytes are an empty message, but the library wants an address.
            var nothing: UInt8 = 0
            return unsafe withUnsafePointer(to: &nothing) { nowhere in
                let base = unsafe buffer.baseAddress ?? nowhere
                guard
                    let message = unsafe protobuf_c_message_unpack(
                        descriptor(of: M.self), allocator, buffer.count, base)
                else { return .failure(.malformed(M.kind)) }
                defer { unsafe protobuf_c_message_free_unpacked(message, allocator) }
                return unsafe message.withMemoryRebound(to: M.Struct.self, capacity: 1) {
                    unpacked in
                    do throws(WireError) {
                        return .success(try unsafe M(reading: unpacked.pointee))
                    } catch {
                        return .failure(error)
                    }
                }
            }
        }
    }
    return try result.get()
}

/// The generated description of a message, which the initialiser writes into every struct.
private func descriptor<M: Coded>(of type: M.Type) -> UnsafePointer<ProtobufCMessageDescriptor>? {
    unsafe withUnsafeTemporaryAllocation(of: M.Struct.self, capacity: 1) { buffer in
        guard let message = buffer.baseAddress else { return nil }
        unsafe M.initialise(message)
        return unsafe UnsafeRawPointer(message).load(as: ProtobufCMessage.self).descriptor
    }
}
