/// How large a frame may be. Checked before anything is allocated.
public struct FrameLimits: Sendable, Equatable {
    public var bodyByteCountMax: Int
    public var attachmentByteCountMax: Int

    /// A body holds names and numbers: a megabyte is a quarter of a million packed row numbers. An
    /// attachment of 64 MiB is 4,096 rows of 4,096 floats, the longest prefill of the largest
    /// hidden size that we serve.
    public static let open = FrameLimits(
        bodyByteCountMax: 1 << 20, attachmentByteCountMax: 64 << 20)
    /// A stranger may say who it is, and no more.
    public static let beforeHello = FrameLimits(bodyByteCountMax: 4096, attachmentByteCountMax: 0)

    public init(bodyByteCountMax: Int, attachmentByteCountMax: Int) {
        self.bodyByteCountMax = bodyByteCountMax
        self.attachmentByteCountMax = attachmentByteCountMax
    }

    func check(_ header: FrameHeader) throws(FrameError) {
        guard header.bodyByteCount <= bodyByteCountMax else {
            throw .bodyTooLong(header.bodyByteCount, max: bodyByteCountMax)
        }
        guard header.attachmentByteCount <= attachmentByteCountMax else {
            throw .attachmentTooLong(header.attachmentByteCount, max: attachmentByteCountMax)
        }
    }
}
