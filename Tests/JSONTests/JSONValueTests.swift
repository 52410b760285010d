import JSON
import Testing

@Suite struct JSONValueTests {
    @Test(arguments: [
        "null", "true", "[1,2.5,-3,1e-05]", #"{"b":1,"a":[{},[]]}"#, #""\"\\\n\t\u0001é😀""#, "-0.0",
        "9223372036854775807", "1e+300",
    ])
    func `what is read is written again, members in their order`(text: String) throws {
        #expect(try JSONValue(parsing: text).description == text)
    }

    @Test func `indented text is sorted by name, and read again is the same`() throws {
        let json = try JSONValue(parsing: #"{"b":[1,[],{}],"a":"\u0001\"\\é","c":-0.125}"#)
        let text = String(decoding: json.indented(), as: UTF8.self)
        #expect(try JSONValue(parsing: text) == json)
        let expected = """
            {
              "a": "\\u0001\\"\\\\é",
              "b": [
                1,
                [],
                {}
              ],
              "c": -0.125
            }

            """
        #expect(text == expected)
    }

    @Test func `a number that JSON cannot hold is null`() {
        #expect(JSONValue.array([.number(.infinity), .number(.nan)]).description == "[null,null]")
    }

    @Test func `objects are equal whatever their order, and then have one hash`() {
        let left: JSONValue = ["a": 1, "b": [["c": 2, "d": 3]]]
        let right: JSONValue = ["b": [["d": 3, "c": 2]], "a": 1]
        #expect(left == right)
        #expect(Set([left, right]).count == 1)
        #expect(left != ["a": 1, "b": [["c": 2, "d": 4]]])
        #expect(left != ["a": 1])
        #expect(["\u{E9}": 1] as JSONValue != ["e\u{301}": 1])
    }

    @Test func `a member is set, changed and removed in place`() {
        var object = JSONObject()
        object["a"] = 1
        object["b"] = 2
        object["a"] = 3
        #expect(JSONValue.object(object).description == #"{"a":3,"b":2}"#)
        object["a"] = nil
        object["c"] = nil
        #expect(JSONValue.object(object) == ["b": 2])
        #expect(JSONValue.members([("a", 1), ("a", 2)]) == ["a": 2])
    }
}
