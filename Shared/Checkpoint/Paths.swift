/// True for a name that stays in its directory: not empty, no slash, no NUL, and not `.` or `..`.
func isPlainFileName(_ name: String) -> Bool {
    // 255 bytes is the limit of Linux file systems.
    guard 1...255 ~= name.utf8.count, name != ".", name != ".." else { return false }
    return !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
}

/// The directory part of a path; "." when there is none.
func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The path of `name` in the directory of `path`.
func sibling(_ name: String, of path: String) -> String { directory(of: path) + "/" + name }

/// The whole content of a file of at most `byteCountMax` bytes.
func smallFile(_ path: String, byteCountMax: Int) throws(CheckpointError) -> [UInt8] {
    let file = try MappedFile(path: path)
    guard file.byteCount <= byteCountMax else {
        let reason = "\(file.byteCount) bytes; at most \(byteCountMax) are accepted"
        throw .malformed(path: path, reason: reason)
    }
    return file.bytes(in: 0..<file.byteCount)
}
