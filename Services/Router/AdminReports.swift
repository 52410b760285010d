internal import JSON
internal import Mesh
internal import ServiceKit
internal import Wire

/// What the admin port tells about the mesh: `/admin/status` and `/admin/experts`.
struct AdminReports: Sendable {
    let model: ServedModel
    let fleet: Fleet
    let engine: Engine
    let knowledge: KnowledgeClient?

    /// A worker that does not answer by then is reported without counters.
    private static let workerDuration = Duration.seconds(1)

    func add(to routes: AdminRoutes) {
        routes.get("/admin/status") { _ in await status }
        routes.get("/admin/experts") { _ in await experts }
    }

    private var status: JSONValue {
        get async {
            let missing = await fleet.missing
            return .members([
                ("model", .string(model.name)),
                ("revision", .integer(model.revision)),
                ("ready", .bool(missing.isEmpty)),
                ("missingExperts", .array(missing.prefix(16).map(json))),
                ("requests", await requests),
                ("workers", .array(await workers)),
                ("knowledge", await knowledgeStatus),
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
            var reports: [JSONValue] = []
            for (worker, member) in await fleet.members.sorted(by: { $0.key < $1.key }) {
                let inFlight = await member.peer.inFlight
                reports.append(
                    .members([
                        ("name", .string(worker.name)),
                        ("numericClass", .string(member.peer.remote.numericClass)),
                        ("capacityBytes", .integer(member.capacity.byteCount)),
                        ("residentBytes", .integer(member.residentBytes)),
                        ("expertCount", .integer(member.resident.count)),
                        ("inFlight", .integer(inFlight)),
                        ("failures", .array(member.failures.map { .string($0) })),
                    ]))
            }
            return reports
        }
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

    private var experts: JSONValue {
        get async {
            let statistics = await statistics()
            let live = await fleet.live
            let layers = Dictionary(grouping: model.experts.keys.sorted(), by: \.layer)
            return .members([
                (
                    "layers",
                    .array(
                        layers.sorted { $0.key < $1.key }.map { layer, experts in
                            .members([
                                ("layer", .integer(layer)),
                                (
                                    "experts",
                                    .array(experts.map { report($0, live: live, statistics) })
                                ),
                            ])
                        })
                )
            ])
        }
    }

    private func report(
        _ expert: ExpertID, live: Placement, _ statistics: [[UInt8]: [ArtifactStatistics]]
    ) -> JSONValue {
        let digest = model.experts[expert]?.digest ?? []
        let counters = statistics[digest, default: []]
        return .members([
            ("expert", .integer(expert.expert)),
            ("digest", .string(digest.hexadecimal)),
            ("workers", .array(live.workers(holding: expert).map { .string($0.name) })),
            ("rowCount", .integer(counters.reduce(0) { $0 + $1.rowCount })),
            ("weightMass", .number(counters.reduce(0) { $0 + $1.weightMass })),
            ("computeNanoseconds", .integer(counters.reduce(0) { $0 + $1.computeNanoseconds })),
        ])
    }

    /// The counters of every worker, by artifact.
    private func statistics() async -> [[UInt8]: [ArtifactStatistics]] {
        let peers = await fleet.members.values.map(\.peer)
        let replies = await withTaskGroup { group in
            for peer in peers {
                group.addTask { () -> [ArtifactStatistics] in
                    do throws(MeshError) {
                        return try await peer.call(
                            WorkerStatus(), deadline: .after(Self.workerDuration)
                        ).message.artifacts
                    } catch {
                        return []
                    }
                }
            }
            var all: [ArtifactStatistics] = []
            for await reply in group { all += reply }
            return all
        }
        return Dictionary(grouping: replies, by: \.digest)
    }

    private func json(_ expert: ExpertID) -> JSONValue {
        .members([("layer", .integer(expert.layer)), ("expert", .integer(expert.expert))])
    }
}
