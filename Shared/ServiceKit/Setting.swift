/// One thing an operator can change: a flag, an environment variable, a default, and a sentence
/// about it. A service lists its settings once; `--help`, parsing, `--check` and the line that is
/// logged at the start all read that list.
public struct Setting: Sendable {
    /// Lower-case words joined by hyphens: `listen` is the flag `--listen` and the variable
    /// `EXPERTMESH_LISTEN`.
    public let name: String
    /// What a value looks like: `HOST:PORT`.
    public let placeholder: String
    /// Used when neither flag nor variable is given; nil leaves the setting absent.
    public let fallback: String?
    public let help: String
    /// A value to copy.
    public let example: String
    /// Without flag, variable and default the process does not start.
    public let isRequired: Bool
    /// Never printed nor logged.
    public let isSecret: Bool
    /// Stands in the examples of `--help`, as what is required does.
    public let isShown: Bool

    public init(
        _ name: String, _ placeholder: String, default fallback: String? = nil,
        isRequired: Bool = false,
        isSecret: Bool = false, isShown: Bool = false, help: String, example: String
    ) {
        self.name = name
        self.placeholder = placeholder
        self.fallback = fallback
        self.isRequired = isRequired
        self.isSecret = isSecret
        self.isShown = isShown || isRequired
        self.help = help
        self.example = example
    }

    var flag: String { "--\(name)" }

    /// A value as it may be seen: what stands before the host of a URL, and its query, may hold a
    /// password.
    static func uncredentialed(_ value: String) -> String {
        guard let colon = value.firstRange(of: "://") else { return value }
        let scheme = value[..<colon.upperBound]
        let rest = value[colon.upperBound...]
        let plain = rest.prefix { $0 != "?" }
        guard let at = plain.lastIndex(of: "@") else {
            return rest.contains("@") ? "\(scheme)(secret)" : "\(scheme)\(plain)"
        }
        return "\(scheme)\(plain[plain.index(after: at)...])"
    }

    var variable: String {
        "EXPERTMESH_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }
}

/// What a service's configuration must be: a list of settings, and a value made from them.
public protocol ServiceConfiguration: Sendable {
    static var settings: [Setting] { get }

    /// - Throws: the first setting that does not hold what it should.
    init(_ values: SettingValues) throws(SettingError)

    /// Looks at what settings name on this machine, after `init` has read them all; with `--check`
    /// and before every start.
    /// - Throws: the first setting that names what cannot be used.
    static func check(_ values: SettingValues) throws(SettingError)
}

extension ServiceConfiguration {
    public static func check(_ values: SettingValues) throws(SettingError) {}
}

/// Why a process does not start. Always names the flag and the variable, and shows a value that
/// would do.
public enum SettingError: Error, CustomStringConvertible {
    case invalid(Setting, value: String, expected: String)
    case missing(Setting)
    case repeated(Setting)
    case unknownFlag(String)
    case flagWithoutValue(String)
    case unexpectedArgument(String)

    public var description: String {
        switch self {
        case .invalid(let setting, let value, let expected):
            let shown = setting.isSecret ? "the value" : "'\(Setting.uncredentialed(value))'"
            return "\(Self.names(setting)): \(shown) is not \(expected); \(Self.example(setting))"
        case .missing(let setting):
            return "\(Self.names(setting)) is needed; \(Self.example(setting))"
        case .repeated(let setting): return "\(setting.flag) is given twice"
        case .unknownFlag(let flag):
            return "\(flag) is not a flag of this program; --help lists them"
        case .flagWithoutValue(let flag): return "\(flag) needs a value; --help says which"
        case .unexpectedArgument(let argument):
            return
                "'\(argument)' is not a setting: write --name VALUE; --help lists them"
        }
    }

    private static func names(_ setting: Setting) -> String {
        "\(setting.variable) (\(setting.flag))"
    }
    private static func example(_ setting: Setting) -> String {
        "for example \(setting.flag) \(setting.example)"
    }
}
