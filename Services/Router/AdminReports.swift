internal import Checkpoint
internal import HTTP
internal import JSON
internal import Mesh
internal import ServiceKit
internal import Transport
internal import Wire

/// What the admin port tells about the mesh: `/admin/status` and `/admin/experts`.
struct AdminReports: Sendable {
    let fleet: Fleet
    let engine: Engine
    let knowledge: KnowledgeClient?
    /// Nil where no other router shares the catalog.
    let leadership: Leadership?

    /// A worker that does not answer by then is reported without counters.
    private static let workerDuration = Duration.seconds(1)

    func add(to routes: AdminRoutes) {
        routes.get("/admin/status") { _ in await status }
        routes.add(Route("GET", "/admin/experts") { try await experts($0) })
    }

    private var status: JSONValue {
        get async {
            let missing = await fleet.missing
            return .members([
                ("model", .string(fleet.modelName)),
                ("revision", .integer(await fleet.state.serving.number)),
                ("ready", .bool(missing.isEmpty)),
                ("missingExperts", .array(missing.prefix(16).map(\.json))),
                ("requests", await requests),
                ("workers", .array(await workers)),
                ("knowledge", await knowledgeStatus),
                ("catalog", await catalogStatus),
            ])
        }
    }

    private var requests: JSONValue {
        get async {
            .members([
                ("running", .integer(await engine.runningCount)),
                ("waiting", .integer(await engine.waitingCount)),
            ])
        }
    }

    private var workers: [JSONValue] {
        get async {
            let (members, peers) = await (fleet.state.members, fleet.peers)
            var reports: [JSONValue] = []
            for (worker, member) in members.sorted(by: { $0.key < $1.key }) {
                reports.append(
                    report(worker, member, inFlight: await peers[worker]?.inFlight ?? 0))
            }
            return reports
        }
    }

    private func report(_ worker: WorkerID, _ member: FleetState.Member, inFlight: Int) -> JSONValue
    {
        let failures = member.failures.values.map(\.reason).sorted()
        return .members([
            ("name", .string(worker.name)),
            ("host", .string(member.host)),
            ("numericClass", .string(member.numericClass)),
            ("capacityBytes", .integer(member.capacityByteCount)),
            ("residentBytes", .integer(member.residentByteCount)),
            ("expertCount", .integer(member.resident.count)),
            ("inFlight", .integer(inFlight)),
            ("leaving", .bool(member.isLeaving)),
            ("refusal", member.refusal.map { .string($0) } ?? .null),
            ("failures", .array(failures.map { .string($0) })),
        ])
    }

    private var knowledgeStatus: JSONValue {
        get async {
            guard let knowledge else { return .null }
            return .members([
                ("address", .string("\(knowledge.address)")),
                ("connected", .bool(await knowledge.isConnected)),
            ])
        }
    }

    /// Null where no other router shares it.
    private var catalogStatus: JSONValue {
        get async {
            guard let leadership else { return .null }
            let failure = await leadership.failure
            return .members([
                ("router", .string(leadership.name)),
                ("leading", .bool(await leadership.isLeading)),
                ("leader", .optional(await leadership.leader)),
                ("connected", .bool(failure == nil)), ("failure", .optional(failure)),
            ])
        }
    }

    /// `?format=json` (the default), `csv` or `prometheus`.
    private func experts(_ request: IncomingRequest) async throws -> OutgoingResponse {
        var query = try QueryItems(request)
        let format = query.take("format") ?? "json"
        try query.end()
        let state = await fleet.state
        let table = ExpertTable(state.serving, live: state.live, totals: await totals())
        switch format {
        case "json": return .json(table.json)
        case "csv": return .text(table.csv)
        case "prometheus": return .text(table.prometheus)
        case let other:
            throw FrontDoorError.invalid(
                message: "no such format: \(other); there are json, csv and prometheus",
                param: "format")
        }
    }

    /// The counters of all workers, by artifact.
    private func totals() async -> [ArtifactDigest: ExpertTable.Totals] {
        let peers = await fleet.peers.values
        return await withTaskGroup { group in
            for peer in peers { group.addTask { await Self.counters(of: peer) } }
            var totals: [ArtifactDigest: ExpertTable.Totals] = [:]
            for await counters in group {
                for counter in counters {
                    guard let digest = ArtifactDigest(bytes: counter.digest) else { continue }
                    totals[digest, default: ExpertTable.Totals()].add(counter)
                }
            }
            return totals
        }
    }

    private static func counters(of peer: Peer) async -> [ArtifactStatistics] {
        do {
            let reply = try await peer.call(WorkerStatus(), deadline: .after(workerDuration))
            return try [ArtifactStatistics](records: reply.attachment.bytes)
        } catch {
            return []  // a worker that is going is not in the sums
        }
    }
}
