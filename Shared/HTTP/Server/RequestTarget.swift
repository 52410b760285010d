/// One `name=value` of a query, percent-decoded.
public struct QueryItem: Sendable, Equatable {
    public let name: String
    public let value: String
}

/// A request target in its two parts. Built only from text that `HeadRules` has passed.
struct RequestTarget: Equatable {
    let path: String
    let query: [QueryItem]

    /// Nil when an escape of the query is malformed.
    init?(_ text: String) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        guard parts.count == 2 else {
            query = []
            return
        }
        var items: [QueryItem] = []
        for pair in parts[1].split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(sides[0]),
                let value = percentDecoded(sides.count == 2 ? sides[1] : "")
            else { return nil }
            items.append(.init(name: name, value: value))
        }
        query = items
    }
}

/// Percent-decoding to valid UTF-8, or nil.
func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = rest.popFirst().flatMap(hexValue),
            let low = rest.popFirst().flatMap(hexValue)
        else { return nil }
        bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
}

private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
