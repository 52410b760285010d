import Testing

@testable import Knowledge

@Suite struct HTMLTests {
    private let cutter = PassageCutter(tokenCount: wordCount)

    private func text(_ html: String) -> String {
        let source = SourceText(Array(html.utf8), as: .html)
        return source.blocks.map { source.text.string(source.text.trimmed($0.range)) }.joined(
            separator: "|")
    }

    @Test(arguments: [
        ("<p>one<p>two", "one|two"), ("a<br>b", "a b"), ("<b>bo</b>ld", "bold"), ("a  \n b", "a b"),
        ("<div> x <span> y </span> z </div>", "x y z"), ("1 < 2 &amp; 3 > 2", "1 < 2 & 3 > 2"),
        ("&eacute;&#233;&#xE9;&#150;&#0;&unknown;&", "ééé–\u{FFFD}&unknown;&"),
        ("<script>var a='</p>';</script>x<style>p{}</style>", "x"), ("a<!-- b > c -->d", "ad"),
        ("<a title='>' href=\">\">x</a>", "x"),
        ("<!DOCTYPE html><title>t</title><h1>H</h1>x", "H|x"),
        ("<p>unterminated <b", "unterminated"), ("x<!-- never closed", "x"),
        ("<script>never closed", ""),
        ("</>x<>y", "x<>y"), ("", ""), ("<P CLASS=a>Ünï 🚀</P>", "Ünï 🚀"), ("a&nbsp;b", "a\u{A0}b"),
    ]) func `what a reader sees`(html: String, expected: String) {
        #expect(text(html) == expected)
    }

    @Test func `headings have levels and titles`() {
        let source = SourceText(Array("<h2>One &amp; <i>two</i></h2><p>x".utf8), as: .html)
        #expect(source.blocks.map(\.role) == [.heading(level: 2, title: "One & two"), .paragraph])
    }

    /// The promise of a citation into HTML: the range is the markup from which the passage's text
    /// was read.
    @Test func `reading the cited bytes again gives the passage`() throws {
        let paragraph = """
            <p class="a">Caf&eacute; <b>num&#233;ro</b>
             one. Two &lt;three&gt;! <i>Four</i> five.</p>

            """
        let html =
            "<html><head><title>t</title></head><body><h1>Top</h1>"
            + String(repeating: paragraph, count: 80)
        let source = Array(html.utf8)
        let passages = try cutter.passages(of: document("d", html, as: .html))
        #expect(passages.count > 3)
        for passage in passages {
            let again = SourceText(Array(source[passage.byteRange]), as: .html)
            #expect(
                words(of: String(decoding: again.text, as: UTF8.self)) == words(of: passage.text))
            #expect(String(validating: source[passage.byteRange], as: UTF8.self) != nil)
        }
    }

    /// Python's html.parser read the same page (Fixtures/visible_text.py).
    @Test func `another parser reads the same words`() {
        let source = SourceText(fixture("page.html"), as: .html)
        let expected = String(decoding: fixture("words.txt"), as: UTF8.self).split(separator: "\n")
            .map(String.init)
        #expect(words(of: String(decoding: source.text, as: UTF8.self)) == expected)
    }

    @Test(.timeLimit(.minutes(1))) func `hostile pages cost time in proportion to their length`() {
        let hostile = [
            String(repeating: "<div>", count: 100_000),
            String(repeating: "<a href=\"", count: 50_000),
            String(repeating: "&", count: 500_000), String(repeating: "<!--", count: 100_000),
            String(repeating: "<script>", count: 50_000), String(repeating: "< ", count: 200_000),
            "<a " + String(repeating: "=\"\" ", count: 100_000),
        ]
        for html in hostile { _ = SourceText(Array(html.utf8), as: .html) }
    }
}
