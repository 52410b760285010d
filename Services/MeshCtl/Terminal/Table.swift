/// Columns of text, each as wide as its widest cell; numbers to the right.
struct Table {
    private let header: [String]
    private var rows: [[String]] = []

    init(_ header: String...) { self.header = header }

    mutating func add(_ row: String...) { rows.append(row.map(\.plainLine)) }

    /// The lines of the table, the header first.
    var lines: [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let isNumeric = header.indices.map { column in
            !rows.isEmpty && rows.allSatisfy { Self.looksLikeNumber($0[column]) }
        }
        return all.map { row in
            let cells = row.indices.map { column in
                Self.pad(row[column], to: widths[column], atRight: isNumeric[column])
            }
            return String(cells.joined(separator: "  ").trimmedAtEnd)
        }
    }

    private static func pad(_ text: String, to width: Int, atRight: Bool) -> String {
        let space = String(repeating: " ", count: width - text.count)
        return atRight ? space + text : text + space
    }

    /// One number, perhaps with its unit: `12.3 MB`.
    private static func looksLikeNumber(_ text: String) -> Bool {
        let numbers = text.split(separator: " ").filter { $0.first?.isNumber == true }
        return text == "-" || (text.first?.isNumber == true && numbers.count == 1)
    }
}

extension String {
    fileprivate var trimmedAtEnd: Substring {
        self[...(lastIndex { $0 != " " } ?? startIndex)]
    }
}

extension Int {
    /// Bytes as a person reads them: `12.3 MB`, decimal units.
    var inBytes: String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(self)
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(self) B" : "\(value.oneDecimal) \(units[unit])"
    }

    /// Thousands set apart: `1,234,567`.
    var grouped: String {
        let digits = String(magnitude)
        let groups = stride(from: digits.count, to: 0, by: -3).map { end in
            String(digits.dropLast(digits.count - end).suffix(3))
        }
        return (self < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
    }
}

extension Double {
    /// One digit after the point.
    var oneDecimal: String {
        let tenths = Int((self * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}
