import HTTP
import Testing

@Suite struct MediaTypeTests {
    @Test(arguments: [
        ("a.md", "text/markdown"), ("a.b.MARKDOWN", "text/markdown"), ("a.TXT", "text/plain"),
        ("a.text", "text/plain"), ("a.html", "text/html"), (".htm", "text/html"),
        ("a.pdf", nil), ("a.", nil), ("", nil), ("md", nil), ("docs.md/a", nil),
    ])
    func `the end of a name tells the type`(name: String, type: String?) {
        #expect(MediaType.ofDocument(named: name) == type)
    }
}
