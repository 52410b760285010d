internal import Glibc
internal import SystemPackage

/// Where a command writes: results to standard output, everything else to standard error, so that
/// results can be piped. Whatever leaves here has no control characters but our own.
enum Terminal {
    /// A bar that moves is for a person who watches; a log file gets none.
    static let isWatched = isatty(STDERR_FILENO) == 1

    private static let clearLine = "\r\u{1B}[2K"

    static func say(_ text: String) { write(text.plainText + "\n", to: .standardError) }

    static func result(_ text: String, terminator: String = "\n") {
        write(text.plainText + terminator, to: .standardOutput)
    }

    /// - Parameter json: one value, on one line.
    static func result(json: String) { write(json.plainJSON + "\n", to: .standardOutput) }

    static func progress(_ bar: ProgressBar, done: Int, note: String) {
        guard isWatched else { return }
        write(clearLine + bar.line(done: done, note: note).plainLine, to: .standardError)
    }

    static func endProgress() {
        guard isWatched else { return }
        write(clearLine, to: .standardError)
    }

    /// Whoever reads us may have gone, as in `meshctl ask … | head -1`: then nobody is to be told.
    private static func write(_ text: String, to file: FileDescriptor) {
        _ = try? file.writeAll(text.utf8)
    }
}
