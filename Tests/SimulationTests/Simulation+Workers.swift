import Checkpoint
import Support

@testable import Router

extension Simulation {
    func handle(_ event: Event) {
        switch event {
        case .start(let worker): start(worker)
        case .crash(let worker): crash(worker)
        case .pause(let worker): pause(worker)
        case .resume(let worker): resume(worker)
        case .hold(let worker, let connection, _), .dispatch(let worker, let connection, _, _, _):
            arrive(event, at: worker, connection)
        case .edit, .promotion, .drain, .heal, .look, .release, .arrival, .lost, .hello, .held,
            .answer,
            .failure, .wake:
            route(event)
        }
    }

    // MARK: - Workers

    private func start(_ worker: Int) {
        guard !workers[worker].isRunning else { return }
        workers[worker].isRunning = true
        workers[worker].isPaused = false
        workers[worker].held = []
        connect(worker)
    }

    private func connect(_ worker: Int) {
        workers[worker].connection += 1
        workers[worker].waiting = []
        later(.hello(worker: worker, connection: workers[worker].connection), by: delay())
    }

    private func crash(_ worker: Int) {
        guard workers[worker].isRunning else { return }
        workers[worker].isRunning = false
        workers[worker].held = []
        // Its host says so at once, or silence does.
        let notice = random.chance(0.5) ? 0.001 : Self.silenceMax
        later(
            .lost(worker: worker, connection: workers[worker].connection), by: .seconds(notice))
        later(.start(worker), by: random.duration(0.1...faults.outageMax))
    }

    private func pause(_ worker: Int) {
        guard workers[worker].isRunning, !workers[worker].isPaused else { return }
        workers[worker].isPaused = true
        let length = Double.random(in: 0.01...4, using: &random)
        if length >= Self.silenceMax {
            later(
                .lost(worker: worker, connection: workers[worker].connection),
                by: .seconds(Self.silenceMax))
        }
        later(.resume(worker), by: .seconds(length))
    }

    private func resume(_ worker: Int) {
        guard workers[worker].isPaused else { return }
        workers[worker].isPaused = false
        let waiting = workers[worker].waiting
        workers[worker].waiting = []
        for event in waiting { later(event, by: .zero) }
        let isConnected = fleetConnection[worker] == workers[worker].connection
        if workers[worker].isRunning, !isConnected { connect(worker) }
    }

    /// A message reaches a worker that may have died, stand still, or be on another connection.
    private func arrive(_ event: Event, at worker: Int, _ connection: Int) {
        guard workers[worker].isRunning, workers[worker].connection == connection else { return }
        if workers[worker].isPaused { return workers[worker].waiting.append(event) }
        switch event {
        case .hold(_, _, let assignment): hold(assignment, worker, connection)
        case .dispatch(_, _, let request, let step, let call):
            compute(worker, connection, request: request, step: step, call: call)
        default: break
        }
    }

    private func hold(_ assignment: FleetState.Assignment, _ worker: Int, _ connection: Int) {
        let new = assignment.digests.subtracting(workers[worker].held)
        var failures: [ArtifactDigest: String] = [:]
        for digest in new.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) })
        where random.chance(faults.damage) {
            failures[digest] = "damaged"
        }
        workers[worker].held = assignment.digests.subtracting(failures.keys)
        checkBelief(about: worker)
        let loading = random.duration(0...0.1) * Double(new.count)
        send(
            .held(worker: worker, connection: connection, assignment, failures: failures),
            over: worker, connection, after: loading)
    }

    private func compute(
        _ worker: Int, _ connection: Int, request: Int, step: Int, call: Int
    ) {
        guard let share = requests[request]?.calls[call]?.share, requests[request]?.step == step
        else { return }
        let holdsAll = share.keys.allSatisfy { workers[worker].held.contains($0.digest) }
        let time = Duration.milliseconds(share.rowLoad) * workers[worker].slowness
        let reply =
            holdsAll
            ? Event.answer(request: request, step: step, call: call)
            : Event.failure(request: request, step: step, call: call)
        send(reply, over: worker, connection, after: time)
        if random.chance(faults.duplication) {
            send(reply, over: worker, connection, after: time + delay())
        }
    }

    // MARK: - The network

    func delay() -> Duration { random.duration(0.0001...max(faults.delayMax, 0.0002)) }

    /// What is lost or damaged ends the connection: it is a stream with a checksum.
    func send(_ event: Event, over worker: Int, _ connection: Int, after time: Duration = .zero) {
        if random.chance(faults.loss) || random.chance(faults.corruption) {
            let notice = random.chance(0.5) ? time : time + .seconds(Self.silenceMax)
            return later(.lost(worker: worker, connection: connection), by: notice)
        }
        later(event, by: time + delay())
    }
}
