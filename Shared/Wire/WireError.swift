/// Why a body is not the message it claims to be.
public enum WireError: Error, Equatable, CustomStringConvertible {
    /// Not protobuf, or more memory needed than its length allows.
    case malformed(MessageKind)
    case notUTF8(field: String)
    /// A digest is 32 bytes.
    case digestByteCount(Int)
    case unknownChoice(field: String, value: UInt32)
    case tooMany(field: String, count: Int, max: Int)
    case missing(field: String)
    /// An attachment of records of 64 bytes has another length.
    case partOfRecord(byteCount: Int)
    /// Does not fit a signed 64-bit number, or lies before the start of its range.
    case outOfRange(field: String)

    public var description: String {
        switch self {
        case .malformed(let kind):
            "the body is no well-formed \(kind) message, or unpacks to more than its length allows"
        case .notUTF8(let field):
            "\(field): the text is not valid UTF-8"
        case .digestByteCount(let count):
            "a digest has \(count) bytes; SHA-256 has 32"
        case .unknownChoice(let field, let value):
            "\(field): \(value) is not a value that this build knows"
        case .tooMany(let field, let count, let max):
            "\(field): \(count) elements, at most \(max) are accepted; split the request"
        case .missing(let field):
            "\(field): missing"
        case .partOfRecord(let count):
            "\(count) bytes are no whole number of records of "
                + "\(ArtifactStatistics.recordByteCount) bytes"
        case .outOfRange(let field):
            "\(field): does not fit a signed 64-bit number, or ends before its start"
        }
    }
}
