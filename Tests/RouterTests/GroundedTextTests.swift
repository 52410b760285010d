import HTTP
import Testing

@testable import Router

private let refusal = "Not in the documents."

private let passages = [
    "The crisis began in October 1973, when the members proclaimed an embargo.",
    "Packet switching was invented by Paul Baran in the early 1960s.",
]

/// The answer and its citations, the same however the text is cut.
private func ground(_ text: String) -> (
    text: String, citations: [CheckedCitation], support: MeshReport.Support
) {
    var results: [(text: String, citations: [CheckedCitation], support: MeshReport.Support)] = []
    for length in 1...max(text.count, 1) {
        var grounded = GroundedText(passages: passages, refusal: refusal)
        var pieces: [GroundedPiece] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            pieces += grounded.feed(String(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        pieces += grounded.finish()
        let texts = pieces.compactMap { if case .text(let text) = $0 { text } else { nil } }
        let citations = pieces.compactMap { if case .citation(let it) = $0 { it } else { nil } }
        results.append((texts.joined(), citations, grounded.support))
    }
    #expect(Set(results.map(\.text)).count == 1)
    return results[0]
}

struct GroundedTextTests {
    @Test func `a right citation passes`() {
        let result = ground("October 1973 [1]")
        #expect(result.text == "October 1973 [1]")
        #expect(result.citations.map(\.passage) == [0])
        #expect(result.citations[0].isCorrected == false)
        #expect(result.support == .supported)
    }

    @Test func `the mark's position is given in Unicode scalars`() {
        let result = ground("October 1973 [1]")
        let scalars = result.text.unicodeScalars.dropFirst(result.citations[0].index)
        #expect(String(String.UnicodeScalarView(scalars)) == "[1]")
    }

    @Test func `a wrong number is corrected`() {
        let result = ground("Paul Baran [1]")
        #expect(result.text == "Paul Baran [2]")
        #expect(result.citations[0].isCorrected)
    }

    @Test func `a number that names no passage is corrected`() {
        #expect(ground("Paul Baran [17]").text == "Paul Baran [2]")
    }

    @Test func `an answer without a mark gets the passage that carries it`() {
        #expect(ground("Paul Baran.").text == "Paul Baran. [2]")
    }

    @Test func `an answer that no passage carries has no citation and says so`() {
        let result = ground("Napoleon Bonaparte [2]")
        #expect(result.text == "Napoleon Bonaparte")
        #expect(result.citations.isEmpty)
        #expect(result.support == .unsupported)
    }

    @Test func `the weakest statement decides`() {
        let result = ground("October 1973 [1] and Napoleon Bonaparte himself [2]")
        #expect(result.citations.map(\.passage) == [0])
        #expect(result.support == .unsupported)
    }

    @Test func `a refusal is neither cited nor checked`() {
        let result = ground("Not in the documents.")
        #expect(result.text == "Not in the documents.")
        #expect(result.support == .refused)
    }

    @Test(arguments: ["", " [", "\n"])
    func `what was cut off behind a mark is left out`(ending: String) {
        #expect(ground("October 1973 [1]" + ending).text == "October 1973 [1]")
    }

    @Test(arguments: ["October 1973 [1", "October 1973 ["])
    func `a mark that was cut off is left out`(text: String) {
        #expect(ground(text).text == "October 1973 [1]")
    }

    @Test func `a passage copied out behind the citation is no part of the answer`() {
        let result = ground("October 1973 [1] The crisis began in October 1973, when the mem")
        #expect(result.text == "October 1973 [1]")
        #expect(result.citations.count == 1)
        #expect(result.support == .supported)
    }

    @Test(arguments: [
        "October 1973 [1] The crisis began in October 1973 [1]",  // cites itself
        "October 1973 [1] Paul Baran [2]", "October 1973 [1] when the members proclaimed it [1]",
        "October 1973 [1]. The crisis began in October 1973, when the members met [1]",
    ])
    func `a further statement stays`(text: String) {
        #expect(ground(text).text == text)
    }

    @Test func `a name behind the citation stays`() {
        #expect(ground("October 1973 [1] Paul Baran").text == "October 1973 [1] Paul Baran [2]")
    }

    @Test func `a refusal in small letters is one`() {
        #expect(ground("not in the documents.").support == .refused)
    }

    @Test func `brackets that are no marks stay`() {
        #expect(ground("in [October 1973").text.hasPrefix("in [October 1973"))
    }
}
