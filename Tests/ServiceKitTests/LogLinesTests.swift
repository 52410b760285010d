import FoundationEssentials
import JSON
import Logging
import Testing

@testable import ServiceKit

@Suite struct LogLinesTests {
    private func line(_ format: CommonSettings.LogFormat, _ message: String) -> String {
        let handler = LogLines(label: "router", level: .info, format: format)
        let event = LogEvent(
            level: .info, message: Logger.Message(stringLiteral: message),
            metadata: ["k": "a b", "n": "1"],
            source: "s", file: "f", function: "g", line: 1)
        return handler.line(for: event, at: Date(timeIntervalSince1970: 0.25))
    }

    @Test func `text is one line with quoted fields`() {
        #expect(line(.text, "hello") == #"1970-01-01T00:00:00.250Z info router: hello k="a b" n=1"#)
        #expect(!line(.text, "two\nlines").contains("\n"))
    }

    @Test func `json is one valid object`() throws {
        let value = try JSONValue(parsing: line(.json, "a \"b\"\n"))
        #expect(value["message"] == "a \"b\"\n")
        #expect(value["k"] == "a b")
        #expect(value["level"] == "info")
    }
}
