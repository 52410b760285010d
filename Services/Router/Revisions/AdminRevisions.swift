internal import Checkpoint
internal import HTTP
internal import JSON
internal import ServiceKit
internal import Storage

/// The operator's side of revisions: `/admin/revisions` and `/admin/artifacts`.
struct AdminRevisions: Sendable {
    /// Of a request to stage: the digests of a large model take 5 MB, its gates the rest.
    static let editByteCountMax = 64 << 20

    let revisions: Revisions

    func add(to routes: AdminRoutes) {
        routes.get("/admin/revisions") { _ in try await explained { try await revisions.report() } }
        routes.get("/admin/revisions/{revision}") { request in
            try await explained { try await revisions.report(of: Self.number(request)) }
        }
        routes.post("/admin/revisions", bodyByteCountMax: Self.editByteCountMax) { request in
            try await explained { try await stage(request) }
        }
        routes.post("/admin/revisions/rollback") { request in
            try await explained { try await rollBack(request) }
        }
        routes.post("/admin/revisions/{revision}/canary") { request in
            try await explained { try await canary(request) }
        }
        routes.post("/admin/revisions/{revision}/promote") { request in
            try await explained { try await promote(request) }
        }
        routes.delete("/admin/revisions/{revision}") { request in
            try await explained { try await discard(request) }
        }
        addArtifacts(to: routes)
    }

    private func addArtifacts(to routes: AdminRoutes) {
        routes.get("/admin/artifacts/{digest}") { request in try await find(request) }
        routes.put(
            "/admin/artifacts/{digest}", bodyByteCountMax: ArtifactShelf.artifactByteCountMax
        ) { request in
            try await explained { try await upload(request) }
        }
    }

    // MARK: - Revisions

    private func stage(_ request: IncomingRequest) async throws -> JSONValue {
        let number = try await revisions.stage(RevisionEdit(body: request.body))
        return ["revision": .integer(number)]
    }

    private func canary(_ request: IncomingRequest) async throws -> JSONValue {
        var fields = try Self.fields(request)
        let authorship = try Authorship(&fields)
        guard let share = try fields.number("share", in: 0...1) else {
            throw FrontDoorError.invalid(
                message: "'share' is missing: 0.1 gives a tenth of the requests", param: "share")
        }
        try fields.end()
        try await revisions.canary(Self.number(request), share: share, authorship)
        return await now
    }

    private func promote(_ request: IncomingRequest) async throws -> JSONValue {
        try await revisions.promote(Self.number(request), Self.authorship(request))
        return await now
    }

    private func rollBack(_ request: IncomingRequest) async throws -> JSONValue {
        try await revisions.rollBack(Self.authorship(request))
        return await now
    }

    private func discard(_ request: IncomingRequest) async throws -> JSONValue {
        try await revisions.discard(Self.number(request), Self.authorship(request))
        return await now
    }

    /// Who serves after the step.
    private var now: JSONValue {
        get async {
            let book = await revisions.book
            return .members([
                ("serving", .integer(book.serving)), ("candidate", .optional(book.candidate)),
                ("rollbackTarget", .optional(book.rollbackTarget)),
            ])
        }
    }

    // MARK: - Artifacts

    private func find(_ request: IncomingRequest) async throws -> JSONValue {
        let digest = try Self.digest(request)
        guard await revisions.shelf.contains(digest) else {
            throw FrontDoorError.notFound(what: "no artifact \(digest)", param: "digest")
        }
        return ["digest": .string("\(digest)")]
    }

    private func upload(_ request: IncomingRequest) async throws -> JSONValue {
        let digest = try Self.digest(request)
        try await revisions.shelf.insert(request.body, as: digest)
        return ["digest": .string("\(digest)"), "byteCount": .integer(request.body.count)]
    }

    // MARK: - Reading

    private static func number(_ request: IncomingRequest) throws(FrontDoorError) -> Int {
        let text = request.parameters["revision"] ?? ""
        guard let number = Int(text), number > 0 else {
            throw .invalid(message: "'\(text)' is not a revision's number", param: "revision")
        }
        return number
    }

    private static func digest(_ request: IncomingRequest) throws(FrontDoorError) -> ArtifactDigest
    {
        guard let digest = ArtifactDigest(hexadecimal: request.parameters["digest"] ?? "") else {
            throw .invalid(
                message: "an artifact's name is the 64 lower-case digits of its SHA-256",
                param: "digest")
        }
        return digest
    }

    private static func authorship(
        _ request: IncomingRequest
    ) throws(FrontDoorError) -> Authorship {
        var fields = try fields(request)
        let authorship = try Authorship(&fields)
        try fields.end()
        return authorship
    }

    /// No body is an empty object.
    private static func fields(_ request: IncomingRequest) throws(FrontDoorError) -> Fields {
        try request.body.isEmpty ? Fields([:]) : Fields(body: request.body)
    }
}

/// Errors of the parts as answers that say what they say.
private func explained(_ work: () async throws -> JSONValue) async throws -> JSONValue {
    do {
        return try await work()
    } catch let error as RevisionError {
        throw error.doorError
    } catch let error as StagingError {
        throw error.doorError
    } catch let error as CatalogConflict {
        throw FrontDoorError.conflict(message: "\(error)")
    } catch let error as StorageError {
        throw error.operatorError
    } catch let error as CheckpointError {
        throw error.doorError
    }
}

extension RevisionError {
    /// As clients and operators see it.
    var doorError: FrontDoorError {
        switch self {
        case .unknown: .notFound(what: description, param: "revision")
        case .shareOutOfRange: .invalid(message: description, param: "share")
        case .refused, .isRollbackTarget, .candidateExists, .nothingToRollBackTo:
            .conflict(message: description)
        }
    }
}

extension StagingError {
    fileprivate var doorError: FrontDoorError {
        switch self {
        case .noCatalog: .unprocessable(message: description)
        case .servingChanged, .homeless, .notHeld, .lost, .selfTest, .silent:
            .conflict(message: description)
        }
    }
}

extension CheckpointError {
    /// Of an upload: the disk is ours, everything else is the sender's.
    fileprivate var doorError: FrontDoorError {
        switch self {
        case .unwritable, .unreadable: .failed(message: description)
        default: .invalid(message: description, param: nil, code: "invalid_artifact")
        }
    }
}
