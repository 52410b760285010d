import Testing

@testable import Transport

/// Bits that flip on the way: nothing of the frame is used, and the decoder says why.
@Suite struct CorruptionTests {
    static let frames = FrameDecoderTests.frames
    static let bytes = FrameDecoderTests.bytes

    /// What comes out of the bytes, taken in pieces of this size.
    static func decode(
        _ bytes: [UInt8], pieces: Int
    ) -> (frames: [[UInt8]], error: FrameError?) {
        var decoder = FrameDecoder(limits: .open)
        var frames: [Frame] = []
        do throws(FrameError) {
            for start in stride(from: 0, to: bytes.count, by: pieces) {
                try decoder.decode([UInt8](bytes[start...].prefix(pieces)), into: &frames)
            }
        } catch {
            return (frames.map(\.wireBytes), error)
        }
        return (frames.map(\.wireBytes), nil)
    }

    @Test func `whichever bit flips, the frames before it come out and nothing after it`() {
        var start = 0
        for (index, frame) in Self.frames.enumerated() {
            let before = Self.frames[..<index].map(\.wireBytes)
            for bit in (start * 8)..<((start + frame.wireBytes.count) * 8) {
                var bytes = Self.bytes
                bytes[bit / 8] ^= 1 << (bit % 8)
                let whole = Self.decode(bytes, pieces: bytes.count)
                #expect(whole.error != nil, "bit \(bit)")
                #expect(whole.frames == before, "bit \(bit)")
                let sliced = Self.decode(bytes, pieces: 1)
                #expect(sliced.error == whole.error && sliced.frames == before, "bit \(bit)")
            }
            start += frame.wireBytes.count
        }
    }

    /// A wrong length must be noticed at once: its bytes might never come.
    @Test func `a length that was changed is refused with the header alone`() {
        for bit in (12 * 8)..<(20 * 8) {
            var header = [UInt8](Self.bytes[..<FrameHeader.byteCount])
            header[bit / 8] ^= 1 << (bit % 8)
            #expect(Self.decode(header, pieces: header.count).error == .corruptHeader)
        }
    }

    @Test func `a flipped bit of an attachment that is read in place is found`() throws {
        let count = 100_000
        let attachment = Attachment(ConnectionTests.pattern(count))
        let bytes = Frame(kind: 20, requestID: 1, body: [5], attachment: attachment).wireBytes
        let attachmentStart = bytes.count - count
        for flipped in [attachmentStart, attachmentStart + 70_001, bytes.count - 1] {
            var bytes = bytes
            bytes[flipped] ^= 0x10
            #expect(throws: FrameError.corruptRest(byteCount: bytes.count - 40)) {
                try Self.readInPlace(bytes)
            }
        }
        #expect(try Self.readInPlace(bytes).map(\.wireBytes) == [bytes])
    }

    static func readInPlace(_ bytes: [UInt8]) throws -> [Frame] {
        var decoder = FrameDecoder(limits: .open)
        var frames: [Frame] = []
        var position = 64
        try decoder.decode([UInt8](bytes[..<position]), into: &frames)
        while let count = try unsafe decoder.readDirectly(
            into: &frames,
            { space in
                let piece = bytes[position...].prefix(min(33_333, space.count))
                unsafe space.copyBytes(from: piece)
                return piece.count
            })
        {
            position += count
        }
        try decoder.decode([UInt8](bytes[position...]), into: &frames)
        return frames
    }

    @Test func `a frame of layout version 1 is refused by its version`() {
        var bytes: [UInt8] = [0x58, 0x4d, 0x53, 0x48, 1, 1, 0, 0, 1, 0, 0, 0, 12]
        bytes += [UInt8](repeating: 0, count: 19 + 12)
        #expect(Self.decode(bytes, pieces: bytes.count).error == .unknownVersion(1))
    }

    @Test func `a connection closes on a changed byte, and hands out nothing of its frame`()
        async throws
    {
        for flipped in [FrameHeader.byteCount + 1, Self.bytes.count - 1] {
            var bytes = Self.bytes
            bytes[flipped] ^= 1
            let (frames, error) = try await ConnectionTests.ending(of: bytes)
            let isFirst = flipped < Self.frames[0].wireBytes.count
            #expect(frames.count == (isFirst ? 0 : 2))
            let rest = Self.frames[isFirst ? 0 : 2].wireBytes.count - FrameHeader.byteCount
            #expect(error == .badFrame(.corruptRest(byteCount: rest)))
        }
    }
}
