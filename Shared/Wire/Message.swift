/// A value that can travel in the body of a frame.
public protocol Message: Sendable, Equatable {
    /// The byte in the frame header that says which message the body holds.
    static var kind: MessageKind { get }

    /// The message in protobuf's encoding.
    func encoded() -> [UInt8]

    /// Reads hostile bytes. Memory is bounded by a small multiple of their length, whatever they
    /// claim.
    init(decoding bytes: [UInt8]) throws(WireError)
}

/// A message that asks for another one.
public protocol Request: Message {
    associatedtype Reply: Message
}
