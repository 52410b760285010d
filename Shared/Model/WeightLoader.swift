public import Checkpoint
public import LinearAlgebra

extension MappedBytes: WeightBytes {}

extension WeightStorage {
    init(_ storage: StorageType) {
        switch storage {
        case .float32: self = .float32
        case .float16: self = .float16
        case .bfloat16: self = .bfloat16
        case .q8_0: self = .q8_0
        case .q4_0: self = .q4_0
        case .q4_1: self = .q4_1
        case .q6_K: self = .q6_K
        }
    }
}

/// Tensors by name, their shapes checked. Matrices stay where they are mapped.
struct WeightLoader {
    let tensors: TensorTable
    let path: String

    /// [rowCount, columnCount]. Throws `checkpoint` or `wrongShape`.
    func matrix(_ name: String, _ rowCount: Int, _ columnCount: Int) throws(ModelError)
        -> WeightMatrix
    {
        let tensor = try tensor(name)
        guard tensor.info.shape == [rowCount, columnCount] else {
            throw wrongShape(name, [rowCount, columnCount], tensor)
        }
        return try WeightMatrix(tensor)
    }

    /// [count], as floats. Throws `checkpoint` or `wrongShape`.
    func vector(_ name: String, count: Int) throws(ModelError) -> [Float] {
        let tensor = try tensor(name)
        guard tensor.info.shape == [count] else { throw wrongShape(name, [count], tensor) }
        do { return try tensors.floats(name) } catch { throw .checkpoint(error) }
    }

    private func tensor(_ name: String) throws(ModelError) -> Tensor {
        do { return try tensors.tensor(name) } catch { throw .checkpoint(error) }
    }

    private func wrongShape(_ name: String, _ expected: [Int], _ tensor: Tensor) -> ModelError {
        .wrongShape(tensor: name, expected: expected, found: tensor.info.shape, file: path)
    }
}

extension WeightMatrix {
    /// A tensor of two dimensions. Throws `weights`.
    init(_ tensor: Tensor) throws(ModelError) {
        do {
            try self.init(
                storage: WeightStorage(tensor.info.storage), rowCount: tensor.info.shape[0],
                columnCount: tensor.info.shape[1], bytes: tensor.bytes)
        } catch {
            throw .weights(tensor: tensor.info.name, error)
        }
    }
}

/// The tensors of one model by what they are for.
struct TrunkLoader {
    let loader: WeightLoader
    let spelling: TensorSpelling

    func contains(_ role: TensorRole, layer: Int? = nil) -> Bool {
        spelling.names(role, layer: layer).contains { loader.tensors.contains($0) }
    }

    func matrix(
        _ role: TensorRole, layer: Int? = nil, _ rowCount: Int, _ columnCount: Int
    ) throws(ModelError) -> WeightMatrix {
        try loader.matrix(name(role, layer), rowCount, columnCount)
    }

    func vector(
        _ role: TensorRole, layer: Int? = nil, count: Int, suffix: String = "weight"
    ) throws(ModelError) -> [Float] {
        try loader.vector(name(role, layer, suffix), count: count)
    }

    /// The name that exists, or else the likeliest, for the error.
    private func name(_ role: TensorRole, _ layer: Int?, _ suffix: String = "weight") -> String {
        let names = spelling.names(role, layer: layer, suffix: suffix)
        return names.first { loader.tensors.contains($0) } ?? names.first ?? "\(role)"
    }
}
