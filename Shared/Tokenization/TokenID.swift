/// The index of a token in a model's vocabulary; a row of its embedding matrix.
public typealias TokenID = Int32

extension TokenID {
    /// No token. Real identifiers are never negative.
    static let none: TokenID = -1
}
