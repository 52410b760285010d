import Checkpoint
import JSON
import LinearAlgebra
import Logging
import Mesh
import Model
import Storage
import Testing
import Tokenization
import Transport
import Wire

@testable import ExpertWorker
@testable import Router

/// A mesh with two workers, a catalog, and its revisions at work.
struct RevisionStage {
    static let prompt: [TokenID] = [5, 17, 42, 9, 30, 8, 21]
    static let tokenCount = 24

    let mesh: TinyMesh
    let catalog: Catalog
    let revisions: Revisions
    let run: Task<Void, Never>

    init(workers: [String] = ["worker-1", "worker-2"]) async throws {
        mesh = try await TinyMesh("olmoe")
        catalog = Catalog(.file(mesh.directory + "/catalog.sqlite"), thread: SerialThread())
        try await catalog.open()
        let revisions = try await mesh.revisions(catalog: catalog)
        self.revisions = revisions
        run = Task { await revisions.run() }
        for worker in workers { _ = try await mesh.addWorker(worker) }
    }

    func stop() async throws {
        await revisions.stop()
        run.cancel()
        try await mesh.stop()
    }

    /// Stages experts whose outputs have the other sign, in every layer.
    func stageNegated() async throws -> Int {
        let number = try await revisions.stage(try negated())
        await revisions.waitUntilStagingEnds()
        return number
    }

    func negated() throws -> RevisionEdit {
        let store = ArtifactStore(path: mesh.directory + "/experts")
        let layers = try mesh.model.initial.experts.enumerated().map { layer, experts in
            let digests = try experts.map { try store.insert(negated(try store.open($0.digest))) }
            return RevisionEdit.Layer(
                layer: layer, experts: digests, gate: nil, path: "layers[\(layer)]")
        }
        return RevisionEdit(layers: layers, authorship: Authorship(author: "test", note: ""))
    }

    /// The sign bits of bfloat16 numbers, turned in the matrix that makes the output.
    private func negated(_ artifact: Artifact) -> [UInt8] {
        var bytes = artifact.bytes.file.bytes(in: artifact.bytes.range)
        for index in stride(from: artifact.header.downStart + 1, to: bytes.count, by: 2) {
            bytes[index] ^= 0x80
        }
        return bytes
    }

    /// The tokens of a request that names a revision, or none.
    func tokens(
        named: Int? = nil, onToken: (Int) async throws -> Void = { _ in }
    ) async throws -> [TokenID] {
        let pin = try await revisions.pin(named: named)
        return try await mesh.generate(
            Self.prompt, count: Self.tokenCount, pin: pin, onToken: onToken)
    }

    func tokens(pin: Pin) async throws -> [TokenID] {
        try await mesh.generate(Self.prompt, count: Self.tokenCount, pin: pin)
    }

    /// Returns when no request is pinned to a revision any more.
    func waitUntilFree(_ revision: Int) async {
        while await revisions.book.pinnedCount(of: revision) > 0 { await Task.yield() }
    }
}
