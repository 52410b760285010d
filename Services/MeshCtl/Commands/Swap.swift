internal import ArgumentParser
internal import Checkpoint
internal import JSON
internal import Model

/// Puts other experts in the place of those that are served, while requests run.
struct Swap: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the experts of another model directory, without stopping anything.",
        discussion: """
            DIRECTORY is an import (`meshctl import`) of an edited copy of the served model. Its \
            experts that differ are uploaded, staged on the workers, tried, and then served. \
            Requests that run keep the experts they began with. Where a layer has another number \
            of experts its gate comes along. `meshctl rollback` returns to what served before.

              meshctl swap models/edited                       all layers that differ
              meshctl swap models/edited --layer 4             one layer
              meshctl swap models/edited --layer 4 --expert 7  one expert
              meshctl swap models/edited --stage-only          for a canary, later
            """)

    @Argument(help: "An imported model directory.")
    var directory: String

    @Option(help: "Change this layer only.")
    var layer: Int?

    @Option(help: "Change this expert of the layer only.")
    var expert: Int?

    @Flag(help: "Stage the revision, and let what serves go on serving.")
    var stageOnly = false

    @OptionGroup var signature: SignatureOptions
    @OptionGroup var mesh: MeshOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard expert == nil || layer != nil else {
            throw ValidationError("--expert needs --layer: experts are counted by layer")
        }
    }

    func run() async throws {
        let model = try CheckpointDirectory(path: directory)
        let client = RevisionClient(admin: try mesh.admin())
        let served = try await client.served()
        let edit = try edit(of: served.layers, model)
        guard !edit.layers.isEmpty else { return showUnchanged(served.revision) }
        let gates = try Self.gates(of: model, for: edit)
        let uploadedCount = try await upload(edit.newDigests, of: model, to: client)
        let revision = try await client.stage(edit, gates: gates, signature.members)
        Terminal.say("staging revision \(revision)")
        try await client.waitUntilStaged(revision)
        if !stageOnly { _ = try await client.step("promote", revision, signature.members) }
        show(edit, revision, former: served.revision, uploadedCount: uploadedCount)
    }

    private func edit(
        of served: [[ArtifactDigest]], _ model: CheckpointDirectory
    ) throws -> ModelEdit {
        do {
            return try ModelEdit(
                served: served, offered: model.manifest.layers, layer: layer, expert: expert)
        } catch {
            throw error.asUsage
        }
    }

    private static func gates(
        of model: CheckpointDirectory, for edit: ModelEdit
    ) throws -> [Int: [Float]] {
        guard edit.layers.contains(where: \.needsGate) else { return [:] }
        let decoder = try Decoder(directory: model)
        var gates: [Int: [Float]] = [:]
        for layer in edit.layers where layer.needsGate {
            gates[layer.layer] = decoder.gateMatrix(layer: layer.layer)?.elements
        }
        return gates
    }

    /// - Returns: how many the router did not have yet.
    private func upload(
        _ digests: [ArtifactDigest], of model: CheckpointDirectory, to client: RevisionClient
    ) async throws -> Int {
        let bar = ProgressBar(title: "uploading", total: digests.count)
        defer { Terminal.endProgress() }
        var count = 0
        for (index, digest) in digests.enumerated() {
            Terminal.progress(bar, done: index, note: "experts")
            guard try await !client.has(digest) else { continue }
            let bytes = try model.artifacts.open(digest).bytes
            try await client.upload(digest, bytes.file.bytes(in: bytes.range))
            count += 1
        }
        return count
    }

    private func showUnchanged(_ revision: Int) {
        output.show(["revision": .integer(revision), "layers": []]) {
            ["nothing to change: revision \(revision) serves these experts already"]
        }
    }

    private func show(
        _ edit: ModelEdit, _ revision: Int, former: Int, uploadedCount: Int
    ) {
        let layers = edit.layers.map { layer in
            JSONValue.members([
                ("layer", .integer(layer.layer)), ("experts", .integer(layer.experts.count)),
                ("formerExperts", .integer(layer.former.count)),
                ("replaced", .integer(layer.replacedCount)), ("gate", .bool(layer.needsGate)),
            ])
        }
        let result: JSONValue = [
            "revision": .integer(revision), "former": .integer(former),
            "state": .string(stageOnly ? "staged" : "serving"),
            "uploaded": .integer(uploadedCount), "layers": .array(layers),
        ]
        let ending =
            stageOnly
            ? "revision \(revision) is staged: `meshctl canary \(revision) --share 0.1` tries it, "
                + "`meshctl promote \(revision)` lets it serve"
            : "revision \(revision) serves; `meshctl rollback` returns to revision \(former)"
        output.show(result) {
            edit.layers.map(\.line) + ["\(uploadedCount.grouped) artifacts uploaded", ending]
        }
    }
}

extension ModelEditError {
    /// A number that does not exist is a mistake in the command line, and its exit status is 64.
    var asUsage: any Error {
        switch self {
        case .noSuchLayer, .noSuchExpert: ValidationError(description)
        default: self
        }
    }
}
