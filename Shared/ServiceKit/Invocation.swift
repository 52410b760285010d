/// What the command line asks for.
enum Invocation {
    case help
    case version
    /// Read the configuration, say whether it is valid, stop.
    case check([String])
    case run([String])

    init(_ arguments: [String]) {
        if arguments.contains("--help") || arguments.contains("-h") {
            self = .help
        } else if arguments.contains("--version") {
            self = .version
        } else if let index = arguments.firstIndex(of: "--check") {
            var rest = arguments
            rest.remove(at: index)
            self = .check(rest)
        } else {
            self = .run(arguments)
        }
    }
}

/// The text of `--help`, made from the table of settings.
struct HelpText {
    let name: String
    let summary: String
    let settings: [Setting]

    var text: String {
        let required = settings.filter(\.isShown).map { " \($0.flag) \($0.example)" }.joined()
        return """
            \(name): \(summary)

            Usage: \(name) [--name VALUE]…
                   \(name) --check …     read the configuration, say what is wrong, exit
                   \(name) --version
            Each setting may also come from its environment variable; a flag wins.

            Settings:
            \(settings.map(entry).joined(separator: "\n"))

            Examples:
              \(name)\(required)
              \(name)\(required) --admin-address 127.0.0.1:0 --ready-file /tmp/\(name).json

            Exit codes: 0 stopped as asked, 1 failed, 64 wrong configuration.
            SIGTERM and SIGINT let requests in flight finish; a second signal stops at once.
            """
    }

    private func entry(_ setting: Setting) -> String {
        let remark =
            setting.isRequired ? " Required." : setting.fallback.map { " Default: \($0)." } ?? ""
        return """
              \(setting.flag) \(setting.placeholder)   (\(setting.variable))
                  \(setting.help)\(remark) Example: \(setting.example)
            """
    }
}
