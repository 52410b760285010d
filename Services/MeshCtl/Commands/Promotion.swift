internal import ArgumentParser
internal import JSON

/// Tries a staged revision on part of the traffic.
struct Canary: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Give a staged revision a share of the requests, and compare it with what serves.",
        discussion: """
            `meshctl revisions` shows how far its answers are from those of what serves, and how \
            fast it is. A request can also name a revision: header `X-Mesh-Revision: 3`.

              meshctl canary 3 --share 0.1       a tenth of the requests
              meshctl canary 3 --share 0         only those that name it
            """)

    @Argument(help: "The revision's number.")
    var revision: Int

    @Option(help: "The share of the requests that name no revision, from 0 to 1.")
    var share: Double

    @OptionGroup var signature: SignatureOptions
    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0...1).contains(share) else {
            throw ValidationError("--share takes a number from 0 to 1")
        }
    }

    func run() async throws {
        let client = RevisionClient(admin: try mesh.admin())
        let answer = try await client.step(
            "canary", revision, signature.members + [("share", .number(share))])
        output.show(answer) {
            [
                "revision \(revision) takes a share of \(share); `meshctl revisions` compares it "
                    + "with revision \(answer["serving"]?.integer ?? 0)"
            ]
        }
    }
}

/// Lets a staged revision serve.
struct Promote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a staged revision serve all new requests.",
        discussion: """
            Requests that run keep the revision they began with.

              meshctl promote 3
            """)

    @Argument(help: "The revision's number.")
    var revision: Int

    @OptionGroup var signature: SignatureOptions
    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = RevisionClient(admin: try mesh.admin())
        let answer = try await client.step("promote", revision, signature.members)
        let former = answer["rollbackTarget"]?.integer ?? 0
        output.show(answer) {
            ["revision \(revision) serves; `meshctl rollback` returns to revision \(former)"]
        }
    }
}

/// Returns to what served before the last promotion.
struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let serve again what served before the last promotion.",
        discussion: """
            Its experts are still on the workers, so this takes effect at once.

              meshctl rollback --note "worse on code"
            """)

    @OptionGroup var signature: SignatureOptions
    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let answer = try await mesh.admin().post(
            "/admin/revisions/rollback", .members(signature.members))
        output.show(answer) { ["revision \(answer["serving"]?.integer ?? 0) serves again"] }
    }
}

/// Gives up a revision.
struct Discard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give up a revision on trial, or the one that a rollback would return to.",
        discussion: """
            Workers let go of its experts as soon as no request runs on it.

              meshctl discard 3
            """)

    @Argument(help: "The revision's number.")
    var revision: Int

    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let answer = try await mesh.admin().delete("/admin/revisions/\(revision)")
        output.show(answer) { ["revision \(revision) is given up"] }
    }
}
