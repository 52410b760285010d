extension Frame {
    /// Header, body and padding in one piece: all that is written before the attachment.
    ///
    /// The bytes are lent for the time of the call.
    func withHead<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        var header = FrameHeader(of: self)
        let byteCount = FrameHeader.byteCount + header.bodyByteCount + header.paddingByteCount
        return unsafe withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 8) { bytes in
            let rest = unsafe UnsafeMutableRawBufferPointer(
                rebasing: bytes[FrameHeader.byteCount...])
            unsafe rest.copyBytes(from: self.body)
            for index in header.bodyByteCount..<rest.count { unsafe rest[index] = 0 }
            header.restChecksum = unsafe checksum(after: UnsafeRawBufferPointer(rest))
            unsafe header.write(to: bytes)
            return unsafe body(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Of body, padding and attachment together.
    private func checksum(after head: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = Checksum()
        unsafe checksum.add(head)
        unsafe attachment.withBytes { unsafe checksum.add($0) }
        return checksum.value
    }
}
