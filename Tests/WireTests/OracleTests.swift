import Testing
import Wire

/// The same messages, encoded by Google's protobuf for Python (Fixtures/make_fixtures.py).
@Suite struct OracleTests {
    static let oracle: [(MessageKind, String)] = [
        (
            .hello,
            "08021208776f726b65722d31180120032a06617678322d313080808080802038084080e8eda1"
                + "ba014a066e6f64652d31510807060504030201"
        ),
        (
            .fault,
            "08071204676f6e6518fa012a20000102030405060708090a0b0c0d0e0f1011121314151617"
                + "18191a1b1c1d1e1f"
        ),
        (
            .expertDispatch,
            "080410c004180120022a370a20000102030405060708090a0b0c0d0e0f1011121314151617"
                + "18191a1b1c1d1e1f12050003f0a2041a0c0000003f000080bf0000807f2a220a201f1e1d1c"
                + "1b1a191817161514131211100f0e0d0c0b0a09080706050403020100"
        ),
        (
            .search,
            "0a01610a01621203776879180520032d0000803e3001"
        ),
        (
            .searchReply,
            "0a490a01611201641a01742220000102030405060708090a0b0c0d0e0f101112131415161718"
                + "191a1b1c1d1e1f280a30143a096c696e650a6c696e65450000803f4d00000040550000404012"
                + "0a6578616374207363616e"
        ),
    ]

    @Test(arguments: oracle) func `another protobuf writes the same bytes`(
        kind: MessageKind, hex: String
    ) throws {
        let message = try #require(RoundTripTests.messages.first { type(of: $0).kind == kind })
        try check(message, bytes(hex))
    }

    private func check<M: Message>(_ message: M, _ bytes: [UInt8]) throws {
        #expect(message.encoded() == bytes)
        #expect(try M(decoding: bytes) == message)
    }

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] * 16 + digits[$0 + 1])
        }
    }
}
