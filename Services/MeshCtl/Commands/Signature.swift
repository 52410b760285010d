internal import ArgumentParser
internal import FoundationEssentials
internal import JSON

/// Who changes what is served, and why: both stand in the journal.
struct SignatureOptions: ParsableArguments {
    @Option(help: "Why, for the journal.")
    var note = ""

    /// As members of a request.
    var members: [(String, JSONValue)] {
        let user = ProcessInfo.processInfo.environment["USER"] ?? ""
        return [("author", .string(user)), ("note", .string(note))]
    }
}
