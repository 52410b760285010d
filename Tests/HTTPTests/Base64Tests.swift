import Testing

@testable import HTTP

struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ]) func `the examples of RFC 4648 go both ways`(plain: String, text: String) {
        #expect(Base64.encoded(Array(plain.utf8)) == text)
        #expect(Base64.decoded(text) == Array(plain.utf8))
    }

    @Test func `every byte comes back at every place`() {
        for length in 0..<9 {
            let bytes = (0..<256 * length).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ length) }
            #expect(Base64.decoded(Base64.encoded(bytes)) == bytes)
        }
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "=", "====", "Zg==Zg==", "Z===", "Zm9v\n", "Zm 9", "Zm9-",
        "Zm9_", "Zh==", "Zm9=", "=m9v", "Zm9vé",
    ]) func `what no encoder makes is refused`(text: String) {
        #expect(Base64.decoded(text) == nil)
    }
}
