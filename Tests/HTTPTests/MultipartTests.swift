import Testing

@testable import HTTP

@Suite struct MultipartTests {
    private let contentType = #"multipart/form-data; boundary="b1""#

    private func form(_ text: String) throws(FrontDoorError) -> MultipartForm {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(
            separator: "\r\n")
        return try MultipartForm(contentType: contentType, body: Array(lines.utf8))
    }

    @Test func `parts come with their names, types and exact bytes`() throws {
        let form = try form(
            """
            --b1
            Content-Disposition: form-data; name="purpose"

            assistants
            --b1
            content-disposition: form-data; name="file"; filename="a;\\"b\\".md"
            content-type: text/markdown

            --b
            x--b1

            --b1--

            """)
        #expect(form.parts.map(\.name) == ["purpose", "file"])
        #expect(try form.text("purpose") == "assistants")
        #expect(form.parts[1].filename == #"a;"b".md"#)
        #expect(form.parts[1].mediaType == "text/markdown")
        #expect(Array(form.parts[1].content) == Array("--b\r\nx--b1\r\n".utf8))
    }

    @Test(arguments: [
        "", "--b1", "--b1--x", "--b2\n\n--b2--", "--b1\nno head--b1--",
        "--b1\ncontent-disposition: form-data\n\nx\n--b1--",
        "--b1\ncontent-disposition: form-data; name=\"a\"\n\nx", "preamble\n--b1--",
        "--b1\ncontent-disposition: form-data; name=\"a\"\n\nx"
            + "\n--b1\ncontent-disposition: form-data; name=\"a\"\n\ny\n--b1--",
        "--b1\ncontent-disposition: form-data; name=\"a\"\n\nx\n--b11\ny\n--b1--",
        "--b1\ncontent-disposition: attachment; name=\"a\"\n\nx\n--b1--",
    ])
    func `a malformed form is refused`(text: String) {
        if text == "--b1--x" {
            // What follows the last boundary is an epilogue, which RFC 2046 lets one ignore.
            #expect(throws: Never.self) { try form(text) }
        } else {
            #expect(throws: FrontDoorError.self) { try form(text) }
        }
    }

    @Test func `an upload needs a file with a name, and a purpose that is served`() throws {
        func upload(_ purpose: String, _ file: String) throws(FrontDoorError) -> FileUpload {
            let text =
                "--b1\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\n\(purpose)\r\n"
                + "--b1\r\ncontent-disposition: form-data; name=\"file\"\(file)\r\n\r\n"
                + "hello\r\n--b1--\r\n"
            return try FileUpload(contentType: contentType, body: Array(text.utf8))
        }
        let good = try upload("assistants", "; filename=\"é.txt\"")
        #expect(
            good
                == FileUpload(
                    filename: "é.txt", purpose: "assistants", mediaType: nil,
                    content: Array("hello".utf8)))
        #expect(refusal { _ = try upload("fine-tune", "; filename=\"a\"") }?.param == "purpose")
        #expect(refusal { _ = try upload("assistants", "") }?.param == "file")
        #expect(refusal { _ = try upload("assistants", "; filename=\"\"") }?.param == "file")
    }
}
