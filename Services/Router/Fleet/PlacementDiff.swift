internal import Checkpoint
internal import JSON

/// What separates where the experts are from where a plan would have them.
struct PlacementDiff: Sendable {
    /// One artifact that would be loaded or dropped somewhere.
    struct Move: Sendable, Equatable {
        let digest: ArtifactDigest
        let loads: [WorkerID]
        let drops: [WorkerID]
    }

    /// Moves that are listed; all are counted.
    static let listedMoveCountMax = 4096

    let live: Placement
    let planned: Placement
    /// In the order of their digests.
    let moves: [Move]

    init(from live: Placement, to planned: Placement) {
        self.live = live
        self.planned = planned
        let digests = Set(live.holders.keys).union(planned.holders.keys).sorted()
        moves = digests.compactMap { digest in
            let (before, after) = (
                Set(live.workers(holding: digest)), Set(planned.workers(holding: digest))
            )
            guard before != after else { return nil }
            return Move(
                digest: digest, loads: after.subtracting(before).sorted(),
                drops: before.subtracting(after).sorted())
        }
    }

    func loads(of worker: WorkerID) -> Int { moves.count { $0.loads.contains(worker) } }
    func drops(of worker: WorkerID) -> Int { moves.count { $0.drops.contains(worker) } }

    /// Experts of a revision that would be nowhere, in order.
    func homeless(of revision: Revision) -> [ExpertID] {
        revision.expertIDs.filter { planned.workers(holding: revision[$0].digest).isEmpty }
    }

    /// Of all experts of a revision.
    func fewestCopies(of revision: Revision) -> Int {
        revision.digests.map { planned.workers(holding: $0).count }.min() ?? 0
    }
}

extension PlacementDiff {
    /// - Parameter state: knows the workers, the sizes, and what serves.
    func json(_ state: FleetState) -> JSONValue {
        let serving = state.serving
        let homeless = homeless(of: serving)
        let names = Dictionary(
            serving.expertIDs.map { (serving[$0].digest, $0) },
            uniquingKeysWith: { first, _ in first })
        return .members([
            (
                "workers",
                .array(
                    state.members.sorted { $0.key < $1.key }.map { worker, member in
                        report(worker, member, state.demand)
                    })
            ),
            ("fewestCopies", .integer(fewestCopies(of: serving))),
            ("homelessCount", .integer(homeless.count)),
            ("homeless", .array(homeless.prefix(16).map { $0.json })),
            ("moveCount", .integer(moves.count)),
            (
                "moves",
                .array(moves.prefix(Self.listedMoveCountMax).map { $0.json(names[$0.digest]) })
            ),
        ])
    }

    private func report(
        _ worker: WorkerID, _ member: FleetState.Member, _ demand: PlacementDemand
    ) -> JSONValue {
        .members([
            ("name", .string(worker.name)),
            ("capacityBytes", .integer(member.capacityByteCount)),
            ("holdsBytes", .integer(demand.byteCount(of: live.digests(on: worker)))),
            ("wouldHoldBytes", .integer(demand.byteCount(of: planned.digests(on: worker)))),
            ("loads", .integer(loads(of: worker))),
            ("drops", .integer(drops(of: worker))),
        ])
    }
}

extension PlacementDiff.Move {
    /// - Parameter expert: of what serves; nil for an artifact of another revision.
    fileprivate func json(_ expert: ExpertID?) -> JSONValue {
        .members([
            ("digest", .string("\(digest)")),
            ("layer", .optional(expert?.layer)),
            ("expert", .optional(expert?.expert)),
            ("loads", .array(loads.map { .string($0.name) })),
            ("drops", .array(drops.map { .string($0.name) })),
        ])
    }
}
