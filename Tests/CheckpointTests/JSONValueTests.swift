import Checkpoint
import Testing

@Suite struct JSONValueTests {
    func parse(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8), path: "test.json")
    }

    @Test func `every kind of value is read`() throws {
        let json = try parse(
            #" { "a" : [ 0, -1, 2.5, 1e2, -0.5E-1 ], "b": null, "c":true,"d":false, "e": "" } "#)
        #expect(
            json["a"]
                == .array([.integer(0), .integer(-1), .number(2.5), .number(100), .number(-0.05)]))
        #expect(json["b"] == .null)
        #expect(json["c"]?.boolean == true)
        #expect(json["e"]?.string == "")
        #expect(try parse("9223372036854775807").integer == .max)
        #expect(try parse("9223372036854775808").double == 9223372036854775808)
    }

    @Test func `escapes are decoded, surrogate pairs too`() throws {
        #expect(
            try parse(#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00é""#).string
                == "\"\\/\u{8}\u{C}\n\r\té😀é")
    }

    @Test(arguments: [
        "", "{", "[1,", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "1.", "-", "+1", ".5",
        "1e",
        "NaN", "Infinity", "1e999", "tru", "nullx", "[] []", "\"", "\"\\x\"", "\"\\u12\"",
        "\"\\uD800\"", "\"\\uD800\\u0041\"", "\"\\uDC00\"", "\"a\nb\"", "{\"a\":1,\"a\":2}",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(failure { _ = try parse(text) } != nil)
    }

    @Test func `text that is not UTF-8 is refused`() {
        let bytes: [UInt8] = [0x22, 0xC3, 0x28, 0x22]
        #expect(failure { _ = try JSONValue(parsing: bytes, path: "x") }?.contains("UTF-8") == true)
    }

    @Test func `nesting is bounded`() throws {
        let depth = 100_000
        #expect(
            failure { _ = try parse(String(repeating: "[", count: depth)) }?.contains("deeper")
                == true)
        #expect(
            try parse(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)).array
                != nil)
    }

    @Test func `what is written is read again, members sorted`() throws {
        let json = try parse(#"{"b":[1,[],{}],"a":"\u0001\"\\é","c":-0.125}"#)
        let text = String(decoding: json.encoded(), as: UTF8.self)
        #expect(try parse(text) == json)
        #expect(
            text.hasPrefix(
                "{\n  \"a\": \"\\u0001\\\"\\\\é\",\n  \"b\": [\n    1,\n    [],\n    {}\n  ],"))
    }
}
