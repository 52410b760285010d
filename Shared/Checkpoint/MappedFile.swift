internal import Glibc

/// A file mapped read-only, or bytes in memory under a file's name.
///
/// The length is taken once, when the file is opened. Whoever replaces a model's file must write a
/// new one and rename it over the old name, as `AtomicFile` does: the mapping then keeps the old
/// content. A file that is shortened in place while mapped raises SIGBUS at the next touch of a
/// lost page.
@safe public final class MappedFile: @unchecked Sendable {
    // Guard for `@unchecked`: both are constant, and nobody writes through the pointer.
    private let base: UnsafeRawPointer?
    private let release: @Sendable (UnsafeMutableRawPointer, Int) -> Void

    /// As given, for errors.
    public let path: String
    /// Length of the file when it was opened.
    public let byteCount: Int

    /// Maps the regular file at `path`; follows symbolic links. Throws `unreadable`.
    public convenience init(path: String) throws(CheckpointError) {
        try self.init(path: path, flags: 0)
    }

    /// Maps the regular file at `path`, which must not itself be a symbolic link. Throws
    /// `unreadable`.
    public convenience init(notFollowing path: String) throws(CheckpointError) {
        try self.init(path: path, flags: O_NOFOLLOW)
    }

    private init(path: String, flags: CInt) throws(CheckpointError) {
        // Without O_NONBLOCK, opening a named pipe would wait for its writer.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: systemError()) }
        defer { close(descriptor) }
        let count = try byteCountOfRegularFile(descriptor, path: path)
        self.path = path
        self.byteCount = count
        unsafe self.base = try Self.map(descriptor, byteCount: count, path: path)
        unsafe self.release = { unsafe munmap($0, $1) }
    }

    /// Holds a copy of `bytes`, aligned like a mapped file's; `name` stands for the path in errors.
    public init(name: String, bytes: [UInt8]) {
        path = name
        byteCount = bytes.count
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 4096)
        unsafe copy.copyBytes(from: bytes)
        unsafe base = UnsafeRawPointer(copy.baseAddress)
        unsafe release = { pointer, _ in unsafe pointer.deallocate() }
    }

    deinit {
        guard let base = unsafe base else { return }
        unsafe release(UnsafeMutableRawPointer(mutating: base), byteCount)
    }

    /// Lends the whole content. The pointer is valid in `body` only.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: base, count: byteCount))
    }

    /// A copy of the bytes in `range`, which must lie inside the file.
    public func bytes(in range: Range<Int>) -> [UInt8] {
        unsafe withBytes { bytes in unsafe Array(bytes[range]) }
    }

    /// The bytes in `range` as a value that keeps the file mapped.
    public subscript(range: Range<Int>) -> MappedBytes { MappedBytes(file: self, range: range) }

    /// The whole content as a value that keeps the file mapped.
    public var all: MappedBytes { self[0..<byteCount] }

    private static func map(
        _ descriptor: CInt, byteCount: Int, path: String
    ) throws(CheckpointError) -> UnsafeRawPointer? {
        guard byteCount > 0 else { return nil }  // mmap refuses an empty range
        let base = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard unsafe base != MAP_FAILED else {
            throw .unreadable(path: path, reason: systemError())
        }
        return UnsafeRawPointer(base)
    }
}

/// Part of a mapped file; as long as a copy of this value lives, so does the mapping.
public struct MappedBytes: Sendable {
    /// The whole file.
    public let file: MappedFile
    /// Where in the file.
    public let range: Range<Int>

    /// `range` must lie inside the file.
    public init(file: MappedFile, range: Range<Int>) {
        precondition(range.lowerBound >= 0)
        precondition(range.upperBound <= file.byteCount)
        self.file = file
        self.range = range
    }

    /// Length of this part.
    public var byteCount: Int { range.count }

    /// Lends the bytes. The pointer is valid in `body` only.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe file.withBytes { (bytes) throws(Failure) -> Result in
            try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }

    /// The bytes in `part`, counted from this value's first byte.
    public subscript(part: Range<Int>) -> MappedBytes {
        precondition(part.upperBound <= byteCount)
        let start = range.lowerBound
        return MappedBytes(file: file, range: start + part.lowerBound..<start + part.upperBound)
    }
}

/// The text of the last failed system call.
func systemError() -> String {
    unsafe String(cString: strerror(errno))
}
