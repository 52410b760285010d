internal import FoundationEssentials
internal import JSON
internal import Logging
internal import SystemPackage

/// Writes log events to stderr, one line each.
struct LogLines: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    let label: String
    let format: CommonSettings.LogFormat

    init(label: String, level: Logger.Level, format: CommonSettings.LogFormat) {
        self.label = label
        self.format = format
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        Self.write(line(for: event, at: Date()))
    }

    func line(for event: LogEvent, at date: Date) -> String {
        let time = date.ISO8601Format(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        var fields = metadata
        fields.merge(metadataProvider?.get() ?? [:]) { $1 }
        fields.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error { fields["error"] = "\(error)" }
        let sorted = fields.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        switch format {
        case .json:
            let members: [(String, JSONValue)] = [
                ("time", .string(time)), ("level", .string(event.level.rawValue)),
                ("service", .string(label)), ("message", .string(event.message.description)),
            ]
            return JSONValue.members(sorted.map { ($0.0, .string($0.1)) } + members).description
        case .text:
            let pairs = sorted.map { " \($0.0)=\(Self.word($0.1))" }.joined()
            let message = Self.oneLine(event.message.description)
            return "\(time) \(event.level.rawValue) \(label): \(message)\(pairs)"
        }
    }

    /// Quoted where a space or a quote would make two fields of one, or a line break two lines of
    /// one.
    private static func word(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0.value != 0x7F
            }
        return isPlain ? text : JSONValue.string(text).description
    }

    private static func oneLine(_ text: String) -> String {
        text.unicodeScalars.contains { $0.value < 0x20 } ? JSONValue.string(text).description : text
    }

    static func write(_ line: String) {
        do {
            try FileDescriptor.standardError.writeAll(Array((line + "\n").utf8))
        } catch {
            // Nowhere is left to say it: stderr itself is gone.
            return
        }
    }
}
