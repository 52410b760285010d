internal import HTTP
internal import UnixSignals

/// Starts the services of a mesh, tells when they are ready, watches them, and stops them in order.
/// It restarts nothing: a service that dies here is something to look at.
struct Supervisor {
    let plan: MeshPlan
    let state: StateDirectory

    /// Loading a trunk and verifying its experts takes seconds on a slow disk; minutes are a fault.
    static let readyTimeout = Duration.seconds(180)
    /// What a service gets to finish the requests it has.
    static let grace = Duration.seconds(30)

    private enum Event: Sendable {
        case waiting(for: String)
        case ready(MeshRecord)
        case failed(any Error)
        case ended(Child, Ending)
        case interrupted
    }

    /// Runs until SIGINT or SIGTERM; returns when everything has stopped.
    func run(announce: (MeshRecord) -> Void) async throws {
        let (events, sink) = AsyncStream<Event>.makeStream()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let listening = Task { for await _ in signals { sink.yield(.interrupted) } }
        defer { listening.cancel() }

        var children: [Child] = []
        let outcome: Result<Void, any Error>
        do {
            try state.save(record([]))
            for service in plan.services {
                children.append(try await start(service) { sink.yield($0) })
            }
            let mesh = try record(children)
            try state.save(mesh)
            let waiting = Task { sink.yield(await untilReady(mesh) { sink.yield($0) }) }
            defer { waiting.cancel() }
            outcome = .success(try await watch(events, of: mesh, announce: announce))
        } catch {
            outcome = .failure(error)
        }
        for child in children.reversed() { await child.stop(within: Self.grace) }
        try state.forgetMesh()
        try outcome.get()
    }

    private func start(
        _ service: PlannedService, report: @escaping @Sendable (Event) -> Void
    ) async throws -> Child {
        let child = try await Child.start(service)
        Task {
            do {
                report(.ended(child, try await child.end.value))
            } catch {
                report(.failed(error))
            }
        }
        return child
    }

    private func record(_ children: [Child]) throws -> MeshRecord {
        guard let supervisor = ProcessIdentity.current else { throw CancellationError() }
        return MeshRecord(
            supervisor: supervisor, services: children.map { ($0.name, $0.process) })
    }

    private func untilReady(
        _ mesh: MeshRecord, report: @escaping @Sendable (Event) -> Void
    ) async -> Event {
        var readiness = Readiness(plan: plan, within: Self.readyTimeout) {
            report(.waiting(for: $0))
        }
        do {
            return .ready(try await readiness.wait(mesh))
        } catch {
            return .failed(error)
        }
    }

    /// A service that ends before the mesh is ready ends the attempt; later it is reported.
    private func watch(
        _ events: AsyncStream<Event>, of starting: MeshRecord, announce: (MeshRecord) -> Void
    ) async throws {
        var isReady = false
        for await event in events {
            switch event {
            case .waiting(let reason):
                var mesh = starting
                mesh.waitingFor = reason
                try state.save(mesh)
                Terminal.say("waiting: \(reason)")
            case .ready(let mesh):
                isReady = true
                try state.save(mesh)
                announce(mesh)
            case .ended(let child, let ending) where isReady:
                Terminal.say("\(child.name) \(ending); its log: \(state.log(of: child.name))")
            case .ended(let child, let ending):
                throw death(of: child, ending)
            case .failed(let error):
                throw error
            case .interrupted:
                let names = plan.services.reversed().map(\.name)
                return Terminal.say("interrupted; stopping \(names.joined(separator: ", "))")
            }
        }
    }

    private func death(of child: Child, _ ending: Ending) -> MeshCtlError {
        .serviceDied(
            name: child.name, ending: "\(ending)", log: state.log(of: child.name),
            lastLines: state.endOfLog(of: child.name, from: child.logStart))
    }
}
