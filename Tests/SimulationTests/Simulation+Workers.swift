import Checkpoint
import Support

@testable import ExpertWorker
@testable import Router

/// The workers' part, and the network's.
extension Simulation {
    func handle(_ event: Event) {
        switch event {
        case .start(let worker): start(worker)
        case .crash(let worker): crash(worker)
        case .pause(let worker): pause(worker)
        case .resume(let worker): resume(worker)
        case .hold(let worker, let connection, _), .dispatch(let worker, let connection, _, _, _):
            let isHeard = workers[worker].connection == connection
            if workers[worker].isRunning, isHeard { happen(event, to: worker) }
        case .loaded(let worker, _, let loading):
            let isTheSame = workers[worker].life == loading.life
            if workers[worker].isRunning, isTheSame { happen(event, to: worker) }
        default: route(event)
        }
    }

    private func start(_ worker: Int) {
        guard !workers[worker].isRunning else { return }
        workers[worker].isRunning = true
        workers[worker].isPaused = false
        workers[worker].life += 1
        let isGreedy = mistake == .memoryIsOverdrawn
        workers[worker].held = HeldArtifacts(
            byteCountMax: workers[worker].capacityByteCount * (isGreedy ? 2 : 1))
        dial(worker)
    }

    /// The worker has no connection any more and makes another.
    func dial(_ worker: Int, after pause: Duration = .zero) {
        workers[worker].held.forget(workers[worker].link)
        workers[worker].connection += 1
        workers[worker].waiting = []
        later(.hello(worker: worker, connection: workers[worker].connection), by: pause + delay())
    }

    private func crash(_ worker: Int) {
        guard workers[worker].isRunning else { return }
        workers[worker].isRunning = false
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
        if workers[worker].isRunning, !isConnected { dial(worker) }
    }

    private func happen(_ event: Event, to worker: Int) {
        if workers[worker].isPaused { return workers[worker].waiting.append(event) }
        switch event {
        case .hold(_, let connection, let assignment): hold(assignment, worker, connection)
        case .loaded(_, let connection, let loading): settle(loading, worker, connection)
        case .dispatch(_, let connection, let request, let step, let call):
            compute(worker, connection, request: request, step: step, call: call)
        default: break
        }
    }

    // MARK: - Memory

    private func hold(_ assignment: FleetState.Assignment, _ worker: Int, _ connection: Int) {
        let ticket = workers[worker].held.begin(
            assignment.digests.sorted(), by: workers[worker].link)
        var failures: [ArtifactDigest: String] = [:]
        for digest in ticket.missing where random.chance(faults.damage) {
            failures[digest] = "damaged"
        }
        let loading = SimulatedWorker.Loading(
            assignment, ticket, life: workers[worker].life, failures: failures)
        later(
            .loaded(worker: worker, connection: connection, loading),
            by: random.duration(0...0.1) * Double(ticket.missing.count))
    }

    private func settle(_ loading: SimulatedWorker.Loading, _ worker: Int, _ connection: Int) {
        defer { checkMemory(of: worker) }
        guard workers[worker].connection == connection else {
            _ = workers[worker].held.abandon(loading.ticket, loaded: loading.loaded)
            return
        }
        let reply =
            switch workers[worker].held.settle(loading.ticket, loaded: loading.loaded) {
            case .held:
                Event.held(
                    worker: worker, connection: connection, loading.assignment,
                    failures: loading.failures)
            case .noSpace, .superseded:
                Event.refused(worker: worker, connection: connection, loading.assignment)
            }
        checkBelief(about: worker)
        send(reply, over: worker, connection)
    }

    // MARK: - Computing

    private func compute(
        _ worker: Int, _ connection: Int, request: Int, step: Int, call: Int
    ) {
        guard requests[request].step == step, let share = requests[request].calls[call]?.share
        else { return }
        let holdsAll = share.experts.allSatisfy { group in
            workers[worker].held.isResident(group.key.digest)
        }
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
