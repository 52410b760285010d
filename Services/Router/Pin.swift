/// What a request keeps from admission to its last token: its revision, so that all its tokens come
/// from one model.
struct Pin: Sendable {
    let revision: Revision
    /// What is served, when `revision` is a candidate whose answers are to be compared with it.
    let shadow: Revision?
    /// Called once, when the request has ended, however it did.
    let release: @Sendable (PinUse) -> Void

    init(
        _ revision: Revision, shadow: Revision? = nil,
        release: @escaping @Sendable (PinUse) -> Void = { _ in }
    ) {
        self.revision = revision
        self.shadow = shadow
        self.release = release
    }
}

/// What a request did with its revision.
struct PinUse: Sendable {
    let tokenCount: Int
    /// From the first token to the last.
    let duration: Duration
    /// Nothing compared: no tokens.
    let divergence: Divergence

    /// Of a request that was refused.
    static let nothing = PinUse(tokenCount: 0, duration: .zero, divergence: Divergence())
}
