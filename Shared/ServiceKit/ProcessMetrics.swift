internal import FoundationEssentials
internal import Glibc

/// What the kernel knows about this process, under the names that Prometheus' own clients use.
enum ProcessMetrics {
    /// Read at each scrape; empty where there is no /proc.
    static var text: String {
        var text = PrometheusText()
        for (name, type, value) in readings {
            text.family(name, type: type)
            text.sample(name, SeriesLabels([]), value)
        }
        return text.text
    }

    private static var readings: [(name: String, type: String, value: Double)] {
        guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let fields = StatFields(stat)
        else { return [] }
        let tickRate = Double(sysconf(Int32(_SC_CLK_TCK)))
        let pageByteCount = Double(sysconf(Int32(_SC_PAGESIZE)))
        return [
            ("process_cpu_seconds_total", "counter", Double(fields.cpuTicks) / tickRate),
            (
                "process_resident_memory_bytes", "gauge",
                Double(fields.residentPages) * pageByteCount
            ),
            ("process_threads", "gauge", Double(fields.threadCount)),
        ]
    }

    /// The fields of /proc/self/stat that are of interest (proc(5)).
    struct StatFields: Equatable {
        let cpuTicks: Int
        let threadCount: Int
        let residentPages: Int

        init?(_ text: String) {
            // The name in parentheses may hold spaces; what follows its last parenthesis begins
            // with field 3.
            guard let end = text.lastIndex(of: ")") else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ")
            guard fields.count > 21, let user = Int(fields[11]), let system = Int(fields[12]),
                let threads = Int(fields[17]), let pages = Int(fields[21])
            else { return nil }
            (cpuTicks, threadCount, residentPages) = (user + system, threads, pages)
        }
    }
}
