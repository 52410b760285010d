internal import LinearAlgebra

/// How a model stretches its rotary frequencies beyond the length that it was trained on.
enum RotaryScaling {
    case none
    /// All frequencies divided (Chen et al. 2023).
    case linear(factor: Float)
    /// Llama 3.1: long waves are divided by `factor`, short ones kept, those between blended.
    case llama3(factor: Float, lowFactor: Float, highFactor: Float, originalLength: Float)

    /// `config.json`: `rope_parameters` (transformers 5) or `rope_scaling`; nil when there is
    /// neither.
    init(_ scaling: ConfigurationReader?) throws(ModelError) {
        guard let scaling else {
            self = .none
            return
        }
        let key = scaling.contains("rope_type") ? "rope_type" : "type"
        switch try scaling.string(key, default: "default") {
        case "default": self = .none
        case "linear": self = .linear(factor: try scaling.float("factor", in: 1...1e6))
        case "llama3":
            self = .llama3(
                factor: try scaling.float("factor", in: 1...1e6),
                lowFactor: try scaling.float("low_freq_factor", in: 1e-3...1e6),
                highFactor: try scaling.float("high_freq_factor", in: 1e-3...1e6),
                originalLength: try scaling.float("original_max_position_embeddings", in: 1...1e9))
        case let other: throw scaling.unsupported("rope_scaling \(other)")
        }
    }

    init(gguf reader: ConfigurationReader, prefix: String) throws(ModelError) {
        switch try reader.string(prefix + "rope.scaling.type", default: "none") {
        case "none": self = .none
        case "linear":
            self = .linear(factor: try reader.float(prefix + "rope.scaling.factor", in: 1...1e6))
        case let other: throw reader.unsupported("rope.scaling.type \(other)")
        }
    }

    func apply(to frequencies: [Float]) -> [Float] {
        switch self {
        case .none: frequencies
        case .linear(let factor): frequencies.map { $0 / factor }
        case .llama3(let factor, let low, let high, let length):
            frequencies.map { frequency in
                let turns = length * frequency / (2 * .pi)  // in the original context
                let share = (turns - low) / (high - low)  // of the unscaled frequency
                let kept = min(max(share, 0), 1)
                return (1 - kept) * frequency / factor + kept * frequency
            }
        }
    }
}
