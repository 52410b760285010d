extension JSONValue: CustomStringConvertible {
    /// Compact JSON text, UTF-8, members in their order.
    public func encoded() -> [UInt8] {
        var text = JSONText(isIndented: false)
        text.write(self)
        return text.bytes
    }

    /// Indented by two spaces, members sorted by name: equal values give equal bytes. Ends with a
    /// line feed.
    public func indented() -> [UInt8] {
        var text = JSONText(isIndented: true)
        text.write(self)
        return text.bytes + [0x0A]
    }

    /// Compact JSON text.
    public var description: String { String(decoding: encoded(), as: UTF8.self) }
}

/// JSON text while it is written.
private struct JSONText {
    private(set) var bytes: [UInt8] = []
    private let isIndented: Bool
    private var level = 0

    init(isIndented: Bool) { self.isIndented = isIndented }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        // JSON has no infinity and no NaN.
        case .number(let value):
            bytes.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        case .string(let text): write(text)
        case .array(let elements): writeList("[", "]", elements) { $0.write($1) }
        case .object(let object):
            writeList("{", "}", isIndented ? object.sorted : object.members) { text, member in
                text.write(member.name)
                text.bytes.append(contentsOf: (text.isIndented ? ": " : ":").utf8)
                text.write(member.value)
            }
        }
    }

    private mutating func writeList<Element>(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ elements: [Element],
        _ writeElement: (inout JSONText, Element) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        level += 1
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            breakLine()
            writeElement(&self, element)
        }
        level -= 1
        if !elements.isEmpty { breakLine() }
        bytes.append(UInt8(ascii: close))
    }

    private mutating func breakLine() {
        guard isIndented else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * level))
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
            case 0x0D: bytes.append(contentsOf: #"\r"#.utf8)
            case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
            case 0..<0x20: bytes.append(contentsOf: Self.controlEscape(byte).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func controlEscape(_ byte: UInt8) -> String {
        #"\u00"# + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
