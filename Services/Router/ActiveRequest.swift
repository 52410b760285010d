internal import HTTP
internal import Mesh
internal import Model
internal import Tokenization

/// A request in the engine: what it generates, what it has cached, and who listens.
struct ActiveRequest {
    typealias Output = AsyncThrowingStream<EngineEvent, any Error>.Continuation

    /// The same tokens through what is served, beside a candidate.
    struct Shadow {
        let revision: Revision
        let cache: KVCache
    }

    var generation: Generation
    let pin: Pin
    let cache: KVCache
    /// Given up when what it needs is not there: nobody waits for it.
    var shadow: Shadow?
    let deadline: Deadline
    let output: Output
    var trace = RouteTrace()
    var divergence = Divergence()
    private var firstTokenAt: ContinuousClock.Instant?

    init(
        _ generation: Generation, pin: Pin, configuration: ModelConfiguration, deadline: Deadline,
        output: Output
    ) {
        let makeCache = {
            KVCache(configuration: configuration, positionCountMax: generation.tokenCountMax)
        }
        self.generation = generation
        self.pin = pin
        self.deadline = deadline
        self.output = output
        cache = makeCache()
        shadow = pin.shadow.map { Shadow(revision: $0, cache: makeCache()) }
    }

    /// Takes the next token from the logits of the last one, each [vocabulary].
    mutating func accept(
        _ logits: ArraySlice<Float>, shadow: ArraySlice<Float>?
    ) -> GeneratedToken {
        if firstTokenAt == nil { firstTokenAt = .now }
        if let shadow { divergence.add(served: shadow, candidate: logits) }
        return generation.accept(Array(logits))
    }

    /// What is reported to the pin at the end.
    var use: PinUse {
        PinUse(
            tokenCount: generation.completionTokenCount,
            duration: firstTokenAt.map { $0.duration(to: .now) } ?? .zero, divergence: divergence)
    }
}
