internal import Testing

@Suite struct LayeringTests {
    let layering = Layering(
        ours: Set(Repository.folders(in: "Shared") + Repository.folders(in: "Services"))
            .union(Layering.shared.keys).union(["CEvent", "CProtobuf", "Support", "Router"]))

    @Test func `every import of the tree is one that the table allows`() throws {
        let violations = try Repository.swiftFiles().flatMap(layering.violations)
        #expect(violations == [])
    }

    @Test(arguments: [
        ("Shared/Mesh/Peer.swift", "import Model"),
        ("Shared/Model/Gate.swift", "internal import Mesh"),
        ("Shared/Wire/Frame.swift", "@preconcurrency import CEvent"),
        ("Shared/HTTP/Stream.swift", "public import struct Wire.Fault"),
        ("Services/Router/Dispatcher.swift", "@testable public import CEvent"),
        ("Services/Router/Dispatcher.swift", "    import CProtobuf"),
        ("Services/MeshCtl/Up.swift", "private import Router"),
        ("Shared/Unheard/Of.swift", "import Wire"),
    ])
    func `a planted import is found`(path: String, line: String) {
        let file = TextFile(path: path, text: "internal import Testing\n\(line)\n")
        #expect(layering.violations(in: file).count == 1)
    }

    @Test(arguments: [
        "// import Mesh", "let import = 1", "/// We import Mesh never.", "imports Mesh",
    ])
    func `a line that only speaks of importing is left alone`(line: String) {
        let file = TextFile(path: "Shared/Model/Gate.swift", text: line)
        #expect(layering.violations(in: file) == [])
    }

    @Test func `every room has its row`() {
        let rooms = Repository.folders(in: "Shared").filter { folder in
            Repository.paths.contains {
                $0.hasPrefix("Shared/\(folder)/") && $0.hasSuffix(".swift")
            }
        }
        #expect(rooms.filter { Layering.shared[$0] == nil } == [])
    }
}
