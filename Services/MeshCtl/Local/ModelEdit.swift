internal import Checkpoint

/// What a mesh must be told to serve the experts of a model directory in place of its own.
struct ModelEdit: Equatable {
    /// A layer whose experts differ.
    struct Layer: Equatable {
        let layer: Int
        let former: [ArtifactDigest]
        let experts: [ArtifactDigest]

        /// The gate has a row for each expert, so it must come along when their number changes.
        var needsGate: Bool { experts.count != former.count }
    }

    let layers: [Layer]

    /// - Parameters:
    ///   - served: layer × expert, empty for a layer without experts.
    ///   - offered: the same of the model directory.
    ///   - layer: the only layer to change; nil changes all that differ.
    ///   - expert: the only expert of `layer` to change.
    init(
        served: [[ArtifactDigest]], offered: [[ArtifactDigest]], layer: Int? = nil,
        expert: Int? = nil
    ) throws(ModelEditError) {
        let models = [
            ("the model that is served", served), ("the model in the directory", offered),
        ]
        for (name, layers) in models {
            guard layers.contains(where: { !$0.isEmpty }) else { throw .dense(name) }
        }
        guard served.count == offered.count else {
            throw .otherModel(served: served.count, offered: offered.count)
        }
        if let layer, !served.indices.contains(layer) || offered[layer].isEmpty {
            throw .noSuchLayer(layer, known: offered.indices.filter { !offered[$0].isEmpty })
        }
        var layers: [Layer] = []
        for index in layer.map({ [$0] }) ?? Array(served.indices) {
            guard served[index].isEmpty == offered[index].isEmpty else {
                throw .otherModel(served: served.count, offered: offered.count)
            }
            var experts = offered[index]
            if let expert {
                experts = try Self.exchanging(
                    expert, of: index, served: served[index], offered: offered[index])
            }
            guard experts != served[index] else { continue }
            layers.append(Layer(layer: index, former: served[index], experts: experts))
        }
        self.layers = layers
    }

    private static func exchanging(
        _ expert: Int, of layer: Int, served: [ArtifactDigest], offered: [ArtifactDigest]
    ) throws(ModelEditError) -> [ArtifactDigest] {
        let count = min(served.count, offered.count)
        guard (0..<count).contains(expert) else {
            throw .noSuchExpert(expert, layer: layer, count: count)
        }
        var experts = served
        experts[expert] = offered[expert]
        return experts
    }

    /// What the mesh may not have yet, each once.
    var newDigests: [ArtifactDigest] {
        var seen = Set(layers.flatMap(\.former))
        return layers.flatMap(\.experts).filter { seen.insert($0).inserted }
    }
}

extension ModelEdit.Layer {
    /// `layer 4: 8 of 64 experts replaced`, `layer 5: 6 experts instead of 8, and their gate`.
    var line: String {
        guard !needsGate else {
            return "layer \(layer): \(experts.count) experts instead of \(former.count), and their "
                + "gate"
        }
        return "layer \(layer): \(replacedCount) of \(experts.count) experts replaced"
    }

    /// Experts that were not there before, or not at this place.
    var replacedCount: Int {
        experts.indices.count { !former.indices.contains($0) || former[$0] != experts[$0] }
    }
}

/// Why the experts of a directory cannot take the place of what is served.
enum ModelEditError: Error, Equatable, CustomStringConvertible {
    case otherModel(served: Int, offered: Int)
    /// One of the two has no experts at all.
    case dense(String)
    case noSuchLayer(Int, known: [Int])
    case noSuchExpert(Int, layer: Int, count: Int)

    var description: String {
        switch self {
        case .otherModel(let served, let offered):
            "the directory holds another model: its \(offered) layers do not match the \(served) "
                + "that are served; import an edited copy of the served model"
        case .dense(let which):
            "\(which) is a dense model: it has no experts, and there is nothing to swap"
        case .noSuchLayer(let layer, let known):
            "layer \(layer) has no experts; "
                + "--layer is one of \(known.first ?? 0) to \(known.last ?? 0)"
        case .noSuchExpert(let expert, let layer, let count):
            "layer \(layer) has no expert \(expert) on both sides; "
                + "--expert is one of 0 to \(count - 1)"
        }
    }
}
