internal import Checkpoint
internal import Logging
internal import Mesh

extension Revisions {
    /// Until every expert of a new revision is held: tens of gigabytes over a slow link.
    static let holdDurationMax = Duration.seconds(1800)

    /// Has the workers hold an opened revision, tries it, and says in the book how that went; when
    /// cancelled it says nothing.
    func carryOut(_ revision: Revision) async {
        do {
            try await waitUntilHeld(revision)
            try await SelfTest(fleet: fleet, shelf: shelf, hiddenSize: base.hiddenSize)
                .run(newDigests(of: revision))
            try Task.checkCancellation()
            try await take(.router, asLeader: true) { try $0.finishStaging(revision.number) }
        } catch is CancellationError {
            return
        } catch {
            await fail(revision.number, because: error)
        }
    }

    private func fail(_ revision: Int, because reason: any Error) async {
        do {
            try await take(.router, asLeader: true) { try $0.fail(revision, reason: "\(reason)") }
        } catch {
            // Discarded meanwhile; or the catalog cannot write, which its log tells too.
            logger.warning(
                "a failed staging was not recorded",
                metadata: ["revision": "\(revision)", "error": "\(error)"])
        }
    }

    /// What no other revision that is held has shown to work, in order.
    private func newDigests(of revision: Revision) -> [ArtifactDigest] {
        let known = held.values.filter { $0.number != revision.number }.map(\.digests)
        let new = known.reduce(revision.digests) { $0.subtracting($1) }
        return revision.experts.joined().map(\.digest).filter { new.contains($0) }
    }

    private func waitUntilHeld(_ revision: Revision) async throws {
        let missing = await fleet.waitUntilHeld(revision, deadline: .after(Self.holdDurationMax))
        guard !missing.isEmpty else { return }
        try Task.checkCancellation()
        let homeless = await fleet.state.homeless(of: revision)
        guard homeless.isEmpty else {
            throw StagingError.homeless(homeless, reasons: await fleet.loadFailures)
        }
        throw StagingError.notHeld(missing, within: Self.holdDurationMax)
    }
}
