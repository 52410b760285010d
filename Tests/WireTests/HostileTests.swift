import Testing

@testable import Wire

/// Bytes that are meant to hurt: each is refused, in bounded memory, and the process lives.
@Suite struct HostileTests {
    @Test(arguments: [
        // Field 2 of HoldArtifactsReply: empty sub-messages, of which each would cost a hundred
        // bytes of heap.
        ("empty sub-messages", [UInt8]([0x12, 0x00]), 500_000),
        ("unknown fields", [0x78, 0x00], 500_000),
        ("unknown fields with content", [0x7a, 0x03, 1, 2, 3], 200_000),
    ])
    func `amplifiers are stopped by the budget`(name: String, unit: [UInt8], count: Int) {
        let body = [UInt8](repeatedly: unit, count: count)
        #expect(throws: WireError.malformed(.holdArtifactsReply)) {
            try HoldArtifactsReply(decoding: body)
        }
    }

    @Test func `more numbers than any message needs are refused by their count`() {
        // Fields 1 and 2 of a group, field 5 of a dispatch: 70,000 row numbers of one byte.
        let digest = [0x0a, 32] + [UInt8](repeating: 0, count: 32)
        let group = digest + [0x12, 0xf0, 0xa2, 0x04] + [UInt8](repeating: 1, count: 70_000)
        let dispatch = [0x18, 0x01, 0x20, 0x01, 0x2a, 0x96, 0xa3, 0x04] + group
        #expect(throws: WireError.tooMany(field: "rows", count: 70_000, max: 65_536)) {
            try ExpertDispatch(decoding: dispatch)
        }
    }

    @Test func `packed numbers grow eightfold at most and pass`() throws {
        let rows = [UInt32](repeating: 1, count: 60_000)
        let dispatch = ExpertDispatch(
            rowCount: 60_000, hiddenSize: 8,
            groups: [ExpertGroup(digest: RoundTripTests.digest, rows: rows, weights: [])])
        #expect(try ExpertDispatch(decoding: dispatch.encoded()) == dispatch)
    }

    @Test(arguments: [
        ("a length of 4 GB", [UInt8]([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3])),
        (
            "a length of 2^63",
            [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3]
        ),
        ("a varint that never ends", [0x18] + [UInt8](repeating: 0xff, count: 64)),
        ("a group, which nobody may send any more", [0x0b, 0x0c]),
        ("field number zero", [0x00, 0x00]),
        ("a length that ends within itself", [0x12, 0x80]),
        ("a text cut short", [0x12, 0x05, 0x61]),
    ])
    func `lies about lengths are refused`(name: String, body: [UInt8]) {
        #expect(throws: WireError.malformed(.hello)) { try Hello(decoding: body) }
    }

    @Test func `text that is not UTF-8 is refused, with its field's name`() {
        #expect(throws: WireError.notUTF8(field: "query")) {
            try Search(decoding: [0x12, 0x02, 0xc3, 0x28, 0x20, 0x01])
        }
    }

    @Test func `a digest has 32 bytes`() {
        #expect(throws: WireError.digestByteCount(31)) {
            try HoldArtifacts(decoding: [0x0a, 31] + [UInt8](repeating: 0, count: 31))
        }
    }

    @Test func `a choice that is not ours is refused`() {
        #expect(throws: WireError.unknownChoice(field: "role", value: 99)) {
            try Hello(decoding: [0x08, 99])
        }
        #expect(throws: WireError.unknownChoice(field: "role", value: 0)) {
            try Hello(decoding: [])
        }
    }

    @Test func `a number past the end of Int is refused`() {
        let body: [UInt8] = [0x08, 1, 0x30] + [UInt8](repeating: 0xff, count: 9) + [0x01]
        #expect(throws: WireError.outOfRange(field: "capacityBytes")) { try Hello(decoding: body) }
    }

    @Test func `every truncation of a message is refused or reads as a shorter one`() throws {
        let bytes = try #require(RoundTripTests.messages.first { $0 is SearchReply }).encoded()
        for end in 0..<bytes.count {
            do { _ = try SearchReply(decoding: [UInt8](bytes[..<end])) } catch {}
        }
    }

    @Test func `every single flipped bit is survived`() throws {
        for message in RoundTripTests.messages {
            let bytes = message.encoded()
            for bit in 0..<bytes.count * 8 {
                var flipped = bytes
                flipped[bit / 8] ^= 1 << (bit % 8)
                do { _ = try type(of: message).init(decoding: flipped) } catch {}
            }
        }
    }

    @Test func `a field from the future is skipped`() throws {
        let health = HealthReply(ready: true, reasons: ["a"])
        #expect(try HealthReply(decoding: health.encoded() + [0xfa, 0x01, 0x02, 1, 2]) == health)
    }
}

extension [UInt8] {
    init(repeatedly unit: [UInt8], count: Int) {
        self = []
        reserveCapacity(unit.count * count)
        for _ in 0..<count { self += unit }
    }
}
