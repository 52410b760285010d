/// The clean-up of BERT: control characters away, CJK ideographs apart, accents and case removed.
struct BertNormalizer: Sendable {
    var cleansText: Bool
    var separatesIdeographs: Bool
    var stripsAccents: Bool
    var lowercases: Bool

    func apply(_ text: [UInt8]) -> [UInt8] {
        var text = cleansText || separatesIdeographs ? cleaned(text) : text
        if stripsAccents {
            text = Normalizer.stripAccents.apply(UnicodeForm.nfd.apply(text))
        }
        return lowercases ? Normalizer.lowercase.apply(text) : text
    }

    private func cleaned(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 8)
        var index = 0
        while index < text.count {
            let decoded = DecodedScalar(text, at: index)
            append(decoded, text[index..<(index + decoded.byteCount)], to: &result)
            index += decoded.byteCount
        }
        return result
    }

    private func append(
        _ decoded: DecodedScalar, _ bytes: ArraySlice<UInt8>, to result: inout [UInt8]
    ) {
        if decoded.value >= 0x20 && decoded.value < 0x7F {
            result.append(UInt8(decoded.value))
        } else if cleansText && Self.isRemoved(decoded.scalar) {
            return
        } else if cleansText && decoded.scalar.properties.isWhitespace {
            result.append(0x20)
        } else if separatesIdeographs && Self.isIdeograph(decoded.value) {
            result.append(0x20)
            result.append(contentsOf: bytes)
            result.append(0x20)
        } else {
            result.append(contentsOf: bytes)
        }
    }

    private static func isRemoved(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\t", "\n", "\r": return false
        case "\u{FFFD}": return true
        default: break
        }
        return switch scalar.properties.generalCategory {
        case .control, .privateUse: true
        case .format: scalar.isInUnicode8
        default: false
        }
    }

    /// The ideograph blocks that BERT names. Kana and Hangul are words like others.
    private static func isIdeograph(_ value: UInt32) -> Bool {
        switch value {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF,
            0x2A700...0x2B81F, 0x2B920...0x2CEAF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
