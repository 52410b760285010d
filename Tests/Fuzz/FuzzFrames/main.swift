import FuzzDriver
import Transport
import Wire

/// Every message that a stranger may send, read and written again.
let decoders: [UInt8: @Sendable ([UInt8]) -> Void] = [
    decoder(Hello.self), decoder(Ping.self), decoder(Fault.self), decoder(OfferArtifacts.self),
    decoder(AssignExperts.self), decoder(AssignExpertsReply.self), decoder(ExpertDispatch.self),
    decoder(ExpertCombine.self), decoder(WorkerStatusReply.self), decoder(UpsertDocument.self),
    decoder(UpsertDocumentReply.self), decoder(DeleteDocument.self), decoder(ListDocuments.self),
    decoder(ListDocumentsReply.self), decoder(Search.self), decoder(SearchReply.self),
    decoder(Embed.self),
    decoder(FetchSource.self), decoder(FetchSourceReply.self), decoder(HealthReply.self),
].reduce(into: [:]) { $0[$1.0] = $1.1 }

nonisolated func decoder<M: Message>(_ type: M.Type) -> (UInt8, @Sendable ([UInt8]) -> Void) {
    (
        M.kind.rawValue,
        { body in
            // Throwing is right; only a trap is a find, or a message that does not survive writing.
            guard let message = try? M(decoding: body) else { return }
            let again = try? M(decoding: message.encoded())
            // NaN is not equal to itself, so the bytes are compared.
            precondition(again?.encoded() == message.encoded())
        }
    )
}

fuzz { bytes in
    // The first byte says where the stream is cut in two.
    let cut = min(Int(bytes.first ?? 0), bytes.count)
    var frames: [Frame] = []
    var decoder = FrameDecoder(
        limits: FrameLimits(bodyByteCountMax: 4096, attachmentByteCountMax: 4096))
    do {
        try decoder.decode([UInt8](bytes[..<cut]), into: &frames)
        try decoder.decode([UInt8](bytes[cut...]), into: &frames)
    } catch {}
    for frame in frames { decoders[frame.kind]?(frame.body) }
    // And as a body, without the luck of a right header.
    for decode in decoders.values { decode(bytes) }
}
