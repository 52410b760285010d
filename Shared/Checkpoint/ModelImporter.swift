/// Splits a checkpoint into a model directory: trunk, experts by digest, manifest.
///
/// Everything is copied verbatim, so a model directory needs its source no more. An import that was
/// interrupted is run again: experts that are already there are kept.
public struct ModelImporter {
    /// How far an import is.
    public struct Progress: Sendable {
        /// Of all layers.
        public let expertCount: Int
        /// Those that are in the directory.
        public let finishedExpertCount: Int
    }

    private let source: ImportSource
    private let directory: String
    private let progress: (Progress) -> Void

    /// Imports `source`: a Hugging Face directory, a GGUF file, or the manifest of an overlay.
    ///
    /// `directory` is made where it is missing. An earlier import of the same model in it is
    /// replaced, its experts included, and has no manifest from the first change to the last;
    /// another model is left alone. Throws `otherModel`, `unsupportedModel`, `unsupportedStorage`,
    /// `malformed`, `unreadable`, `unwritable`, `wrongDigest`.
    @discardableResult
    public static func run(
        source: String, into directory: String, progress: (Progress) -> Void = { _ in }
    ) throws(CheckpointError) -> Manifest {
        let source = try ImportSource(path: source)
        return try withoutActuallyEscaping(progress) { (progress) throws(CheckpointError) in
            try ModelImporter(source: source, directory: directory, progress: progress).run()
        }
    }

    private func run() throws(CheckpointError) -> Manifest {
        let layers = try expertLayers()
        try checkTrunk()
        try checkDirectory()
        try makeDirectory(directory)
        try remove(directory + "/" + Manifest.fileName)
        let (digests, storages) = try writeExperts(layers)
        let manifest = Manifest(
            name: source.name, source: source.description, trunk: try writeTrunk(),
            expertStorage: storages.sorted().joined(separator: "; "), layers: digests)
        let file = try AtomicFile(path: directory + "/" + Manifest.fileName)
        try file.write(manifest.encoded())
        _ = try file.commit()
        try removeOthers(than: manifest)
        return manifest
    }

    /// Who names a directory that holds another model has mistyped its name.
    private func checkDirectory() throws(CheckpointError) {
        let path = directory + "/" + Manifest.fileName
        guard exists(path) else { return }
        let held: Manifest
        do { held = try Manifest(path: path) } catch {
            // Of no use to anybody: an import mends it.
            guard case .malformed = error else { throw error }
            return
        }
        guard held.name == source.name else {
            throw .otherModel(path: directory, held: held.name, offered: source.name)
        }
    }

    /// What an earlier import has left. Who has a file of it open keeps that.
    private func removeOthers(than manifest: Manifest) throws(CheckpointError) {
        let store = ArtifactStore(path: directory + "/" + ModelLayout.expertDirectory)
        let listed = Set(manifest.layers.joined())
        for entry in try store.entries() where !listed.contains(entry.digest) {
            store.remove(entry.digest)
        }
        let files = Set(manifest.trunk.map(\.file))
        for file in [ModelLayout.ggufTrunk, ModelLayout.safetensorsTrunk, ModelLayout.overlay]
        where !files.contains(file) {
            try remove(directory + "/" + file)
        }
    }

    /// One for each layer of the model; nil for a layer without experts.
    private func expertLayers() throws(CheckpointError) -> [ExpertLayer?] {
        let tensors = source.tensors.byName.values
        let names = Array(source.tensors.byName.keys) + source.tensors.unsupported.keys
        let layerCount = names.compactMap { ExpertPart.layer(of: $0)?.layer }.max().map { $0 + 1 }
        var parts = [[(part: ExpertPart, tensor: Tensor)]](repeating: [], count: layerCount ?? 0)
        for tensor in tensors {
            guard let part = ExpertPart(tensor: tensor.info.name) else { continue }
            parts[part.layer].append((part, tensor))
        }
        var layers: [ExpertLayer?] = []
        for (layer, parts) in parts.enumerated() {
            let experts =
                parts.isEmpty
                ? nil : try ExpertLayer(layer: layer, parts: parts, path: source.tensors.path)
            layers.append(experts)
        }
        return layers
    }

    /// A weight that nothing here can read would be missed only when the model runs: refuse it now.
    /// Buffers of integers, such as position numbers, are no weights and are left out.
    private func checkTrunk() throws(CheckpointError) {
        let isInteger = { (type: String) in
            type.hasPrefix("I") && !type.hasPrefix("IQ") || type.hasPrefix("U") || type == "BOOL"
        }
        for (name, type) in source.tensors.unsupported.sorted(by: { $0.key < $1.key })
        where !isInteger(type) {
            throw .unsupportedStorage(tensor: name, type: type, path: source.tensors.path)
        }
    }

    private func writeExperts(
        _ layers: [ExpertLayer?]
    ) throws(CheckpointError) -> (digests: [[ArtifactDigest]], storages: Set<String>) {
        let store = ArtifactStore(path: directory + "/" + ModelLayout.expertDirectory)
        let expertCount = layers.reduce(0) { $0 + ($1?.expertCount ?? 0) }
        var finishedCount = 0
        var digests = [[ArtifactDigest]](repeating: [], count: layers.count)
        var storages: Set<String> = []
        for (index, layer) in layers.enumerated() {
            for expert in 0..<(layer?.expertCount ?? 0) {
                guard let matrices = try layer?.expert(expert) else { continue }
                storages.insert(matrices.storageDescription)
                digests[index].append(try store.insert(matrices.artifact()))
                finishedCount += 1
                progress(Progress(expertCount: expertCount, finishedExpertCount: finishedCount))
            }
        }
        return (digests, storages)
    }

    private func writeTrunk() throws(CheckpointError) -> [FileRecord] {
        var records = [try writeTensors()]
        for (name, bytes) in source.texts {
            let file = try AtomicFile(path: directory + "/" + name)
            try file.write(bytes)
            records.append(try file.commit())
        }
        return records
    }

    private func writeTensors() throws(CheckpointError) -> FileRecord {
        let trunk = source.order.filter { ExpertPart(tensor: $0) == nil }
            .compactMap { source.tensors.byName[$0] }
        if let file = source.gguf {
            let path = directory + "/" + ModelLayout.ggufTrunk
            return try GGUFWriter.write(trunk, metadataOf: file, to: path)
        }
        let path = directory + "/" + ModelLayout.safetensorsTrunk
        return try SafetensorsWriter.write(trunk, to: path)
    }
}
