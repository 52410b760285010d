internal import FoundationEssentials
internal import JSON

/// Waits for a mesh that is starting: for each service's ready file, which says where it listens,
/// then for its word that it can do its work, and last for the router's link to the documents.
struct Readiness: Sendable {
    let plan: MeshPlan
    let deadline: ContinuousClock.Instant
    private var note: WaitNote

    /// A probe that takes longer is as good as a red one.
    private static let probeTimeout = Duration.seconds(5)

    /// - Parameter report: told what is waited for, when it takes long.
    init(
        plan: MeshPlan, within limit: Duration, report: @escaping @Sendable (String) -> Void
    ) {
        self.plan = plan
        deadline = ContinuousClock.now + limit
        note = WaitNote(report: report)
    }

    /// The record with its addresses, once the mesh can answer.
    mutating func wait(_ mesh: MeshRecord) async throws -> MeshRecord {
        var ready = mesh
        for service in plan.services {
            let addresses = try await addresses(of: service)
            try await waitUntilReady(service, at: addresses.admin)
            guard service.name == MeshPlan.router else { continue }
            ready.url = addresses.http
            ready.adminURL = addresses.admin
            try await waitForDocuments(at: addresses.admin)
        }
        ready.isReady = true
        return ready
    }

    private mutating func addresses(of service: PlannedService) async throws -> Addresses {
        let reason = "\(service.name) does not listen yet"
        let found = try await Polling.until(deadline) { () -> Addresses? in
            note.tell(reason)
            return Addresses(readyFile: service.readyFile)
        }
        guard let found else { throw MeshCtlError.notReady(reasons: [reason]) }
        return found
    }

    private mutating func waitUntilReady(_ service: PlannedService, at admin: String) async throws {
        let client = try HTTPClient(url: admin)
        var reasons: [String] = []
        let answer = try await Polling.until(deadline) {
            let probe = HTTPRequest(path: "/readyz")
            do {
                let reply = try await client.reply(to: probe, within: Self.probeTimeout)
                if reply.status == 200 { return true }
                reasons = Self.reasons(reply).map { "\(service.name): \($0)" }
            } catch let error as MeshCtlError {
                reasons = ["\(service.name): \(error)"]
            }
            note.tell(reasons.joined(separator: "; "))
            return Optional<Bool>.none
        }
        if answer == nil { throw MeshCtlError.notReady(reasons: reasons) }
    }

    private mutating func waitForDocuments(at admin: String) async throws {
        let client = try MeshClient(url: admin)
        let reason = "the router does not reach the knowledge-store"
        let isConnected = try await Polling.until(deadline) { () -> Bool? in
            note.tell(reason)
            let status = try await client.get("/admin/status", within: Self.probeTimeout)
            return status["knowledge"]?["connected"]?.bool == false ? nil : true
        }
        if isConnected == nil { throw MeshCtlError.notReady(reasons: [reason]) }
    }

    private static func reasons(_ reply: HTTPReply) -> [String] {
        let text = String(decoding: reply.body, as: UTF8.self)
        let reasons = (try? JSONValue(parsing: text))?["reasons"]?.array?.compactMap(\.string)
        return reasons ?? [text]
    }
}

/// Where a service listens, as its ready file says.
private struct Addresses {
    let admin: String
    /// Only the router has a front door.
    let http: String?

    /// Nil while the file is not there; it is written whole.
    init?(readyFile: String) {
        guard let text = try? String(contentsOfFile: readyFile, encoding: .utf8),
            let ready = try? JSONValue(parsing: text), let admin = ready["adminAddress"]?.string
        else { return nil }
        self.admin = "http://\(admin)"
        http = ready["addresses"]?["http"]?.string.map { "http://\($0)" }
    }
}
