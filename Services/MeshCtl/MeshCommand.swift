internal import ArgumentParser
internal import Glibc

/// The operator's hand: starts a mesh, feeds it, asks it, and shows what it does.
@main
struct MeshCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meshctl",
        abstract: "Starts a mesh on this machine, gives it documents, asks it questions.",
        discussion: """
            A session from nothing:
              meshctl up --detach                        start every process
              meshctl ingest docs/                       give it documents
              meshctl ask "What does a worker hold?"     an answer and where it comes from
              meshctl experts                            who computes what
              meshctl swap models/edited                 serve other experts, without a stop
              meshctl down                               stop everything, in order
            """,
        subcommands: [
            Up.self, Down.self, Status.self, Ingest.self, Ask.self, Experts.self, Import.self,
            Revisions.self, Swap.self, Canary.self, Promote.self, Rollback.self, Discard.self,
            Drain.self, Place.self,
        ])

    /// As the package would do it, but errors and help leave through `Terminal`.
    static func main() async {
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    private static func end(with error: any Error) -> Never {
        let (text, code) = (fullMessage(for: error), exitCode(for: error))
        if !text.isEmpty {
            code.isSuccess ? Terminal.result(text) : Terminal.say(text)
        }
        Glibc.exit(code.rawValue)
    }
}
