internal import ArgumentParser
internal import Testing

@testable internal import MeshCtl

/// The help is wrapped to the terminal by the parser: a line break of ours inside a paragraph, or
/// an example that is wider than a terminal, would be broken a second time.
@Suite struct HelpTests {
    private static let terminalWidth = 80

    private static let discussions =
        [MeshCommand.configuration.discussion]
        + MeshCommand.configuration.subcommands.map { $0.configuration.discussion }

    @Test(arguments: discussions)
    func `an example fits a terminal, a paragraph is one line`(discussion: String) {
        let lines = discussion.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines where line.hasPrefix(" ") {
            #expect(line.count <= Self.terminalWidth, "\(line)")
        }
        for (line, next) in zip(lines, lines.dropFirst()) where !line.isEmpty && !next.isEmpty {
            #expect(line.hasSuffix(":") || line.hasPrefix(" "), "\(line)\n\(next)")
        }
    }
}
