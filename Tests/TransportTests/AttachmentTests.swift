import Testing
import Transport

@Suite struct AttachmentTests {
    @Test func `floats come back from their bytes`() throws {
        let floats: [Float] = [0, -1.5, .infinity, 1e-30]
        let attachment = Attachment(floats: floats)
        #expect(attachment.byteCount == 16)
        #expect(try Attachment(attachment.bytes).floats(count: 4) == floats)
        #expect(try attachment.floats() == floats)
        #expect(try Attachment.empty.floats(count: 0) == [])
    }

    @Test(arguments: [(3, nil), (8, 3), (0, 1)])
    func `bytes that are not the floats promised are refused`(byteCount: Int, count: Int?) {
        let attachment = Attachment([UInt8](repeating: 0, count: byteCount))
        #expect(throws: TransportError.self) { try attachment.floats(count: count) }
    }
}
