public import HTTP

/// The text of every setting, from flags first, then the environment, then the defaults; and
/// readers that give it a type.
public struct SettingValues: Sendable {
    private let settings: [String: Setting]
    private var texts: [String: String] = [:]

    /// - Parameters:
    ///   - arguments: `--name VALUE` or `--name=VALUE`, without the program's name.
    ///   - environment: names to values, of which those of other programs are ignored.
    public init(
        _ settings: [Setting], arguments: [String], environment: [String: String]
    ) throws(SettingError) {
        self.settings = Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0) })
        for setting in settings {
            texts[setting.name] = environment[setting.variable] ?? setting.fallback
        }
        for (name, value) in try Self.flags(arguments, of: self.settings) { texts[name] = value }
        for setting in settings where setting.isRequired && texts[setting.name] == nil {
            throw .missing(setting)
        }
    }

    private static func flags(
        _ arguments: [String], of settings: [String: Setting]
    ) throws(SettingError) -> [String: String] {
        var values: [String: String] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else { throw .unexpectedArgument(argument) }
            let parts = argument.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let flag = String(parts[0])
            guard let setting = settings[String(flag.dropFirst(2))] else {
                throw .unknownFlag(flag)
            }
            guard values[setting.name] == nil else { throw .repeated(setting) }
            guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                throw .flagWithoutValue(flag)
            }
            values[setting.name] = value
        }
        return values
    }

    // MARK: Readers

    /// The text of a setting that has a default or is required.
    public func string(_ name: String) throws(SettingError) -> String {
        guard let text = texts[name] else { throw .missing(setting(name)) }
        return text
    }

    /// The text of a setting that may be absent.
    public func optionalString(_ name: String) -> String? {
        _ = setting(name)
        return texts[name]
    }

    /// A whole number within a range.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(SettingError) -> Int {
        try read(name, "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A number within a range.
    public func number(_ name: String, in range: ClosedRange<Double>) throws(SettingError) -> Double
    {
        try read(name, "a number from \(range.lowerBound) to \(range.upperBound)") { text in
            Double(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// `true` or `false`.
    public func boolean(_ name: String) throws(SettingError) -> Bool {
        try read(name, "true or false") { Bool($0) }
    }

    /// `250ms`, `30s`, `5m`.
    public func duration(_ name: String) throws(SettingError) -> Duration {
        try read(name, "a time such as 250ms, 30s or 5m") { text in
            Self.quantity(text, units: ["ms": 1, "s": 1000, "m": 60_000]).map { .milliseconds($0) }
        }
    }

    /// `4096B`, `64KiB`, `512MiB`, `8GiB`.
    public func byteCount(_ name: String) throws(SettingError) -> Int {
        try read(name, "a size such as 64KiB, 512MiB or 8GiB") { text in
            Self.quantity(text, units: ["B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30])
        }
    }

    /// `HOST:PORT`, `[::1]:PORT`.
    public func address(_ name: String) throws(SettingError) -> ListenAddress {
        try read(name, "HOST:PORT") { ListenAddress($0) }
    }

    /// Values separated by commas; an absent setting is an empty list.
    public func list(_ name: String) -> [String] {
        (optionalString(name) ?? "").split(separator: ",").map { String($0.trimmed) }
    }

    /// One of the cases of an enumeration, by its raw value.
    public func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ name: String
    ) throws(SettingError) -> Choice {
        let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return try read(name, "one of \(words)") { Choice(rawValue: $0) }
    }

    /// Reads a value by a rule of the caller's.
    /// - Parameter expected: what the text must be, to follow "is not".
    public func read<Value>(
        _ name: String, _ expected: String, _ parse: (String) -> Value?
    ) throws(SettingError) -> Value {
        let text = try string(name)
        guard let value = parse(text) else {
            throw .invalid(setting(name), value: text, expected: expected)
        }
        return value
    }

    /// For rules between settings, and for what only trying can tell.
    public func invalid(_ name: String, expected: String) -> SettingError {
        .invalid(setting(name), value: texts[name] ?? "", expected: expected)
    }

    /// For a setting that is needed because of what others say.
    public func missing(_ name: String) -> SettingError { .missing(setting(name)) }

    /// Every setting that has a value, with secrets covered, in the order of their names.
    var printable: [(name: String, value: String)] {
        texts.sorted { $0.key < $1.key }.map { name, value in
            (
                name,
                settings[name]?.isSecret == true ? "(secret)" : Setting.uncredentialed(value)
            )
        }
    }

    private func setting(_ name: String) -> Setting {
        guard let setting = settings[name] else {
            preconditionFailure("the setting '\(name)' is not in the table")
        }
        return setting
    }

    private static func quantity(_ text: String, units: [String: Int]) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int(digits), let unit = units[String(text.dropFirst(digits.count))] else {
            return nil
        }
        let (product, isTooLarge) = count.multipliedReportingOverflow(by: unit)
        return isTooLarge ? nil : product
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let head = drop(while: \.isWhitespace)
        return head.prefix(head.count - head.reversed().prefix(while: \.isWhitespace).count)
    }
}
