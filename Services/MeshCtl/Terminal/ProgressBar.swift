/// How far a piece of work is, as one line of text.
struct ProgressBar {
    private static let width = 28
    let title: String
    let total: Int

    /// `ingesting  ███████▌···········  12/31  docs/WIRE.md`
    func line(done: Int, note: String) -> String {
        let share = total > 0 ? Double(min(done, total)) / Double(total) : 1
        let eighths = Int(share * Double(Self.width * 8))
        let full = String(repeating: "█", count: eighths / 8)
        let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
        let empty = Self.width - full.count - partial.count
        let bar = full + partial + String(repeating: "·", count: empty)
        return "\(title)  \(bar)  \(done.grouped)/\(total.grouped)  \(note)"
    }
}
