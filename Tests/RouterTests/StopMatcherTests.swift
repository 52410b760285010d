import Testing

@testable import Router

struct StopMatcherTests {
    /// Feeds `text` in pieces of every length and expects the same result each time.
    private func run(_ text: String, stops: [String]) -> Set<String> {
        Set(
            (1...max(text.count, 1)).map { length in
                var matcher = StopMatcher(stops)
                var output = ""
                var rest = Substring(text)
                while !rest.isEmpty {
                    output += matcher.feed(String(rest.prefix(length)))
                    rest = rest.dropFirst(length)
                }
                return output + matcher.finish()
            })
    }

    @Test func `text without a stop passes whole`() {
        #expect(run("one two three", stops: ["zzz"]) == ["one two three"])
    }

    @Test func `nothing leaves from the stop on, however the text is cut`() {
        #expect(run("one END two", stops: ["END"]) == ["one "])
    }

    @Test func `a stop inside of what is one character to a reader is found`() {
        #expect(run("a\r\nb", stops: ["\n"]) == ["a\r"])
        #expect(run("cafe\u{301}", stops: ["e"]) == ["caf"])
    }

    @Test func `the earliest stop wins`() {
        #expect(run("abcd", stops: ["cd", "bc"]) == ["a"])
    }

    @Test func `a beginning that does not complete is released`() {
        #expect(run("one EN two", stops: ["END"]) == ["one EN two"])
    }

    @Test func `nothing is held when there are no stops`() {
        var matcher = StopMatcher([])
        #expect(matcher.feed("abc") == "abc")
    }
}
