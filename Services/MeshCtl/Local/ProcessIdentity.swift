internal import FoundationEssentials
internal import Glibc

/// A process, such that a later one with the same number is not taken for it.
struct ProcessIdentity: Equatable, Sendable {
    let pid: Int32
    /// Clock ticks since the machine started: field 22 of `/proc/PID/stat` (proc(5)).
    let startTime: Int

    /// The process of this number that runs now.
    init?(pid: Int32) {
        guard let stat = Self.statistics(of: pid), let startTime = Int(stat[19]) else { return nil }
        self.init(pid: pid, startTime: startTime)
    }

    init(pid: Int32, startTime: Int) {
        self.pid = pid
        self.startTime = startTime
    }

    static var current: ProcessIdentity? { ProcessIdentity(pid: getpid()) }

    /// A zombie no longer runs; it only waits to be asked how it ended.
    var isRunning: Bool {
        guard let stat = Self.statistics(of: pid), let now = Int(stat[19]) else { return false }
        return now == startTime && stat[0] != "Z" && stat[0] != "X"
    }

    /// Memory that the process occupies, in bytes.
    var residentBytes: Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
        else { return nil }
        return kilobytes * 1024
    }

    /// Sends the signal, unless the process has ended.
    func send(_ signal: Int32) {
        if isRunning { kill(pid, signal) }
    }

    /// The fields after the program's name, which may hold spaces and parentheses.
    private static func statistics(of pid: Int32) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let name = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: name)...].split(separator: " ")
        return fields.count > 19 ? fields : nil
    }
}
