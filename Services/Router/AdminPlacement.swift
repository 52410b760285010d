internal import HTTP
internal import JSON
internal import Mesh
internal import ServiceKit

/// The operator's side of placement: `/admin/placement` and `/admin/workers/{worker}/drain`.
struct AdminPlacement: Sendable {
    /// For a worker to give away what it holds: tens of gigabytes over a slow link.
    static let drainDurationMax = Duration.seconds(600)

    let fleet: Fleet
    /// Nil where no other router shares the catalog.
    let leadership: Leadership?

    func add(to routes: AdminRoutes) {
        routes.get("/admin/placement") { try await preview($0) }
        routes.post("/admin/workers/{worker}/drain") { try await drain($0) }
        routes.delete("/admin/workers/{worker}/drain") { try await takeBack($0) }
    }

    /// What the plan would move, and where it would leave an expert without a copy.
    private func preview(_ request: IncomingRequest) async throws -> JSONValue {
        var query = try QueryItems(request)
        let state = await fleet.state
        let worker = try query.take("without").map { try Self.worker($0, in: state, "without") }
        let replicaCount = try query.take("replicas").map(Self.replicaCount)
        try query.end()
        let planned = state.preview(without: worker, replicaCount: replicaCount)
        return PlacementDiff(from: state.live, to: planned).json(state)
    }

    private func drain(_ request: IncomingRequest) async throws -> JSONValue {
        let worker = try await worker(of: request)
        do throws(DrainFailure) {
            try await fleet.drain(worker, deadline: .after(Self.drainDurationMax))
        } catch {
            throw FrontDoorError.conflict(message: "\(error)")
        }
        return ["worker": .string(worker.name), "drained": true]
    }

    private func takeBack(_ request: IncomingRequest) async throws -> JSONValue {
        let worker = try await worker(of: request)
        await fleet.takeBack(worker)
        return ["worker": .string(worker.name), "leaving": false]
    }

    private func worker(of request: IncomingRequest) async throws(FrontDoorError) -> WorkerID {
        guard request.body.isEmpty || request.body == JSONValue.object(JSONObject()).encoded()
        else {
            throw .invalid(message: "a drain has no parameters: send no body", param: nil)
        }
        try await checkLeading()
        return try Self.worker(
            request.parameters["worker"] ?? "", in: await fleet.state, "worker")
    }

    /// What a worker holds, the leader's plan says; what another router planned would be undone.
    private func checkLeading() async throws(FrontDoorError) {
        guard let leadership, await !leadership.isLeading else { return }
        let leader = await leadership.leader ?? "nobody now"
        throw .conflict(
            message: "the router that leads plans for the workers, and that is \(leader): ask it")
    }

    private static func worker(
        _ name: String, in state: FleetState, _ param: String
    ) throws(FrontDoorError) -> WorkerID {
        let worker = WorkerID(name: name)
        guard state.members[worker] != nil else {
            let known = state.members.keys.sorted().map(\.name).joined(separator: ", ")
            throw .notFound(
                what: "no worker \(name) is connected; there are: "
                    + (known.isEmpty ? "none" : known), param: param)
        }
        return worker
    }

    private static func replicaCount(_ text: String) throws(FrontDoorError) -> Int {
        guard let count = Int(text), PlacementPlanner.replicaCounts.contains(count) else {
            throw .invalid(
                message: "'replicas' must be from \(PlacementPlanner.replicaCounts.lowerBound) to "
                    + "\(PlacementPlanner.replicaCounts.upperBound)", param: "replicas")
        }
        return count
    }
}
