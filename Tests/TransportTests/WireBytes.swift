@testable import Transport

extension Frame {
    /// The frame by the documentation, put together without the product's code.
    var wireBytes: [UInt8] {
        let size = attachment.byteCount
        var bytes: [UInt8] = [0x58, 0x4d, 0x53, 0x48, 2, kind]
        bytes += flags.rawValue.wireBytes + requestID.wireBytes
        bytes += UInt32(body.count).wireBytes + UInt32(size).wireBytes
        bytes += deadlineMilliseconds.wireBytes + traceID.wireBytes
        bytes += [UInt8](repeating: 0, count: 8) + body
        if size > 0 { bytes += [UInt8](repeating: 0, count: (64 - bytes.count % 64) % 64) }
        bytes += attachment.bytes
        bytes.seal()
        return bytes
    }

    /// The frame as the product writes it.
    var written: [UInt8] { unsafe withHead { unsafe [UInt8]($0) } + attachment.bytes }
}

extension [UInt8] {
    /// Gives one frame's bytes the right checksums.
    mutating func seal() {
        replaceSubrange(32..<36, with: ChecksumTests.twin([UInt8](self[40...])).wireBytes)
        sealHeader()
    }

    mutating func sealHeader() {
        replaceSubrange(36..<40, with: ChecksumTests.twin([UInt8](self[..<36])).wireBytes)
    }
}

extension FixedWidthInteger {
    fileprivate var wireBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
    }
}
