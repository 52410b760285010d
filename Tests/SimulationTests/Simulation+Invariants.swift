import Checkpoint

@testable import ExpertWorker
@testable import Router

/// What must hold, whatever fails. Numbers as in `docs/FAULTS.md`.
extension Simulation {
    private func violate(_ what: String) {
        if violation == nil { violation = Violation(description: "at \(now): \(what)") }
    }

    // MARK: - Membership and placement

    /// The router asks nobody for what he does not hold.
    func checkBelief(about worker: Int) {
        let it = workers[worker]
        guard it.isRunning, fleetConnection[worker] == it.connection else { return }
        guard fleet.live.digests(on: it.id).allSatisfy(it.held.isResident) else {
            return violate("the router believes that \(it.id.name) holds what it does not")
        }
    }

    /// No worker holds more than its memory.
    func checkMemory(of worker: Int) {
        if workers[worker].held.residentBytes > workers[worker].capacityByteCount {
            violate("\(workers[worker].id.name) holds more than its memory")
        }
    }

    /// Nothing that is served is dropped before another worker has confirmed that it holds it.
    func noteAssignment(_ assignment: FleetState.Assignment, before resident: Set<ArtifactDigest>) {
        let dropped = resident.subtracting(assignment.digests)
        guard !dropped.isEmpty else { return }
        for digest in dropped.intersection(fleet.serving.digests) {
            let others = fleet.live.workers(holding: digest).filter { $0 != assignment.worker }
            if others.isEmpty {
                violate("\(assignment.worker.name) drops the last live copy of an artifact")
            }
        }
    }

    // MARK: - Dispatch

    /// Nobody is asked again for what he failed at before everybody was asked and a pause is over;
    /// nobody is asked for what another computes, but for a hedge; hedges keep to their budget.
    func noteCall(_ call: LayerDispatch.Call, of request: SimulatedRequest) {
        for key in call.share.keys {
            let failure = request.failures[SimulatedRequest.Failure(key, call.share.worker)]
            if let failure, now - failure < LayerDispatch.retryPause {
                violate("a retry reaches the replica that has just failed")
            }
            let rivals = request.calls.values.filter { $0.share.keys.contains(key) }
            if rivals.contains(where: { $0.share.worker == call.share.worker }) {
                violate("a worker is asked twice at the same time")
            }
            if call.reason != .hedge, !rivals.isEmpty {
                violate("two workers are asked for the same without a hedge")
            }
        }
        guard call.reason == .hedge else { return }
        counts.hedges += 1
        if Double(counts.hedges) > 3 + HedgeBudget.share * Double(counts.answers) {
            violate("\(counts.hedges) hedges for \(counts.answers) answers")
        }
    }

    /// Each row of each expert is answered once, by the artifact of the request's own revision.
    func noteAnswer(_ share: WorkerShare, of request: SimulatedRequest) {
        for group in share.experts {
            let artifact = request.revision.experts[request.layer][group.key.expert]
            guard artifact.digest == group.key.digest else {
                return violate("a row was computed by another revision than its request's")
            }
            for row in group.rows {
                let answer = SimulatedRequest.Answer(key: group.key, row: row)
                guard request.answers.insert(answer).inserted else {
                    return violate("an answer counts twice")
                }
            }
        }
    }

    /// No expert is left out.
    func verifyAnswers(of request: SimulatedRequest) {
        let needed = request.needed.reduce(0) { $0 + $1.rows.count }
        if request.answers.count != needed {
            violate("\(request.answers.count) of \(needed) answers, and the layer goes on")
        }
    }

    // MARK: - Refusals

    /// A request ends before its time only for what nobody has held for the grace, and what fits
    /// on no worker that is there.
    func noteRefusal(because lost: some Collection<ArtifactDigest>) {
        counts.refused += 1
        let demandByteCount = fleet.demand.byteCount(of: fleet.demand.artifacts.map(\.digest))
        for digest in lost {
            guard now - heldUntil[digest, default: .zero] >= HomelessArtifacts.grace else {
                return violate("a request is refused although somebody may come back")
            }
            let couldTakeIt = fleet.members.values.contains { member in
                member.failures[digest] == nil
                    && member.capacityByteCount >= demandByteCount
            }
            if couldTakeIt { violate("a request is refused although a worker has room") }
        }
    }

    /// No request waits until its time is over when there has been no worker for the grace.
    func noteExpiry() {
        guard fleetConnection.isEmpty else { return }
        if now - aloneSince > HomelessArtifacts.grace + Self.lateness + longestStandstill {
            violate("a request waits in vain until its deadline")
        }
    }

    // MARK: - Revisions

    /// Nobody gets a revision that was never held as a whole, and nobody but a canary's request
    /// gets another than what serves without naming it.
    func noteAdmission(to revision: Int, named: Int?) {
        if revision == book.candidate { counts.canaryRequests += 1 }
        guard staged.contains(revision) else {
            return violate("revision \(revision) takes a request before it is held")
        }
        let mayTake = named ?? book.serving
        if revision != mayTake, book.states[revision]?.share == nil {
            violate("revision \(revision) takes a request of revision \(mayTake)")
        }
    }

    /// What a request is pinned to is wanted until it has ended, by the book and by the fleet.
    func checkPins() {
        for request in running where held[request.revision.number] == nil {
            violate("revision \(request.revision.number) is let go while a request runs on it")
        }
    }

    func noteRefusedStep(_ before: RevisionBook) {
        if book != before { violate("a step that was refused changed the book") }
    }

    func noteStaged(_ revision: Revision) { staged.insert(revision.number) }

    /// A revision serves only when all of it was staged and is held.
    func notePromotion(of revision: Revision) {
        guard staged.contains(revision.number) else {
            return violate("revision \(revision.number) is served before it is staged")
        }
        if !fleet.missing(of: revision).isEmpty {
            violate("revision \(revision.number) is served before it is held")
        }
    }

    // MARK: - The end

    /// Every request has ended, in time; and the mesh has become well.
    func checkEnd() throws {
        if let violation { throw violation }
        for request in requests {
            guard let endedAt = request.endedAt else {
                throw Violation(description: "request \(request.id) never ends")
            }
            guard endedAt <= request.deadline + Self.lateness + longestStandstill else {
                throw Violation(description: "request \(request.id) ends after its deadline")
            }
        }
        guard book.states.keys.allSatisfy({ book.pinnedCount(of: $0) == 0 }) else {
            throw Violation(description: "a revision is pinned although no request runs")
        }
        guard fleet.serving.number == book.serving else {
            throw Violation(description: "the fleet serves another revision than the book")
        }
        let missing = fleet.missing(of: fleet.serving)
        guard missing.isEmpty else {
            throw Violation(description: "\(missing.count) experts are never placed again")
        }
        let late = requests.filter { $0.arrivedAt > Self.faultyTime + .seconds(15) }
        guard late.allSatisfy({ $0.outcome == .complete }) else {
            throw Violation(description: "requests fail although nothing fails any more")
        }
    }
}
