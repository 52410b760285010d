internal import LinearAlgebra
internal import Synchronization

/// What one sequence remembers: the keys and values of its positions in every layer.
///
/// A step appends to the layers one after the other; only `StepBatch.commit`
/// makes the positions count, so a step that failed in the middle leaves nothing behind.
public final class KVCache: Sendable {
    /// The most positions that it may hold.
    public let positionCountMax: Int
    let rotary: RotaryEmbedding
    private let state: Mutex<State>

    private struct State {
        var count = 0
        var layers: [AttentionCache]
    }

    /// An empty cache for the model's decoder; by default it may grow to the model's context.
    public init(configuration: ModelConfiguration, positionCountMax: Int? = nil) {
        self.positionCountMax = positionCountMax ?? configuration.contextLength
        rotary = configuration.rotary
        let layer = AttentionCache(width: configuration.keyValueWidth)
        state = Mutex(
            State(layers: [AttentionCache](repeating: layer, count: configuration.layerCount)))
    }

    /// Positions held.
    public var count: Int { state.withLock { $0.count } }

    /// Positions that still fit.
    public var remainingCount: Int { positionCountMax - count }

    /// Bytes of memory held, spare room included.
    public var byteCount: Int {
        state.withLock { $0.layers.reduce(0) { $0 + $1.byteCount } }
    }

    /// Forgets all positions from `count` on, to take another turn from there.
    public func truncate(to count: Int) {
        precondition(count >= 0)
        state.withLock { state in
            state.count = min(state.count, count)
            for layer in state.layers.indices { state.layers[layer].truncate(to: state.count) }
        }
    }

    /// Puts keys and values behind the counted positions of a layer, in place of what an unfinished
    /// step left there. Let go of the result before the next call: appending to a shared array
    /// copies it.
    func extend(layer: Int, keys: Matrix, values: Matrix, rows: Range<Int>) -> AttentionCache {
        state.withLock { state in
            state.layers[layer].truncate(to: state.count)
            state.layers[layer].append(keys: keys, values: values, rows: rows)
            return state.layers[layer]
        }
    }

    func commit(_ positionCount: Int) { state.withLock { $0.count += positionCount } }
}
