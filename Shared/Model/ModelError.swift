public import Checkpoint
public import LinearAlgebra
public import Tokenization

/// Why a model cannot be run.
public enum ModelError: Error, Sendable, CustomStringConvertible {
    case missing(key: String, file: String)
    /// A value of the wrong type or outside what can be; `expected` says in words what would do.
    case invalid(key: String, expected: String, file: String)
    /// A well-formed model that needs something not built here.
    case unsupported(feature: String, file: String)
    case wrongShape(tensor: String, expected: [Int], found: [Int], file: String)
    case weights(tensor: String, LinearAlgebraError)
    case checkpoint(CheckpointError)
    case tokenization(TokenizationError)

    public var description: String {
        switch self {
        case .missing(let key, let file): "\(file) does not say \(key)"
        case .invalid(let key, let expected, let file): "\(key) in \(file) is not \(expected)"
        case .unsupported(let feature, let file): "unsupported \(feature) in \(file)"
        case .wrongShape(let tensor, let expected, let found, let file):
            "tensor \(tensor) of \(file) has shape \(found), its configuration says \(expected)"
        case .weights(let tensor, let error): "tensor \(tensor): \(error)"
        case .checkpoint(let error): "\(error)"
        case .tokenization(let error): "\(error)"
        }
    }
}
