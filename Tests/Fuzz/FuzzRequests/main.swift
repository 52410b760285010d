import FuzzDriver
import JSON

@testable import HTTP

/// Every body that a client may send, by what reads it.
let decoders: [@Sendable ([UInt8]) throws -> Void] = [
    { _ = try ChatRequest(body: $0) },
    { _ = try CompletionRequest(body: $0) },
    { _ = try EmbeddingsCall(body: $0) },
    { _ = try ResponsesRequest(body: $0) },
    { _ = try VectorStoreFields(body: $0, isNew: true) },
    { _ = try FileAttachment(body: $0) },
    { _ = try FileAttachment.batch(body: $0) },
    { _ = try SearchBody(body: $0) },
    { _ = try FileUpload(contentType: "multipart/form-data; boundary=b", body: $0) },
    { _ = HeaderParameters(String(decoding: $0, as: UTF8.self)) },
    { _ = RequestTarget(String(decoding: $0, as: UTF8.self)) },
    { _ = ListenAddress(String(decoding: $0, as: UTF8.self)) },
]

fuzz { bytes in
    // Throwing is right; only a trap is a find, or a value that does not survive writing.
    if let value = try? JSONValue(parsing: bytes) {
        let again = try? JSONValue(parsing: value.encoded())
        precondition(again == value)
    }
    for decode in decoders { try? decode(bytes) }
}
