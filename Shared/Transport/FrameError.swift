/// Why bytes are not a frame. Nothing after them can be trusted, so the connection ends.
public enum FrameError: Error, Equatable, CustomStringConvertible {
    case notAFrame(magic: UInt32)
    case unknownVersion(UInt8)
    /// The header is not the one that was sent.
    case corruptHeader
    /// What follows the header is not what was sent.
    case corruptRest(byteCount: Int)
    case unknownFlags(UInt16)
    case bodyTooLong(Int, max: Int)
    case attachmentTooLong(Int, max: Int)
    case paddingNotZero

    public var description: String {
        switch self {
        case .notAFrame(let magic):
            "starts with \(String(magic, radix: 16)), not with XMSH; "
                + "the other side speaks another protocol"
        case .unknownVersion(let version):
            "layout version \(version); this build knows version \(FrameHeader.version)"
        case .corruptHeader: "the header's checksum is wrong: it was changed on the way"
        case .corruptRest(let count):
            "the checksum of the \(count) bytes behind the header is wrong: "
                + "they were changed on the way"
        case .unknownFlags(let flags): "unknown flags in \(String(flags, radix: 2))"
        case .bodyTooLong(let count, let max):
            "a body of \(count) bytes; at most \(max) are accepted here"
        case .attachmentTooLong(let count, let max):
            "an attachment of \(count) bytes; at most \(max) are accepted here"
        case .paddingNotZero: "the padding before the attachment is not zero"
        }
    }
}
