/// Prometheus' text format, version 0.0.4, as it is written.
struct PrometheusText {
    private(set) var text = ""

    mutating func family(_ name: String, type: String) { text += "# TYPE \(name) \(type)\n" }

    mutating func sample(
        _ name: String, _ labels: SeriesLabels, _ value: Double, bound: String? = nil
    ) {
        let bounds = bound.map { ["le=\"\($0)\""] } ?? []
        let all = ([labels.text] + bounds).filter { !$0.isEmpty }.joined(separator: ",")
        text += name + (all.isEmpty ? "" : "{\(all)}") + " " + Self.number(value) + "\n"
    }

    mutating func series(_ name: String, _ labels: SeriesLabels, _ reading: Series.Reading) {
        switch reading {
        case .value(let value): sample(name, labels, value)
        case .distribution(let distribution):
            var total = 0
            for (count, bound) in zip(distribution.counts, distribution.bounds + [.infinity]) {
                total += count
                sample(name + "_bucket", labels, Double(total), bound: Self.number(bound))
            }
            sample(name + "_sum", labels, distribution.sum)
            sample(name + "_count", labels, Double(total))
        }
    }

    /// A metric's name: letters, digits, underscores and colons, no digit first.
    static func name(_ label: String) -> String { identifier(label, allowingColon: true) }

    /// A label's name: the same without the colon.
    static func labelName(_ label: String) -> String { identifier(label, allowingColon: false) }

    private static func identifier(_ text: String, allowingColon: Bool) -> String {
        let name = String(
            text.unicodeScalars.map { scalar in
                let isWord =
                    scalar.isASCII
                    && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                return isWord || (allowingColon && scalar == ":") ? Character(scalar) : "_"
            })
        return name.first.map(\.isNumber) ?? true ? "_" + name : name
    }

    static func escaped(_ value: String) -> String {
        value.map { character in
            switch character {
            case "\\": #"\\"#
            case "\"": #"\""#
            case "\n", "\r\n": #"\n"#
            default: String(character)
            }
        }.joined()
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int(exactly: value).map { String($0) } ?? "\(value)"
    }
}
