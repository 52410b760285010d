internal import Checkpoint
internal import HTTP
internal import JSON
internal import LinearAlgebra
internal import Model

/// Who asks for a step and why, in their own words.
struct Authorship: Sendable, Equatable {
    static let byteCountMax = 1024
    /// For what the router does itself.
    static let router = Authorship(author: "", note: "")

    let author: String
    let note: String
}

/// Other experts, and where their number changes another gate, for some layers of what serves.
struct RevisionEdit: Sendable {
    struct Layer: Sendable {
        let layer: Int
        let experts: [ArtifactDigest]
        /// [experts.count × hiddenSize], row after row; nil keeps the gate that serves.
        let gate: [Float]?
        /// Where it stands in the request, for errors.
        let path: String
    }

    let layers: [Layer]
    let authorship: Authorship
}

// MARK: - Reading

extension RevisionEdit {
    /// - Throws: the first member that is unknown or is not what it should be, by its path.
    init(body: [UInt8]) throws(FrontDoorError) {
        var fields = try Fields(body: body)
        authorship = try Authorship(&fields)
        var layers: [Layer] = []
        for (index, value) in try (fields.array("layers") ?? []).enumerated() {
            let layer = try Layer(value, path: "layers[\(index)]")
            guard !layers.contains(where: { $0.layer == layer.layer }) else {
                throw .invalid(
                    message: "layer \(layer.layer) stands twice", param: "\(layer.path).layer")
            }
            layers.append(layer)
        }
        guard !layers.isEmpty else {
            throw .invalid(
                message: "a revision changes at least one layer: [{\"layer\", \"experts\"}]",
                param: "layers")
        }
        try fields.end()
        self.layers = layers
    }
}

extension Authorship {
    init(_ fields: inout Fields) throws(FrontDoorError) {
        author = try Self.text("author", of: &fields)
        note = try Self.text("note", of: &fields)
    }

    private static func text(
        _ name: String, of fields: inout Fields
    ) throws(FrontDoorError) -> String {
        let text = try fields.optionalString(name) ?? ""
        guard text.utf8.count <= byteCountMax else {
            throw .tooLarge(message: "'\(name)' exceeds \(byteCountMax) bytes", param: name)
        }
        return text
    }
}

extension RevisionEdit.Layer {
    fileprivate init(_ value: JSONValue, path: String) throws(FrontDoorError) {
        var fields = try Fields(value, path: path)
        guard let layer = try fields.integer("layer", in: 0...Manifest.layerCountMax) else {
            throw .invalid(message: "'\(path).layer' is missing", param: "\(path).layer")
        }
        self.layer = layer
        self.path = path
        experts = try Self.experts(&fields)
        gate = try Self.gate(&fields)
        try fields.end()
    }

    private static func experts(
        _ fields: inout Fields
    ) throws(FrontDoorError) -> [ArtifactDigest] {
        let path = fields.path(of: "experts")
        let texts = try fields.strings("experts") ?? []
        guard 1...Manifest.expertCountMax ~= texts.count else {
            throw .invalid(
                message: "'\(path)' must name from 1 to \(Manifest.expertCountMax) artifacts",
                param: path)
        }
        var digests: [ArtifactDigest] = []
        for (index, text) in texts.enumerated() {
            guard let digest = ArtifactDigest(hexadecimal: text) else {
                throw .invalid(
                    message: "'\(path)[\(index)]' is not 64 lower-case hexadecimal digits",
                    param: "\(path)[\(index)]")
            }
            digests.append(digest)
        }
        return digests
    }

    private static func gate(_ fields: inout Fields) throws(FrontDoorError) -> [Float]? {
        let path = fields.path(of: "gate")
        guard let text = try fields.optionalString("gate") else { return nil }
        guard let numbers = Base64.decodedFloats(text) else {
            throw .invalid(
                message: "'\(path)' is not base64 of float32 numbers, little-endian", param: path)
        }
        guard numbers.allSatisfy(\.isFinite) else {
            throw .invalid(message: "'\(path)' holds numbers that are not finite", param: path)
        }
        return numbers
    }
}

// MARK: - Checking

extension RevisionEdit {
    /// The revision that the edit makes of the one that serves. Every artifact is there, is what
    /// its name says, and fits the trunk; so does every gate.
    func applied(
        to serving: Revision, as number: Int, of base: RevisionBase, from shelf: ArtifactShelf
    ) async throws -> Revision {
        var (experts, gates) = (serving.experts, serving.gates)
        let known = Dictionary(
            serving.experts.joined().map { ($0.digest, $0) }, uniquingKeysWith: { $1 })
        for edit in layers {
            try edit.check(against: serving, of: base)
            experts[edit.layer] = try await edit.artifacts(known: known, base, from: shelf)
            if let gate = edit.gate {
                gates[edit.layer] = GateMatrix(
                    Matrix(
                        rowCount: edit.experts.count, columnCount: base.hiddenSize,
                        elements: gate))
            }
        }
        return Revision(number: number, experts: experts, gates: gates)
    }
}

extension RevisionEdit.Layer {
    fileprivate func check(
        against serving: Revision, of base: RevisionBase
    ) throws(FrontDoorError) {
        guard base.initial.experts.indices.contains(layer), !base.initial.experts[layer].isEmpty
        else {
            throw .invalid(
                message: "layer \(layer) of this model has no experts to replace",
                param: "\(path).layer")
        }
        guard experts.count >= base.topK else {
            throw .invalid(
                message: "\(experts.count) experts are too few for layer \(layer): every token "
                    + "visits \(base.topK)", param: "\(path).experts")
        }
        let shape = "\(experts.count) × \(base.hiddenSize) float32 numbers"
        if gate == nil, experts.count != serving.experts[layer].count {
            throw .invalid(
                message: "layer \(layer) has \(serving.experts[layer].count) experts and here "
                    + "\(experts.count): their gate must come with them, base64 of \(shape)",
                param: "\(path).gate")
        }
        if let gate, gate.count != experts.count * base.hiddenSize {
            throw .invalid(
                message: "'\(path).gate' has \(gate.count) numbers instead of \(shape)",
                param: "\(path).gate")
        }
    }

    fileprivate func artifacts(
        known: [ArtifactDigest: ExpertArtifact], _ base: RevisionBase, from shelf: ArtifactShelf
    ) async throws -> [ExpertArtifact] {
        var artifacts: [ExpertArtifact] = []
        for (index, digest) in experts.enumerated() {
            if let artifact = known[digest] {
                artifacts.append(artifact)
            } else {
                artifacts.append(try await load(digest, "\(path).experts[\(index)]", base, shelf))
            }
        }
        return artifacts
    }

    private func load(
        _ digest: ArtifactDigest, _ path: String, _ base: RevisionBase, _ shelf: ArtifactShelf
    ) async throws -> ExpertArtifact {
        do {
            guard let artifact = try await shelf.artifact(digest) else {
                throw FrontDoorError.invalid(
                    message: "there is no artifact \(digest): upload it first, PUT "
                        + "/admin/artifacts/\(digest)", param: path, code: "missing_artifact")
            }
            guard artifact.header.hiddenSize == base.hiddenSize else {
                throw FrontDoorError.invalid(
                    message: "artifact \(digest) is an expert for rows of "
                        + "\(artifact.header.hiddenSize); this model's have \(base.hiddenSize)",
                    param: path)
            }
            return ExpertArtifact(digest: digest, byteCount: artifact.byteCount)
        } catch let error as CheckpointError {
            throw FrontDoorError.invalid(message: "\(error)", param: path)
        }
    }
}
