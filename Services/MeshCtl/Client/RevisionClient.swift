internal import Checkpoint
internal import HTTP
internal import JSON

/// The router's revisions, through its admin port.
struct RevisionClient {
    let admin: MeshClient

    /// An expert's weights over a slow link.
    private static let uploadTimeout = Duration.seconds(600)
    /// A little more than the router itself allows for it.
    private static let stagingTimeout = Duration.seconds(2000)

    /// The revision that serves, layer × expert.
    func served() async throws -> (revision: Int, layers: [[ArtifactDigest]]) {
        let path = "/admin/revisions"
        guard let serving = try await admin.get(path)["serving"]?.integer else {
            throw MeshCtlError.malformedAnswer(path: path, reason: "nothing serves")
        }
        let revision = try await admin.get("\(path)/\(serving)")
        let layers = (revision["layers"]?.array ?? []).map { layer in
            (layer["experts"]?.array ?? []).compactMap {
                $0.string.flatMap(ArtifactDigest.init(hexadecimal:))
            }
        }
        return (serving, layers)
    }

    /// Whether the router has the artifact already.
    func has(_ artifact: ArtifactDigest) async throws -> Bool {
        try await admin.exists("/admin/artifacts/\(artifact)")
    }

    func upload(_ artifact: ArtifactDigest, _ bytes: [UInt8]) async throws {
        try await admin.put("/admin/artifacts/\(artifact)", bytes, within: Self.uploadTimeout)
    }

    /// Opens a revision; it is staged in the background.
    func stage(
        _ edit: ModelEdit, gates: [Int: [Float]], _ signature: [(String, JSONValue)]
    ) async throws -> Int {
        let path = "/admin/revisions"
        let layers = edit.layers.map { layer in
            var members: [(String, JSONValue)] = [
                ("layer", .integer(layer.layer)),
                ("experts", .array(layer.experts.map { .string("\($0)") })),
            ]
            if let gate = gates[layer.layer] {
                members.append(("gate", .string(Base64.encoded(floats: gate))))
            }
            return JSONValue.members(members)
        }
        let answer = try await admin.post(
            path, .members(signature + [("layers", .array(layers))]), within: Self.uploadTimeout)
        guard let revision = answer["revision"]?.integer else {
            throw MeshCtlError.malformedAnswer(path: path, reason: "no number in it")
        }
        return revision
    }

    /// Returns when every worker that should holds the revision and has computed with it.
    func waitUntilStaged(_ revision: Int) async throws {
        let deadline = ContinuousClock.now + Self.stagingTimeout
        let state = try await Polling.until(deadline) { () -> JSONValue? in
            let answer = try await admin.get("/admin/revisions/\(revision)")
            // Not `nil`, which is JSON's null here.
            return answer["state"]?.string == "staging" ? Optional.none : answer
        }
        guard state?["state"]?.string == "staged" else {
            throw MeshCtlError.notStaged(
                revision: revision,
                reason: state?["reason"]?.string ?? state?["state"]?.string
                    ?? "not after \(Self.stagingTimeout)")
        }
    }

    /// Takes a step: `canary`, `promote`.
    func step(_ name: String, _ revision: Int, _ body: [(String, JSONValue)]) async throws
        -> JSONValue
    {
        try await admin.post("/admin/revisions/\(revision)/\(name)", .members(body))
    }
}
