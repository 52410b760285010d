/// A worker's name: it stands in reports, labels and paths as it is.
public enum WorkerName {
    public static let byteCountMax = 128
    /// To follow "a name is".
    public static let rule = "1 to 128 letters, digits and -._:"

    public static func isValid(_ name: String) -> Bool {
        1...byteCountMax ~= name.utf8.count
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._:".utf8.contains(byte)
                }
            }
    }
}
