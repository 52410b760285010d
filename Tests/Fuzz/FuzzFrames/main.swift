import CChecksum
import FuzzDriver
import Transport
import Wire

/// Every message that a stranger may send, read and written again.
let decoders: [UInt8: @Sendable ([UInt8]) -> Void] = [
    decoder(Hello.self), decoder(Ping.self), decoder(Fault.self), decoder(HoldArtifacts.self),
    decoder(HoldArtifactsReply.self), decoder(FetchArtifact.self),
    decoder(FetchArtifactReply.self), decoder(ExpertDispatch.self),
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

/// The stream with right checksums in the headers of its whole frames, and in the last one.
///
/// Nobody finds a right checksum by chance, so without this only wrong ones would be tested.
nonisolated func sealed(_ stream: [UInt8]) -> [UInt8] {
    var (bytes, start) = (stream, 0)
    while start + FrameHeader.byteCount <= bytes.count {
        let rest = restByteCount(of: bytes[start...])
        let end = min(start + FrameHeader.byteCount + rest, bytes.count)
        bytes.put(checksum(bytes[(start + FrameHeader.byteCount)..<end]), at: start + 32)
        bytes.put(checksum(bytes[start..<(start + 36)]), at: start + 36)
        start += FrameHeader.byteCount + rest
    }
    return bytes
}

nonisolated func restByteCount(of header: ArraySlice<UInt8>) -> Int {
    func number(_ offset: Int) -> Int {
        header[(header.startIndex + offset)...].prefix(4).reversed().reduce(0) {
            $0 << 8 | Int($1)
        }
    }
    let (body, attachment) = (number(12), number(16))
    let end = FrameHeader.byteCount + body
    return attachment == 0 ? body : body + (64 - end % 64) % 64 + attachment
}

nonisolated func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    unsafe bytes.withUnsafeBytes { unsafe cc_crc32c(0, $0.baseAddress, $0.count) }
}

extension [UInt8] {
    nonisolated mutating func put(_ number: UInt32, at offset: Int) {
        for index in 0..<4 {
            self[offset + index] = UInt8(truncatingIfNeeded: number >> (8 * index))
        }
    }
}

fuzz { input in
    // The first byte says where the stream is cut in two, the last whether its checksums are
    // right.
    let bytes = (input.last ?? 0) % 8 == 0 ? input : sealed(input)
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
    for decode in decoders.values { decode(input) }
}
