import Checkpoint
import Support

@testable import Router

/// The router's part: what becomes of requests.
extension Simulation {
    func serve(_ event: Event) {
        switch event {
        case .answer(let request, let step, let call):
            if let request = active(request, step) { answered(request, call) }
        case .failure(let request, let step, let call):
            if let request = active(request, step) { failed(request, call) }
        case .wake(let request, let step):
            guard let request = active(request, step) else { return }
            request.wakesAt = nil
            pump(request)
        case .deadline(let request): pump(requests[request])
        case .arrival: arrive()
        default: break
        }
    }

    private func active(_ request: Int, _ step: Int) -> SimulatedRequest? {
        let request = requests[request]
        return request.outcome == nil && request.step == step ? request : nil
    }

    private func arrive() {
        guard let revision = admit() else { return }
        let lost = revision.digests.filter(isInVain)
        guard lost.isEmpty else {
            noteRefusal(because: lost)
            return later(.release(revision: revision.number), by: .zero)
        }
        let request = SimulatedRequest(
            id: requests.count, revision: revision, at: now,
            deadline: now + random.duration(2...20), random: &random)
        requests.append(request)
        running.append(request)
        later(.deadline(request: request.id), by: request.deadline - now)
        if mistake == .pinIsReleasedEarly { release(revision.number) }
        pump(request)
    }

    /// What the loop of `Fleet.dispatch` does, as far as it goes without waiting.
    func pump(_ request: SimulatedRequest) {
        guard request.outcome == nil else { return }
        while request.work.isFinished {
            verifyAnswers(of: request)
            guard request.advance() else { return end(request, .complete) }
        }
        let lost = request.work.outstanding.map(\.key.digest).filter(isInVain)
        guard lost.isEmpty else {
            noteRefusal(because: lost)
            return end(request, .failed)
        }
        guard now < request.deadline else {
            noteExpiry()
            return end(request, .failed)
        }
        ask(request)
        guard let wakesAt = request.work.wakesAt else { return }
        let wake = max(origin.duration(to: wakesAt), now)
        guard request.wakesAt.map({ wake < $0 }) ?? true else { return }
        request.wakesAt = wake
        queue.add(.wake(request: request.id, step: request.step), at: wake)
    }

    /// Whether nobody waits for an artifact any more.
    private func isInVain(_ digest: ArtifactDigest) -> Bool {
        mistake == .refusedWithoutGrace
            ? fleet.holders(of: digest).isEmpty : fleet.isHomeless(digest)
    }

    private func end(_ request: SimulatedRequest, _ outcome: SimulatedRequest.Outcome) {
        request.outcome = outcome
        request.endedAt = now
        running.removeAll { $0 === request }
        if outcome == .complete { counts.completed += 1 } else { counts.failed += 1 }
        if mistake != .pinIsReleasedEarly {
            later(.release(revision: request.revision.number), by: .zero)
        }
    }

    private func ask(_ request: SimulatedRequest) {
        let calls = request.work.nextCalls(
            at: instant(now), holders: { fleet.holders(of: $0) }, health: &health)
        for call in calls {
            noteCall(call, of: request)
            request.calls[call.id] = call
            let failure = Event.failure(request: request.id, step: request.step, call: call.id)
            guard let worker = index(of: call.share.worker),
                let connection = fleetConnection[worker]
            else {
                later(failure, by: .zero)
                continue
            }
            send(
                .dispatch(
                    worker: worker, connection: connection, request: request.id,
                    step: request.step, call: call.id), over: worker, connection)
            later(failure, by: min(Self.exchangeMax, request.deadline - now))
        }
    }

    private func answered(_ request: SimulatedRequest, _ call: Int) {
        let asked = request.calls[call]
        if mistake != .answersCountTwice { request.calls[call] = nil }
        counts.answers += 1
        let counted = request.work.answered(call, at: instant(now), health: &health)
        let share = mistake == .answersCountTwice ? asked?.share : counted
        if let share { noteAnswer(share, of: request) }
        pump(request)
    }

    private func failed(_ request: SimulatedRequest, _ call: Int) {
        guard let asked = request.calls.removeValue(forKey: call) else { return }
        for key in asked.share.keys {
            request.failures[SimulatedRequest.Failure(key, asked.share.worker)] = now
        }
        request.work.failed(
            call, because: Violation(description: "no answer"), at: instant(now), health: &health)
        if mistake == .retryReachesTheSameReplica {
            request.work = LayerDispatch(request.work.outstanding)
        }
        pump(request)
    }
}
