/// Text that others wrote, as a terminal may show it: documents, notes, names and log lines may
/// hold escape sequences that move the cursor, rename the window or hide what follows.
extension String {
    /// Control characters become U+FFFD; line feeds and tabs stay.
    var plainText: String { mapScalars { $0 == "\n" || $0 == "\t" ? nil : "\u{FFFD}" } }

    /// The same on one line, for a cell of a table or a note beside a progress bar.
    var plainLine: String { mapScalars { $0 == "\n" || $0 == "\t" ? " " : "\u{FFFD}" } }

    /// JSON that says the same in characters that can be shown.
    var plainJSON: String {
        mapScalars { scalar in
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    /// - Parameter replacement: of a control character; nil keeps it.
    private func mapScalars(_ replacement: (Unicode.Scalar) -> String?) -> String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isControl, let other = replacement(scalar) {
                text += other
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    /// C0, DEL and C1, and what turns the direction of writing.
    fileprivate var isControl: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
