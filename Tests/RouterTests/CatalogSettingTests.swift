import ServiceKit
import Testing

@testable import Router

/// What `--catalog` and `--artifacts` may be.
struct CatalogSettingTests {
    private func configuration(_ flags: String...) throws -> RouterConfiguration {
        try RouterConfiguration(
            SettingValues(
                RouterConfiguration.settings, arguments: ["--model-directory", "/m"] + flags,
                environment: [:]))
    }

    @Test func `a path is a file, with uploads beside it unless they have a place`() throws {
        let plain = try configuration("--catalog", "/var/c.sqlite")
        #expect(plain.catalog == .file("/var/c.sqlite"))
        #expect(plain.artifactPath == "/var/artifacts")
        #expect(try configuration("--catalog", "c.sqlite").artifactPath == "artifacts")
        let placed = try configuration("--catalog", "/var/c.sqlite", "--artifacts", "/mnt/a")
        #expect(placed.artifactPath == "/mnt/a")
        #expect(try configuration().catalog == nil)
    }

    @Test func `a server needs a place for uploads that routers share`() throws {
        let address = "postgres://ada:s3cret@db/mesh"
        let both = try configuration("--catalog", address, "--artifacts", "/mnt/a")
        #expect(both.catalog.map { "\($0)" } == "postgres://db/mesh")
        let error = #expect(throws: SettingError.self) {
            try configuration("--catalog", address)
        }
        #expect(error?.description.contains("--artifacts") == true)
    }

    @Test func `an address that is none is refused without its password`() throws {
        let error = #expect(throws: SettingError.self) {
            try configuration("--catalog", "postgres://ada:s3cret%zz@db/mesh", "--artifacts", "/a")
        }
        #expect(error?.description.contains("--catalog") == true)
        #expect(error?.description.contains("s3cret") == false)
    }

    @Test func `a knowledge-store needs a catalog`() throws {
        let error = #expect(throws: SettingError.self) {
            try configuration("--knowledge-store", "127.0.0.1:7100")
        }
        #expect(error?.description.contains("--catalog") == true)
    }
}
