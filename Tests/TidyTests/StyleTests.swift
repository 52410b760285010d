internal import Testing

/// The rules of the line that a machine can check.
@Suite struct StyleTests {
    static let functionLineCountMax = 60
    static let fileLineCountMax = 300
    static let columnCountMax = 100

    @Test func `only the rooms around C say unsafe`() throws {
        let offenders = try Repository.swiftFiles().filter(isFenced).flatMap { file in
            places(in: file) { SwiftText.words($0).contains("unsafe") }
        }
        #expect(offenders == [])
    }

    @Test func `every unchecked Sendable says what guards it`() throws {
        let offenders = try Repository.swiftFiles().flatMap { file in
            places(in: file) { $0.contains("@unchecked") }.filter { !isExplained($0, in: file) }
        }
        #expect(offenders == [])
    }

    @Test func `functions end before the reader tires`() throws {
        let offenders = try Repository.swiftFiles().flatMap { file in
            SwiftText(file.text).bodies().filter { $0.length > Self.functionLineCountMax }.map {
                "\(file):\($0.line) has \($0.length) lines"
            }
        }
        #expect(offenders == [])
    }

    @Test func `files hold one idea`() throws {
        let offenders = try Repository.swiftFiles().filter {
            $0.path != "Package.swift" && $0.lines.count - 1 > Self.fileLineCountMax
        }
        #expect(offenders.map { "\($0) has \($0.lines.count - 1) lines" } == [])
    }

    @Test func `lines fit into 100 columns`() throws {
        let offenders = try Repository.swiftFiles().flatMap { file in
            file.lines.enumerated().filter { $0.element.count > Self.columnCountMax }.map {
                "\(file):\($0.offset + 1) has \($0.element.count) columns"
            }
        }
        #expect(offenders == [])
    }

    @Test func `nothing is left for later`() throws {
        let later = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
        let offenders = try Repository.swiftFiles().filter { file in
            file.lines.contains { line in
                later.contains { SwiftText.words(line).contains(Substring($0)) }
            }
        }
        #expect(offenders.map(\.path) == [])
    }

    @Test func `types are called by nouns that say something`() throws {
        let hollow = ["Manager", "Helper", "Helpers", "Util", "Utils", "Impl"]
        let offenders = try Repository.swiftFiles().filter { file in
            hollow.contains { file.name.hasSuffix($0) }
        }
        #expect(offenders.map(\.path) == [])
    }

    /// Tests may look into anything, so only the product is fenced.
    private func isFenced(_ file: TextFile) -> Bool {
        let parts = file.room.split(separator: "/").map(String.init)
        guard ["Shared", "Services"].contains(parts[0]) else { return false }
        return parts[0] == "Services" || Layering.layerOne[parts[1]] == nil
    }

    private func places(in file: TextFile, where matches: (Substring) -> Bool) -> [String] {
        SwiftText(file.text).lines.enumerated().filter { matches($0.element) }.map {
            "\(file.path):\($0.offset + 1)"
        }
    }

    /// A comment on the line itself, or within the three lines before or after it.
    private func isExplained(_ place: String, in file: TextFile) -> Bool {
        guard let number = place.split(separator: ":").last.flatMap({ Int($0) }) else {
            return false
        }
        let lines = file.lines
        return lines[max(0, number - 4)..<min(lines.count, number + 3)].contains {
            $0.contains("//")
        }
    }
}
