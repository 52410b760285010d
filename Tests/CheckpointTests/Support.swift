import Checkpoint
import Glibc

/// The path of a fixture, beside this file.
func fixture(_ name: String, _ here: String = #filePath) -> String {
    String(here[..<here.lastIndex(of: "/")!]) + "/Fixtures/" + name
}

func contents(_ path: String) throws -> [UInt8] {
    let file = try MappedFile(path: path)
    return file.bytes(in: 0..<file.byteCount)
}

func write(_ bytes: [UInt8], to path: String) {
    let file = unsafe fopen(path, "w")!
    unsafe fwrite(bytes, 1, bytes.count, file)
    unsafe fclose(file)
}

/// A new directory under /tmp, removed with everything in it when the value goes.
final class TemporaryDirectory {
    let path: String

    init() {
        var template = Array("/tmp/checkpoint-tests-XXXXXX".utf8CString)
        path = unsafe String(cString: mkdtemp(&template))
    }

    deinit { Self.remove(path) }

    var names: [String] { Self.names(path) }

    static func names(_ path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func remove(_ path: String) {
        for name in names(path) {
            let child = path + "/" + name
            if unsafe unlink(child) != 0 { remove(child) }
        }
        unsafe rmdir(path)
    }
}

/// Bytes put together field by field, little-endian.
struct Bytes {
    var bytes: [UInt8] = []

    static func + (left: Bytes, right: Bytes) -> Bytes { Bytes(bytes: left.bytes + right.bytes) }

    static func u8(_ value: UInt8) -> Bytes { Bytes(bytes: [value]) }
    static func u32(_ value: UInt32) -> Bytes { integer(value) }
    static func u64(_ value: UInt64) -> Bytes { integer(value) }
    static func text(_ text: String) -> Bytes { Bytes(bytes: Array(text.utf8)) }
    /// A string of GGUF.
    static func string(_ text: String) -> Bytes { u64(UInt64(text.utf8.count)) + .text(text) }
    static func zeros(_ count: Int) -> Bytes { Bytes(bytes: Array(repeating: 0, count: count)) }

    private static func integer<Number: FixedWidthInteger>(_ value: Number) -> Bytes {
        Bytes(bytes: (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) })
    }
}

/// What `body` throws, as text; nil when it does not throw.
func failure(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch { return "\(error)" }
}

/// The lengths shorter than `bytes` at which `parse` does not throw: there should be none.
func acceptedTruncations(_ bytes: [UInt8], _ parse: (MappedFile) throws -> Void) -> [Int] {
    (0..<bytes.count).filter { count in
        failure { try parse(MappedFile(name: "truncated", bytes: Array(bytes[..<count]))) } == nil
    }
}
