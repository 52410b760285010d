import Checkpoint
import Support

@testable import Router

extension Simulation {
    /// The router's part. While it stands still, everything reaches it late.
    func route(_ event: Event) {
        if routerStandsStillUntil > now {
            return queue.add(event, at: routerStandsStillUntil)
        }
        if random.chance(faults.routerPause * 0.05) {
            routerStandsStillUntil = now + random.duration(0...0.5)
        }
        switch event {
        case .hello(let worker, let connection): join(worker, connection)
        case .lost(let worker, let connection): lose(worker, connection)
        case .held(let worker, let connection, let assignment, let failures):
            guard fleetConnection[worker] == connection else { return }
            fleet.confirmed(
                assignment, residentByteCount: assignment.digests.count * 10, failures: failures,
                at: instant(now))
            checkBelief(about: worker)
            changed()
        case .answer(let request, let step, let call): answered(request, step, call)
        case .failure(let request, let step, let call): failed(request, step, call)
        case .wake(let request, let step):
            guard requests[request]?.step == step else { return }
            requests[request]?.wakesAt = nil
            pump(request)
        case .arrival: arrive()
        case .edit: edit()
        case .promotion: promote()
        case .drain(let worker):
            fleet.drain(workers[worker].id)
            changed()
        case .look: changed()
        case .release: wantWhatIsNeeded()
        case .heal: heal()
        default: break
        }
    }

    // MARK: - Membership

    private func join(_ worker: Int, _ connection: Int) {
        guard workers[worker].connection == connection, workers[worker].isRunning else { return }
        if fleetConnection[worker] != nil { drop(worker) }
        fleetConnection[worker] = connection
        health.forget(workers[worker].id)
        fleet.join(
            workers[worker].id, capacityByteCount: workers[worker].capacityByteCount,
            host: "", numericClass: "here", resident: workers[worker].held)
        checkBelief(about: worker)
        changed()
    }

    private func lose(_ worker: Int, _ connection: Int) {
        guard fleetConnection[worker] == connection else { return }
        drop(worker)
        changed()
        // The worker notices, too, and dials again.
        guard workers[worker].isRunning, !workers[worker].isPaused,
            workers[worker].connection == connection
        else { return }
        workers[worker].connection += 1
        later(
            .hello(worker: worker, connection: workers[worker].connection),
            by: .milliseconds(50) + delay())
    }

    private func drop(_ worker: Int) {
        fleetConnection[worker] = nil
        for digest in fleet.live.digests(on: workers[worker].id) { heldUntil[digest] = now }
        if fleetConnection.isEmpty { aloneSince = now }
        fleet.leave(workers[worker].id)
        for (id, request) in requests.sorted(by: { $0.key < $1.key }) where request.outcome == nil {
            let calls = request.calls.filter { $0.value.share.worker == workers[worker].id }
            for call in calls.keys.sorted() {
                later(.failure(request: id, step: request.step, call: call), by: .zero)
            }
        }
    }

    /// What `Fleet.changed` does.
    private func changed() {
        let before = fleet.members.mapValues(\.resident)
        for assignment in fleet.nextAssignments(at: instant(now)) {
            guard let worker = workers.firstIndex(where: { $0.id == assignment.worker }),
                let connection = fleetConnection[worker]
            else { continue }
            var assignment = assignment
            if mistake == .droppedBeforeAnotherHoldsIt {
                assignment = FleetState.Assignment(
                    worker: assignment.worker, number: assignment.number,
                    digests: assignment.digests.subtracting([Self.digest(0), Self.digest(1)]))
            }
            noteAssignment(assignment, before: before[assignment.worker, default: []])
            send(
                .hold(worker: worker, connection: connection, assignment), over: worker,
                connection)
        }
        if let wakesAt = fleet.wakesAt {
            later(.look, by: max(instant(now).duration(to: wakesAt), .milliseconds(1)))
        }
        for id in requests.keys.sorted() where requests[id]?.work.isPaused == true { pump(id) }
        promoteWhenHeld()
    }

    // MARK: - Requests

    private func arrive() {
        let lost = serving.digests.filter(isInVain)
        guard lost.isEmpty else { return noteRefusal(because: lost) }
        lastRequest += 1
        let request = SimulatedRequest(
            id: lastRequest, revision: serving, at: now,
            deadline: now + random.duration(2...20), random: &random)
        requests[lastRequest] = request
        later(.wake(request: lastRequest, step: request.step), by: request.deadline - now)
        pump(lastRequest)
    }

