import HTTP
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        "null", "true", "[1,2.5,-3,1e-05]", #"{"b":1,"a":[{},[]]}"#, #""\"\\\n\t\u0001é😀""#, "-0.0",
        "9223372036854775807", "1e+300",
    ])
    func `what is read is written again`(text: String) throws {
        #expect(try JSON(parsing: text).description == text)
    }

    @Test func `escapes and surrogate pairs become characters`() throws {
        #expect(try JSON(parsing: #""\u00e9\ud83d\ude00\/\b\f""#) == "é😀/\u{8}\u{C}")
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "[1,]", "[1 2]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}",
        "{\"a\":1,\"a\":2}", "01", "1.",
        ".5", "+1", "1e", "--1", "0x1", "NaN", "Infinity", "1e999", "\"a", "\"\u{1}\"", #""\x""#,
        #""\u12g4""#,
        #""\u+123""#, #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, "[1]]", "{}{}", "// c\n1",
        "'a'", "[", "{",
        "{\"a\":", "\u{FEFF}1",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test(arguments: [
        [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0xFF],
    ])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    }

    @Test func `nesting and number of values have a maximum`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSON(parsing: deep) }
        let limit = JSON.depthMax
        let allowed = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
        #expect(throws: Never.self) { try JSON(parsing: allowed) }
        let many = "[" + String(repeating: "0,", count: JSON.valueCountMax) + "0]"
        #expect(throws: JSONError.self) { try JSON(parsing: many) }
    }

    @Test func `an error says where`() {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: "[1, x]") }
        #expect(error?.byteOffset == 4)
    }

    @Test func `a number that JSON cannot hold is null`() {
        #expect(JSON.array([.number(.infinity), .number(.nan)]).description == "[null,null]")
    }
}
