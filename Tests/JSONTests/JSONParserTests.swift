import JSON
import Testing

@Suite struct JSONParserTests {
    @Test func `every kind of value is read`() throws {
        let json = try JSONValue(
            parsing:
                #" { "a" : [ 0, -1, 2.5, 1e2, -0.5E-1 ], "b": null, "c":true,"d":false, "e": "" } "#
        )
        #expect(json["a"] == [0, -1, 2.5, 100.0, -0.05])
        #expect(json["b"] == .null)
        #expect(json["c"]?.bool == true)
        #expect(json["d"]?.bool == false)
        #expect(json["e"]?.string == "")
        #expect(json["f"] == nil)
    }

    @Test(arguments: [
        ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min), ("-0", 0),
    ])
    func `a whole number is exact`(text: String, value: Int) throws {
        #expect(try JSONValue(parsing: text) == .integer(value))
    }

    @Test(arguments: [
        ("9223372036854775808", 9_223_372_036_854_775_808), ("-9223372036854775809", -0x1p63),
        ("99999999999999999999", 1e20), ("1.0", 1.0), ("1e0", 1.0),
    ])
    func `any other number is a float`(text: String, value: Double) throws {
        #expect(try JSONValue(parsing: text) == .number(value))
    }

    @Test func `escapes and surrogate pairs become characters`() throws {
        #expect(
            try JSONValue(parsing: #""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00é\ud83d\ude00""#)
                == "\"\\/\u{8}\u{C}\n\r\té😀é😀")
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "nullx", "[1,", "[1,]", "[1 2]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}",
        "01", "-", "1.", ".5", "+1", "1e", "--1", "0x1", "NaN", "Infinity", "1e999", "\"", "\"a",
        "\"\u{1}\"", "\"a\nb\"", #""\x""#, #""\u12""#, #""\u12g4""#, #""\u+123""#, #""\ud800""#,
        #""\ud800\u0041""#, #""\udc00""#, "[1]]", "[] []", "{}{}", "// c\n1", "'a'", "[", "{",
        "{\"a\":", "\u{FEFF}1", "\u{A0}1",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test(arguments: [
        [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0xFF],
        [0x22, 0xC3, 0x28, 0x22], [0x22, 0x5C, 0x6E, 0xC3, 0x22],
    ])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    }

    @Test func `nesting has a maximum`() throws {
        for bracket in ["[", "{\"a\":"] {
            let deep = String(repeating: bracket, count: 100_000)
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
            #expect(error?.reason == "nested deeper than 64")
        }
        let limit = JSONValue.depthMax
        let allowed = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
        #expect(throws: Never.self) { try JSONValue(parsing: allowed) }
        #expect(throws: Never.self) {
            try JSONValue(parsing: "[\(allowed.dropFirst().dropLast()),[]]")
        }
    }

    @Test func `the number of values has a maximum`() {
        let many = "[" + String(repeating: "0,", count: JSONValue.messageValueCountMax) + "0]"
        #expect(throws: JSONError.self) { try JSONValue(parsing: many) }
        #expect(throws: Never.self) {
            try JSONValue(
                parsing: Array(many.utf8), valueCountMax: JSONValue.fileValueCountMax)
        }
        #expect(throws: JSONError.self) {
            try JSONValue(parsing: Array("[[],1]".utf8), valueCountMax: 2)
        }
    }

    @Test(arguments: [1, 7, 8, 9, 500])
    func `a name that occurs twice is refused, however many there are`(count: Int) {
        let names = (0..<count).map { "\"name\($0)\":0" }
        #expect(throws: Never.self) {
            try JSONValue(parsing: "{\(names.joined(separator: ","))}")
        }
        let twice = (names + [names[count / 2]]).joined(separator: ",")
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "{\(twice)}") }
        #expect(error?.reason == "the name 'name\(count / 2)' occurs twice")
    }

    @Test(arguments: [#"{"a":1,"\u0061":2}"#, #"{"a\u0000":1,"a\u0000":2}"#])
    func `an escape does not hide a name`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test(arguments: [("\u{E9}", "e\u{301}"), ("a", "a\\u0000"), ("abcdefgh", "abcdefghi")])
    func `names that differ in a byte are two names`(first: String, second: String) throws {
        let json = try JSONValue(parsing: "{\"\(first)\":1,\"\(second)\":2}")
        #expect(json[first] == 1)
        #expect(json.object?.members.count == 2)
    }

    @Test func `an error says where`() {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "[1, x]") }
        #expect(error?.byteOffset == 4)
    }
}