    /// What the loop of `Fleet.dispatch` does, as far as it goes without waiting.
    func pump(_ id: Int) {
        guard var request = requests[id], request.outcome == nil else { return }
        defer { requests[id] = request }
        while request.work.isFinished {
            verifyAnswers(of: request)
            guard request.advance() else { return end(&request, .complete) }
            later(.wake(request: id, step: request.step), by: request.deadline - now)
        }
        let lost = request.work.outstanding.map(\.key.digest).filter(isInVain)
        guard lost.isEmpty else {
            noteRefusal(because: lost)
            return end(&request, .failed)
        }
        guard now < request.deadline else {
            noteExpiry()
            return end(&request, .failed)
        }
        ask(&request)
        guard let wakesAt = request.work.wakesAt else { return }
        let wake = max(origin.duration(to: wakesAt), now)
        guard request.wakesAt.map({ wake < $0 }) ?? true else { return }
        request.wakesAt = wake
        queue.add(.wake(request: id, step: request.step), at: wake)
    }

    /// Whether nobody waits for an artifact any more.
    private func isInVain(_ digest: ArtifactDigest) -> Bool {
        mistake == .refusedWithoutGrace
            ? fleet.holders(of: digest).isEmpty : fleet.isHomeless(digest)
    }

    private func end(_ request: inout SimulatedRequest, _ outcome: SimulatedRequest.Outcome) {
        request.outcome = outcome
        request.endedAt = now
        if outcome == .complete { completeCount += 1 } else { failedCount += 1 }
        if request.revision.number != serving.number { later(.release, by: .zero) }
    }

    private func ask(_ request: inout SimulatedRequest) {
        let calls = request.work.nextCalls(
            at: instant(now), holders: { fleet.holders(of: $0) }, health: &health)
        for call in calls {
            noteCall(call, of: request)
            request.calls[call.id] = call
            let failure = Event.failure(request: request.id, step: request.step, call: call.id)
            guard let worker = workers.firstIndex(where: { $0.id == call.share.worker }),
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

    private func answered(_ id: Int, _ step: Int, _ call: Int) {
        guard requests[id]?.step == step, requests[id]?.outcome == nil else { return }
        let asked = requests[id]?.calls[call]
        if mistake != .answersCountTwice { requests[id]?.calls[call] = nil }
        answerCount += 1
        let counted = requests[id]?.work.answered(call, at: instant(now), health: &health)
        let share = mistake == .answersCountTwice ? asked?.share : counted
        if let share { noteAnswer(share, of: id) }
        pump(id)
    }

    private func failed(_ id: Int, _ step: Int, _ call: Int) {
        guard requests[id]?.step == step, requests[id]?.outcome == nil else { return }
        guard let asked = requests[id]?.calls.removeValue(forKey: call) else { return }
        for key in asked.share.keys {
            requests[id]?.failures[SimulatedRequest.Failure(key, asked.share.worker)] = now
        }
        requests[id]?.work.failed(
            call, because: Violation(description: "no answer"), at: instant(now), health: &health)
        if mistake == .retryReachesTheSameReplica, let work = requests[id]?.work {
            requests[id]?.work = LayerDispatch(work.outstanding)
        }
        pump(id)
    }

    // MARK: - Revisions

    private func edit() {
        guard candidate == nil else { return }
        revisionCount += 1
        let places = Self.layerCount * Self.expertCount
        let changing = Set((0..<places).filter { _ in random.chance(0.4) })
        candidate = Self.revision(
            revisionCount, base: revisionCount * places, changing: changing)
        wantWhatIsNeeded()
        if mistake == .servedBeforeItIsHeld { later(.promotion, by: .zero) }
    }

    private func promoteWhenHeld() {
        guard let candidate, fleet.missing(of: candidate).isEmpty else { return }
        promote()
    }

    private func promote() {
        guard let candidate else { return }
        notePromotion(of: candidate)
        serving = candidate
        self.candidate = nil
        wantWhatIsNeeded()
    }

    /// Served, candidate, and what running requests are pinned to.
    private func wantWhatIsNeeded() {
        let pinned = requests.values.filter { $0.outcome == nil }.map(\.revision)
        let others = ([candidate].compactMap(\.self) + pinned)
            .filter { $0.number != serving.number }
            .sorted { $0.number < $1.number }
        fleet.want([serving] + others)
        later(.look, by: .zero)
    }

    /// From now on nothing fails: what has died comes back, and everything must become well.
    private func heal() {
        faults = .none
        for worker in workers.indices {
            if workers[worker].isPaused { later(.resume(worker), by: .zero) }
            let isLeaving = fleet.members[workers[worker].id]?.isLeaving ?? false
            if isLeaving { later(.crash(worker), by: .zero) }
            later(.start(worker), by: .milliseconds(10))
        }
        for second in 20...22 { later(.arrival, by: .seconds(second)) }
    }
}
