internal import FoundationEssentials
internal import HTTP

/// Waits for a mesh that is starting: first for the router's ready file, which says where it
/// listens, then for its word that it can answer.
struct Readiness: Sendable {
    let plan: MeshPlan

    /// The record with its addresses, once the mesh can answer.
    func wait(_ mesh: MeshRecord, seconds: Int) async throws -> MeshRecord {
        let deadline = ContinuousClock.now + .seconds(seconds)
        guard let addresses = try await Polling.until(deadline, addresses) else {
            throw MeshCtlError.notReady(reasons: ["the router does not listen"], seconds: seconds)
        }
        var ready = mesh
        ready.url = addresses.url
        ready.adminURL = addresses.admin
        let admin = try HTTPClient(url: addresses.admin)
        var reasons: [String] = []
        let answer = try await Polling.until(deadline) {
            let reply = try await admin.reply(to: HTTPRequest(path: "/readyz"), within: .seconds(5))
            reasons = Self.reasons(reply)
            return reply.status == 200 ? true : nil
        }
        guard answer != nil else { throw MeshCtlError.notReady(reasons: reasons, seconds: seconds) }
        ready.isReady = true
        return ready
    }

    private func addresses() -> (url: String, admin: String)? {
        guard let router = plan.services.first(where: { $0.name == MeshPlan.router }),
            let text = try? String(contentsOfFile: router.readyFile, encoding: .utf8),
            let ready = try? JSON(parsing: text),
            let http = ready["addresses"]?["http"]?.string,
            let admin = ready["adminAddress"]?.string
        else { return nil }
        return ("http://\(http)", "http://\(admin)")
    }

    private static func reasons(_ reply: HTTPReply) -> [String] {
        let text = String(decoding: reply.body, as: UTF8.self)
        let reasons = (try? JSON(parsing: text))?["reasons"]?.array?.compactMap(\.string)
        return reasons ?? [text]
    }
}
