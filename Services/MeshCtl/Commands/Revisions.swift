internal import ArgumentParser
internal import FoundationEssentials
internal import JSON

/// Shows which revision serves, which is on trial, and what has been done.
struct Revisions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Show the revisions of the model, how the one on trial compares, and the journal.",
        discussion: """
            A revision is what is served under one number: an artifact for each expert, and gates.

              meshctl revisions
              meshctl revisions --json | jq .journal
            """)

    /// As many lines of the journal as a person wants to see; JSON has more.
    private static let journalLineCount = 12

    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let answer = try await mesh.admin().get("/admin/revisions")
        output.show(answer) { Self.lines(answer) }
    }

    static func lines(_ answer: JSONValue) -> [String] {
        let revisions = answer["revisions"]?.array ?? []
        let journal = (answer["journal"]?.array ?? []).prefix(journalLineCount)
        return table(revisions, rollbackTarget: answer["rollbackTarget"]?.integer).lines
            + comparison(revisions, serving: answer["serving"]?.integer ?? 0)
            + (journal.isEmpty ? [] : [""]) + journal.map(line)
    }

    private static func table(_ revisions: [JSONValue], rollbackTarget: Int?) -> Table {
        var table = Table("revision", "state", "requests", "since", "note")
        for revision in revisions {
            let number = revision["revision"]?.integer ?? 0
            table.add(
                "\(number)", state(of: revision, isRollbackTarget: number == rollbackTarget),
                "\(revision["pinned"]?.integer ?? 0)", time(revision["createdAt"]),
                revision["reason"]?.string ?? revision["note"]?.string ?? "")
        }
        return table
    }

    private static func state(of revision: JSONValue, isRollbackTarget: Bool) -> String {
        let state = revision["state"]?.string ?? ""
        if let share = revision["share"]?.number { return "\(state), share \(share)" }
        return isRollbackTarget ? "\(state), rollback returns to it" : state
    }

    /// What the shadow calls have found.
    private static func comparison(_ revisions: [JSONValue], serving: Int) -> [String] {
        guard let candidate = revisions.first(where: { $0["divergence"]?.object != nil }),
            let divergence = candidate["divergence"]
        else { return [] }
        let tokens = (divergence["tokens"]?.integer ?? 0).grouped
        return [
            "",
            "revision \(candidate["revision"]?.integer ?? 0) against \(serving) over \(tokens) "
                + "tokens: same first choice \(percent(divergence["agreement"])), mean divergence "
                + "\(number(divergence["meanKL"])) nats,",
            "  milliseconds per token \(number(divergence["tokenMilliseconds"])), of "
                + "revision \(serving) \(number(divergence["servingTokenMilliseconds"]))",
        ]
    }

    /// `2026-01-31T12:00:00Z  promoted 3, in place of revision 2 (ada: less memory)`
    private static func line(_ entry: JSONValue) -> String {
        let words = ["author", "note"].compactMap { entry[$0]?.string }.filter { !$0.isEmpty }
        let detail = entry["detail"]?.string ?? ""
        return "\(time(entry["time"]))  \(entry["step"]?.string ?? "") "
            + "\(entry["revision"]?.integer ?? 0)" + (detail.isEmpty ? "" : ", \(detail)")
            + (words.isEmpty ? "" : " (\(words.joined(separator: ": ")))")
    }

    private static func time(_ seconds: JSONValue?) -> String {
        guard let seconds = seconds?.integer else { return "" }
        return Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }

    private static func percent(_ value: JSONValue?) -> String {
        value?.number.map { "\(($0 * 100).oneDecimal) %" } ?? "-"
    }

    /// Three digits after the point.
    private static func number(_ value: JSONValue?) -> String {
        value?.number.map { "\(($0 * 1000).rounded() / 1000)" } ?? "-"
    }
}
