/// What can be wrong with the files of a model. Every case says which file, what, and what to do.
public enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The operating system refused to open or map a file.
    case unreadable(path: String, reason: String)
    /// The operating system refused to write, synchronise or rename a file.
    case unwritable(path: String, reason: String)
    /// Another process has the right to write to a directory.
    case inUse(path: String)
    /// The bytes do not follow the format; `reason` says where and how.
    case malformed(path: String, reason: String)
    case missingTensor(name: String, path: String)
    /// The tensor is there, but in a number format that this version does not compute with.
    case unsupportedStorage(tensor: String, type: String, path: String)
    /// The file's content is not the content it is named after.
    case wrongDigest(path: String, expected: String, actual: String)
    case wrongByteCount(path: String, expected: Int, actual: Int)
    /// An import would mix two models in one directory.
    case otherModel(path: String, held: String, offered: String)
    /// A well-formed checkpoint whose experts cannot be cut into artifacts.
    case unsupportedModel(path: String, reason: String)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
        case .unwritable(let path, let reason): "cannot write \(path): \(reason)"
        case .inUse(let path):
            "cannot write \(path): another process uses this directory; give each its own"
        case .malformed(let path, let reason):
            "\(path) is malformed: \(reason); fetch or import it again"
        case .missingTensor(let name, let path): "\(path) has no tensor \(name)"
        case .unsupportedStorage(let tensor, let type, let path):
            "tensor \(tensor) of \(path) is stored as \(type); supported are "
                + StorageType.allCases.map(\.description).joined(separator: ", ")
        case .wrongDigest(let path, let expected, let actual):
            "\(path) has SHA-256 \(actual) instead of \(expected); delete it and import it again"
        case .wrongByteCount(let path, let expected, let actual):
            "\(path) has \(actual) bytes instead of \(expected); delete it and import it again"
        case .otherModel(let path, let held, let offered):
            "\(path) holds the model \(held), not \(offered): name another directory, or delete "
                + "this one first"
        case .unsupportedModel(let path, let reason): "cannot import \(path): \(reason)"
        }
    }
}
