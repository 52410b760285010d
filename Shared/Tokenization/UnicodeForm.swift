internal import CUtf8proc

/// A Unicode normalisation form (UAX #15), by the tables of utf8proc.
enum UnicodeForm: Sendable {
    case nfc, nfd, nfkc, nfkd

    /// `text` in this form. Text that is ASCII is in every form already.
    func apply(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { $0 >= 0x80 }) else { return text }
        var scalars = decomposed(text)
        Self.order(&scalars)
        if isComposed { Self.compose(&scalars) }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for scalar in scalars {
            result.append(scalar: Unicode.Scalar(UInt32(bitPattern: scalar)) ?? "\u{FFFD}")
        }
        return result
    }

    private var isComposed: Bool { self == .nfc || self == .nfkc }

    private var decomposition: utf8proc_option_t {
        let isCompatible = self == .nfkc || self == .nfkd
        let options = UTF8PROC_DECOMPOSE.rawValue | (isCompatible ? UTF8PROC_COMPAT.rawValue : 0)
        return utf8proc_option_t(rawValue: options)
    }

    /// Every character replaced by its full decomposition.
    private func decomposed(_ text: [UInt8]) -> [Int32] {
        var scalars: [Int32] = []
        scalars.reserveCapacity(text.count)
        // The longest decomposition, that of U+FDFA, has 18 characters.
        var piece = [Int32](repeating: 0, count: 32)
        var index = 0
        while index < text.count {
            let decoded = DecodedScalar(text, at: index)
            index += decoded.byteCount
            let count = unsafe utf8proc_decompose_char(
                Int32(decoded.value), &piece, piece.count, decomposition, nil)
            scalars.append(contentsOf: piece[0..<min(max(count, 0), piece.count)])
        }
        return scalars
    }

    /// Sorts each run of combining marks by class, as canonical ordering wants. utf8proc's own
    /// ordering swaps neighbours, which is quadratic in the length of a hostile run.
    private static func order(_ scalars: inout [Int32]) {
        let classes = scalars.map(combiningClass)
        var index = 0
        while index < scalars.count {
            let end = classes[index...].firstIndex(of: 0) ?? scalars.count
            if end - index > 1 {
                // Stable by the index in the key.
                let sorted = (index..<end).sorted { (classes[$0], $0) < (classes[$1], $1) }
                scalars.replaceSubrange(index..<end, with: sorted.map { scalars[$0] })
            }
            index = end + 1
        }
    }

    private static func combiningClass(_ scalar: Int32) -> UInt8 {
        guard scalar >= 0x300, let scalar = Unicode.Scalar(UInt32(bitPattern: scalar)) else {
            return 0
        }
        return scalar.properties.canonicalCombiningClass.rawValue
    }

    private static func compose(_ scalars: inout [Int32]) {
        let options = utf8proc_option_t(
            rawValue: UTF8PROC_COMPOSE.rawValue | UTF8PROC_STABLE.rawValue)
        let count = unsafe utf8proc_normalize_utf32(&scalars, scalars.count, options)
        scalars.removeSubrange(max(count, 0)...)
    }
}
