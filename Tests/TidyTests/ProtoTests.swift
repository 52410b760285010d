internal import Testing

/// protobuf-c unpacks nested messages by recursion without a limit: 35 KB of nesting overflow a
/// stack of 8 MB. A schema in which no message contains itself bounds the depth.
@Suite struct ProtoTests {
    @Test func `no message contains itself`() throws {
        let schema = try MessageGraph(Repository.files("proto").map(\.text))
        #expect(schema.recursive == [])
    }

    @Test func `a planted recursion is found, direct or through others`() {
        let schema = MessageGraph([
            "message A { B b = 1; }\nmessage B { repeated C c = 1; }",
            "message C { optional A a = 1; // back again\n}\nmessage D { uint32 x = 1; }",
            "message E { map<string, E> children = 1; }",
        ])
        #expect(schema.recursive == ["A", "B", "C", "E"])
    }
}

/// Which message has fields of which others, by their unqualified names.
struct MessageGraph {
    private var fields: [String: Set<String>] = [:]

    init(_ schemas: [String]) {
        for schema in schemas { read(schema) }
    }

    /// The messages that contain themselves, in alphabetical order.
    var recursive: [String] {
        fields.keys.filter { reachable(from: $0).contains($0) }.sorted()
    }

    private mutating func read(_ schema: String) {
        var path: [String] = []
        for statement in statements(schema) {
            if statement.first == "message", statement.count > 1 {
                path.append(String(statement[1]))
                fields[path[path.count - 1], default: []].formUnion([])
            } else if statement.last == "{" {
                path.append(path.last ?? "")
            } else if statement == ["}"] {
                _ = path.popLast()
            } else if let message = path.last {
                fields[message, default: []].formUnion(statement.map(unqualified))
            }
        }
    }

    /// The words of each statement; a statement ends at `;`, `{` or `}`.
    private func statements(_ schema: String) -> [[Substring]] {
        let code = schema.split(separator: "\n").map(\.spacedCode).joined(separator: " ")
        var statements: [[Substring]] = [[]]
        for word in code.split(whereSeparator: { " \t<>,=".contains($0) }) {
            statements[statements.count - 1].append(word)
            if [";", "{", "}"].contains(word) { statements.append([]) }
        }
        return statements
    }

    private func unqualified(_ name: Substring) -> String {
        String(name.split(separator: ".").last ?? name)
    }

    private func reachable(from message: String) -> Set<String> {
        var seen: Set<String> = []
        var waiting = Array(fields[message] ?? [])
        while let next = waiting.popLast() {
            if seen.insert(next).inserted { waiting += fields[next] ?? [] }
        }
        return seen
    }
}

extension Substring {
    /// A line of a schema without its comment, its punctuation set apart from its words.
    fileprivate var spacedCode: String {
        let code = split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return code.reduce(into: "") { $0 += ";{}".contains($1) ? " \($1) " : String($1) }
    }
}
