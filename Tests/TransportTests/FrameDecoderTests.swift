import Testing

@testable import Transport

@Suite struct FrameDecoderTests {
    /// Three frames that between them have every section: body, padding, attachment, and none of
    /// them.
    static let frames = [
        Frame(
            kind: 56, requestID: 7, deadlineMilliseconds: 250, traceID: 0x0102_0304_0506_0708,
            body: [1, 2, 3]),
        Frame(kind: 2, flags: .reply, requestID: 0),
        Frame(
            kind: 20, flags: [.reply, .more], requestID: .max,
            body: [UInt8](repeating: 9, count: 40),
            attachment: Attachment((0..<100).map(UInt8.init))),
    ]
    static let bytes = frames.flatMap(\.wireBytes)

    @Test func `the bytes on the wire are those of the documentation`() {
        let frame = Frame(
            kind: 56, flags: .reply, requestID: 0x0403_0201, deadlineMilliseconds: 5, traceID: 6,
            body: [0xaa],
            attachment: Attachment([0xbb]))
        let expected: [UInt8] =
            [0x58, 0x4d, 0x53, 0x48, 2, 56, 1, 0, 1, 2, 3, 4, 1, 0, 0, 0]
            + [1, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]
            + [0x83, 0xe4, 0xed, 0x97, 0x8c, 0x17, 0x7b, 0xf9]
            + [0xaa] + [UInt8](repeating: 0, count: 23) + [0xbb]
        #expect(frame.written == expected)
        #expect(frame.wireBytes == expected)
    }

    @Test func `frames come out alike wherever the stream is cut`() throws {
        for cut in 0...Self.bytes.count {
            var decoder = FrameDecoder(limits: .open)
            var decoded: [Frame] = []
            try decoder.decode([UInt8](Self.bytes[..<cut]), into: &decoded)
            try decoder.decode([UInt8](Self.bytes[cut...]), into: &decoded)
            #expect(decoded.map(\.wireBytes) == Self.frames.map(\.wireBytes), "cut at \(cut)")
            #expect(decoder.isBetweenFrames)
        }
    }

    @Test func `frames come out alike when bytes arrive one at a time`() throws {
        var decoder = FrameDecoder(limits: .open)
        var decoded: [Frame] = []
        for byte in Self.bytes { try decoder.decode([byte], into: &decoded) }
        #expect(decoded.map(\.wireBytes) == Self.frames.map(\.wireBytes))
    }

    @Test func `a stream that ends within a frame is known to be truncated`() throws {
        let boundaries = Self.frames.reduce(into: [0]) {
            $0.append($0[$0.count - 1] + $1.wireBytes.count)
        }
        for end in 0...Self.bytes.count {
            var decoder = FrameDecoder(limits: .open)
            var decoded: [Frame] = []
            try decoder.decode([UInt8](Self.bytes[..<end]), into: &decoded)
            #expect(decoder.isBetweenFrames == boundaries.contains(end), "end at \(end)")
        }
    }

    @Test func `a long attachment can be read in place, in pieces of any size`() throws {
        let attachment = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let bytes = Frame(kind: 20, requestID: 1, body: [5], attachment: Attachment(attachment))
            .wireBytes
        var decoder = FrameDecoder(limits: .open)
        var decoded: [Frame] = []
        var position = 100
        try decoder.decode([UInt8](bytes[..<position]), into: &decoded)
        while decoded.isEmpty {
            let count = try unsafe decoder.readDirectly(into: &decoded) { space in
                let piece = bytes[position...].prefix(min(7777, space.count))
                unsafe space.copyBytes(from: piece)
                return piece.count
            }
            guard let count else { break }
            position += count
        }
        try decoder.decode([UInt8](bytes[position...]), into: &decoded)
        #expect(decoded.map(\.attachment.bytes) == [attachment])
    }

    @Test(arguments: [
        (0, UInt8(0), FrameError.notAFrame(magic: 0x4853_4d00)), (4, 1, .unknownVersion(1)),
        (6, 16, .unknownFlags(16)), (7, 128, .unknownFlags(0x8000)),
        (15, 1, .bodyTooLong(0x0100_0003, max: 1 << 20)),
        (19, 0x10, .attachmentTooLong(0x1000_0000, max: 64 << 20)),
    ])
    func `a wrong header is refused by name`(offset: Int, value: UInt8, error: FrameError) {
        var bytes = Self.frames[0].wireBytes
        bytes[offset] = value
        bytes.sealHeader()
        var decoder = FrameDecoder(limits: .open)
        var decoded: [Frame] = []
        #expect(throws: error) { try decoder.decode(bytes, into: &decoded) }
        #expect(decoded.isEmpty)
    }

    @Test func `before Hello four kilobytes are the most, and no attachment`() throws {
        func decode(_ frame: Frame) throws -> [Frame] {
            var decoder = FrameDecoder(limits: .beforeHello)
            var decoded: [Frame] = []
            try decoder.decode(frame.wireBytes, into: &decoded)
            return decoded
        }
        #expect(
            try decode(Frame(kind: 1, requestID: 1, body: [UInt8](repeating: 0, count: 4096))).count
                == 1)
        #expect(throws: FrameError.bodyTooLong(4097, max: 4096)) {
            try decode(Frame(kind: 1, requestID: 1, body: [UInt8](repeating: 0, count: 4097)))
        }
        #expect(throws: FrameError.attachmentTooLong(1, max: 0)) {
            try decode(Frame(kind: 1, requestID: 1, attachment: Attachment([0])))
        }
    }

    @Test func `padding that hides something is refused`() {
        var bytes = Self.frames[2].wireBytes
        bytes[FrameHeader.byteCount + 40] = 1
        bytes.seal()
        var decoder = FrameDecoder(limits: .open)
        var decoded: [Frame] = []
        #expect(throws: FrameError.paddingNotZero) { try decoder.decode(bytes, into: &decoded) }
    }

    @Test func `every attachment starts at a multiple of 64`() {
        for count in 0...130 {
            let frame = Frame(
                kind: 1, requestID: 1, body: [UInt8](repeating: 1, count: count),
                attachment: Attachment([7]))
            let header = FrameHeader(of: frame)
            #expect((FrameHeader.byteCount + count + header.paddingByteCount) % 64 == 0)
            #expect(frame.wireBytes.count == FrameHeader.byteCount + header.restByteCount)
        }
    }
}

