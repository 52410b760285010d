internal import Glibc
internal import SystemPackage

/// Where a command writes: results to standard output, everything else to standard error, so that
/// results can be piped.
enum Terminal {
    /// A bar that moves is for a person who watches; a log file gets none.
    static let isWatched = isatty(STDERR_FILENO) == 1

    static func say(_ text: String) { write(text + "\n", to: .standardError) }

    static func result(_ text: String, terminator: String = "\n") {
        write(text + terminator, to: .standardOutput)
    }

    static func progress(_ bar: ProgressBar, done: Int, note: String) {
        guard isWatched else { return }
        write("\r\u{1B}[2K" + bar.line(done: done, note: note), to: .standardError)
    }

    static func endProgress() {
        guard isWatched else { return }
        write("\r\u{1B}[2K", to: .standardError)
    }

    /// Whoever reads us may have gone, as in `meshctl ask … | head -1`: then nobody is to be told.
    private static func write(_ text: String, to file: FileDescriptor) {
        _ = try? file.writeAll(text.utf8)
    }
}
