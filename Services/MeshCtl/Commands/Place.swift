internal import ArgumentParser
internal import JSON

/// Shows what the mesh would move.
struct Place: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show where experts would go, without moving any.",
        discussion: """
            The mesh places experts by itself whenever a worker comes or goes; this tells in \
            advance what it would do. The exit status is 1 when an expert would be nowhere.

              meshctl place --dry-run                              what is still to be moved
              meshctl place --dry-run --without expert-worker-1    if that worker went
              meshctl place --dry-run --replicas 3                 with three copies of each
            """)

    @Flag(help: "Only show it. This is required: moves are the mesh's own affair.")
    var dryRun = false

    @Option(help: "As if this worker were gone.")
    var without: String?

    @Option(help: "As if so many copies of each expert were wanted.")
    var replicas: Int?

    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard dryRun else {
            throw ValidationError(
                "the mesh moves experts by itself; say --dry-run to see what it would move")
        }
        guard without?.isEmpty != true else { throw ValidationError("--without names a worker") }
        guard replicas.map({ $0 >= 1 }) ?? true else {
            throw ValidationError("--replicas takes a number from 1")
        }
    }

    func run() async throws {
        let answer = try await mesh.admin().get("/admin/placement" + query)
        output.show(answer) { Self.lines(answer, wanted: replicas) }
        guard answer["homelessCount"]?.integer == 0 else { throw ExitCode.failure }
    }

    private var query: String {
        let items = [
            without.map { "without=\($0.percentEncoded)" }, replicas.map { "replicas=\($0)" },
        ].compactMap(\.self)
        return items.isEmpty ? "" : "?" + items.joined(separator: "&")
    }

    /// - Parameter wanted: so many copies of each expert; nil for what the mesh is told to have.
    static func lines(_ answer: JSONValue, wanted: Int? = nil) -> [String] {
        var table = Table("worker", "holds", "would hold", "capacity", "loads", "drops")
        for worker in answer["workers"]?.array ?? [] {
            table.add(
                worker["name"]?.string ?? "", (worker["holdsBytes"]?.integer ?? 0).inBytes,
                (worker["wouldHoldBytes"]?.integer ?? 0).inBytes,
                (worker["capacityBytes"]?.integer ?? 0).inBytes,
                (worker["loads"]?.integer ?? 0).grouped, (worker["drops"]?.integer ?? 0).grouped)
        }
        return table.lines + ["", verdict(answer, wanted: wanted)]
    }

    private static func verdict(_ answer: JSONValue, wanted: Int?) -> String {
        let homeless = answer["homelessCount"]?.integer ?? 0
        let copies = answer["fewestCopies"]?.integer ?? 0
        guard homeless == 0 else {
            return "\(homeless.grouped) experts would be nowhere: the mesh could not answer"
        }
        let had = "\(copies.grouped) \(copies == 1 ? "copy" : "copies")"
        guard let wanted, copies < wanted else { return "every expert would have \(had) or more" }
        return "\(wanted.grouped) copies of each cannot be had: some would have \(had); "
            + "start more workers, or give them more --memory"
    }
}

/// Empties a worker before it is stopped.
struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have a worker give away its experts; returns when it can be stopped.",
        discussion: """
            No expert is ever below one live copy meanwhile. The worker itself goes on running: \
            stop it when this has returned. It takes experts again when it is started again, or \
            when the drain is taken back. A drain that fails, because nobody else has room, or \
            that is interrupted leaves the worker as it was.

              meshctl drain expert-worker-1
              meshctl drain expert-worker-1 --cancel    it stays, and takes its part again
            """)

    /// A little more than the router itself allows for it.
    private static let timeout = Duration.seconds(700)

    @Argument(help: "The worker's name.")
    var worker: String

    @Flag(help: "Take a drain back.")
    var cancel = false

    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !worker.isEmpty else { throw ValidationError("WORKER must be a worker's name") }
    }

    func run() async throws {
        let path = "/admin/workers/\(worker.percentEncoded)/drain"
        if cancel {
            let answer = try await mesh.admin().delete(path)
            output.show(answer) { ["\(worker) takes its part again"] }
        } else {
            let answer = try await mesh.admin().post(path, [:], within: Self.timeout)
            output.show(answer) { ["\(worker) holds nothing that is needed; it can be stopped"] }
        }
    }
}

extension String {
    /// For a segment or a value of a URL: all but letters, digits and `-._~` (RFC 3986) escaped.
    var percentEncoded: String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return utf8.reduce(into: "") { text, byte in
            if plain.contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
