internal import ArgumentParser

/// The operator's hand: starts a mesh, feeds it, asks it, and shows what it does.
@main
struct MeshCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meshctl",
        abstract: "Starts a mesh on this machine, gives it documents, asks it questions.",
        discussion: """
            A session from nothing:
              meshctl up --detach                        start router, workers, knowledge-store
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
}
