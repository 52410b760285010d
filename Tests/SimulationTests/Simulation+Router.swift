import Checkpoint
import Support

@testable import ExpertWorker
@testable import Router

/// The router's part: who is there, and what each is told to hold.
extension Simulation {
    /// While the router stands still, everything reaches it late.
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
                assignment, residentByteCount: assignment.digests.count * Self.artifactByteCount,
                failures: failures, at: instant(now))
            checkBelief(about: worker)
            changed()
        case .refused(let worker, let connection, let assignment):
            guard fleetConnection[worker] == connection else { return }
            fleet.failed(assignment, because: "no space", at: instant(now))
            changed()
        case .drain(let worker):
            fleet.drain(workers[worker].id)
            changed()
        case .look: changed()
        case .heal: heal()
        case .operation: operate()
        case .release(let revision): release(revision)
        default: serve(event)
        }
    }

    private func join(_ worker: Int, _ connection: Int) {
        guard workers[worker].connection == connection, workers[worker].isRunning else { return }
        if fleetConnection[worker] != nil { drop(worker) }
        fleetConnection[worker] = connection
        health.forget(workers[worker].id)
        fleet.join(
            workers[worker].id, capacityByteCount: workers[worker].held.byteCountMax, host: "",
            numericClass: "here", resident: Set(workers[worker].held.byteCounts.keys))
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
        dial(worker, after: .milliseconds(50))
    }

    private func drop(_ worker: Int) {
        let id = workers[worker].id
        fleetConnection[worker] = nil
        for digest in fleet.live.digests(on: id) { heldUntil[digest] = now }
        if fleetConnection.isEmpty { aloneSince = now }
        fleet.leave(id)
        for request in running {
            for call in request.calls.values.filter({ $0.share.worker == id }).map(\.id).sorted() {
                later(.failure(request: request.id, step: request.step, call: call), by: .zero)
            }
        }
    }

    /// What `Fleet.changed` does.
    func changed() {
        let before = fleet.members.mapValues(\.resident)
        for assignment in fleet.nextAssignments(at: instant(now)) {
            guard let worker = index(of: assignment.worker),
                let connection = fleetConnection[worker]
            else { continue }
            let told = spoilt(assignment)
            noteAssignment(told, before: before[told.worker, default: []])
            send(.hold(worker: worker, connection: connection, told), over: worker, connection)
        }
        if let wakesAt = fleet.wakesAt {
            later(.look, by: max(instant(now).duration(to: wakesAt), .milliseconds(1)))
        }
        for request in running where request.work.isPaused { pump(request) }
        goOnStaging()
    }

    private func spoilt(_ assignment: FleetState.Assignment) -> FleetState.Assignment {
        guard mistake == .droppedBeforeAnotherHoldsIt else { return assignment }
        let dropped = [0, 1].map { Self.artifact($0).digest }
        return FleetState.Assignment(
            worker: assignment.worker, number: assignment.number,
            digests: assignment.digests.subtracting(dropped))
    }
}
