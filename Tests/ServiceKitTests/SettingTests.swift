import HTTP
import Testing

@testable import ServiceKit

private let table = [
    Setting(
        "listen", "HOST:PORT", default: "127.0.0.1:8080", help: "Where.", example: "127.0.0.1:0"),
    Setting("model-path", "DIR", isRequired: true, help: "What.", example: "/models/demo"),
    Setting("cache-size", "SIZE", default: "1GiB", help: "How much.", example: "512MiB"),
    Setting("wait", "TIME", default: "250ms", help: "How long.", example: "5s"),
    Setting("api-keys", "KEY,…", isSecret: true, help: "Who.", example: "k1,k2"),
]

private func values(
    _ arguments: [String] = [], _ environment: [String: String] = [:]
) throws(SettingError) -> SettingValues {
    let path = ["EXPERTMESH_MODEL_PATH": "/m"].merging(environment) { $1 }
    return try SettingValues(table, arguments: arguments, environment: path)
}

@Suite struct SettingTests {
    @Test func `a flag wins over the environment, which wins over the default`() throws {
        #expect(try values().address("listen") == ListenAddress(host: "127.0.0.1", port: 8080))
        let environment = ["EXPERTMESH_LISTEN": "[::1]:1"]
        #expect(
            try values([], environment).address("listen") == ListenAddress(host: "::1", port: 1))
        let both = try values(["--listen", "localhost:2"], environment)
        #expect(try both.address("listen").port == 2)
        #expect(try values(["--listen=localhost:3"]).address("listen").port == 3)
    }

    @Test func `sizes and times are read with their units`() throws {
        #expect(try values().byteCount("cache-size") == 1 << 30)
        #expect(try values(["--cache-size", "12B"]).byteCount("cache-size") == 12)
        #expect(try values().duration("wait") == .milliseconds(250))
        #expect(try values(["--wait", "5m"]).duration("wait") == .seconds(300))
    }

    @Test(arguments: ["12", "GiB", "-1B", "1 GiB", "99999999999GiB", "", "1gib"])
    func `a malformed size is refused`(text: String) {
        #expect(throws: SettingError.self) {
            try values(["--cache-size", text]).byteCount("cache-size")
        }
    }

    @Test func `an error names the variable, the flag, the value and one that would do`() {
        let error = #expect(throws: SettingError.self) {
            try values(["--listen", "8080"]).address("listen")
        }
        #expect(
            error?.description
                == "EXPERTMESH_LISTEN (--listen): '8080' is not HOST:PORT; "
                + "for example --listen 127.0.0.1:0"
        )
    }

    @Test(arguments: [
        (["--port", "1"], "--port is not a flag of this program; --help lists them"),
        (["--listen"], "--listen needs a value; --help says which"),
        (["--wait", "1s", "--wait", "2s"], "--wait is given twice"),
        (
            ["serve"],
            "'serve' is not a setting: write --name VALUE; --help lists them"
        ),
    ])
    func `a malformed command line is refused by name`(arguments: [String], message: String) {
        let error = #expect(throws: SettingError.self) { try values(arguments) }
        #expect(error?.description == message)
    }

    @Test func `a required setting that is missing is named`() {
        let error = #expect(throws: SettingError.self) {
            try SettingValues(table, arguments: [], environment: [:])
        }
        #expect(
            error?.description
                == "EXPERTMESH_MODEL_PATH (--model-path) is needed; "
                + "for example --model-path /models/demo"
        )
    }

    @Test func `what a setting names on the disk is looked at`() throws {
        func path(_ text: String) throws -> SettingValues { try values(["--model-path", text]) }
        let name = "model-path"
        for usable in ["/tmp", "/tmp/", "."] { try path(usable).checkFolder(name) }
        for usable in ["/tmp/new.sqlite", "new.sqlite"] { try path(usable).checkFile(name) }
        for unusable in ["/nope", "/dev/null", ""] {
            let error = #expect(throws: SettingError.self) {
                try path(unusable).checkFolder(name)
            }
            #expect(error?.description.contains("(--model-path): '\(unusable)' is not") == true)
        }
        for unusable in ["/nope/x.sqlite", "/tmp", "/dev/null/x", ""] {
            #expect(throws: SettingError.self) { try path(unusable).checkFile(name) }
        }
        for unusable in ["/proc/x", "/dev/null", ""] {
            #expect(throws: SettingError.self) { try path(unusable).makeFolder(name) }
        }
        try path("/tmp").makeFolder(name)
    }

    @Test func `a secret is neither printed nor named in an error`() throws {
        let values = try values(["--api-keys", "sesame"])
        #expect(values.printable.first { $0.name == "api-keys" }?.value == "(secret)")
        #expect(!values.invalid("api-keys", expected: "a key").description.contains("sesame"))
        #expect(values.list("api-keys") == ["sesame"])
    }

    @Test func `help names every setting, its variable, its default and an example`() {
        let text = HelpText(name: "router", summary: "Routes.", settings: table).text
        for setting in table {
            #expect(text.contains(setting.flag) && text.contains(setting.variable))
            #expect(text.contains("Example: \(setting.example)"))
        }
        #expect(text.contains("Default: 127.0.0.1:8080."))
        #expect(text.contains("router --model-path /models/demo"))
    }

    @Test(arguments: [
        ("/var/lib/catalog.sqlite", "/var/lib/catalog.sqlite"),
        ("postgres://db:5432/mesh", "postgres://db:5432/mesh"),
        ("postgres://ada:s3cret@db/mesh", "postgres://db/mesh"),
        ("postgres://ada:s3c@ret@db/mesh?sslmode=require", "postgres://db/mesh"),
        ("postgres://ada:s3c?ret@db/mesh", "postgres://(secret)"),
        ("postgres://db/mesh?password=s3cret", "postgres://db/mesh"),
        ("postgres://db/mesh?password=s3@cret", "postgres://(secret)"),
    ]) func `what a URL may hold of a password is not shown`(value: String, shown: String) {
        #expect(Setting.uncredentialed(value) == shown)
    }
}
