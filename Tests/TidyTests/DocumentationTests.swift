internal import Testing

@Suite struct DocumentationTests {
    @Test func `links between the pages lead somewhere`() throws {
        let broken = try Repository.files("md").flatMap { page in
            Link.targets(in: page.text).filter { !Repository.exists(page.resolve($0)) }.map {
                "\(page): \($0)"
            }
        }
        #expect(broken == [])
    }

    @Test func `a planted link is read, a link to the network is not`() {
        let text =
            "See [a](b/c.md#part) and [d](https://example.org) and [e](#here).\n```\n[f](g)\n```"
        #expect(Link.targets(in: text) == ["b/c.md"])
        #expect(TextFile(path: "docs/x/y.md", text: "").resolve("../z.md") == "docs/z.md")
    }

    @Test func `the glossary is in order and gives each noun one meaning`() throws {
        let nouns = try glossary()
        #expect(nouns.count > 30)
        #expect(nouns == nouns.sorted { $0.lowercased() < $1.lowercased() })
        #expect(Set(nouns.map { $0.lowercased() }).count == nouns.count)
    }

    @Test func `every room stands in the architecture`() throws {
        let page = try #require(
            Repository.files("md").first { $0.path == "docs/ARCHITECTURE.md" })
        let rooms = Repository.folders(in: "Shared") + Repository.folders(in: "Services")
        #expect(rooms.filter { !page.text.contains("`\($0)`") } == [])
    }

    /// The nouns of `docs/GLOSSARY.md`: one line each, `- **noun**: meaning`.
    private func glossary() throws -> [String] {
        let page = try #require(Repository.files("md").first { $0.path == "docs/GLOSSARY.md" })
        return page.lines.filter { $0.hasPrefix("- **") }.compactMap { line in
            line.dropFirst(4).split(separator: "**").first.map(String.init)
        }
    }
}

/// Links of a Markdown page that name a file of the repository.
private enum Link {
    static func targets(in page: String) -> [String] {
        let prose = page.split(separator: "```", omittingEmptySubsequences: false)
            .enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        return prose.flatMap { $0.matches(of: /\]\(([^)\s]+)\)/).map { String($0.output.1) } }
            .map { String($0.prefix { $0 != "#" }) }
            .filter { !$0.isEmpty && !$0.contains("://") && !$0.hasPrefix("mailto:") }
    }
}

extension TextFile {
    /// A relative link of this page, as a path from the root of the repository.
    fileprivate func resolve(_ link: String) -> String {
        var parts = path.split(separator: "/").dropLast().map(String.init)
        for part in link.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }
}
