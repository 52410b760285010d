internal import LinearAlgebra
internal import Mesh
internal import Model

/// One step through the whole model: the trunk here, the routed experts wherever they live.
///
/// While workers compute a layer's routed experts, the shared expert runs here.
struct ForwardPass: Sendable {
    let decoder: Decoder
    let fleet: Fleet

    /// What was routed in one layer: one routing per row, and who computed each expert.
    struct LayerRoute: Sendable {
        let layer: Int
        let routings: [Routing]
        let workers: [ExpertKey: WorkerID]
    }

    /// The hidden states after the last layer, [rows of the batch, hiddenSize], and each layer's
    /// route. The caches are written, not committed: after an error the same step can be taken
    /// again.
    ///
    /// - Parameter spans: Which revision routes which rows; they cover the batch, in order.
    /// - Throws: `DispatchFailure` when an expert could not be reached before `deadline`, or no
    ///   worker can take it.
    func run(
        _ batch: StepBatch, spans: [RevisionSpan], deadline: Deadline
    ) async throws -> (hidden: Matrix, routes: [LayerRoute]) {
        var hidden = decoder.embed(batch.tokens)
        var routes: [LayerRoute] = []
        for layer in 0..<decoder.configuration.layerCount {
            decoder.attend(&hidden, layer: layer, batch: batch)
            let normalised = decoder.normalise(hidden, layer: layer)
            guard decoder.configuration.isSparse(layer) else {
                let local = decoder.local(normalised, layer: layer)
                decoder.finish(&hidden, layer: layer, local: local, routed: nil)
                continue
            }
            let routings = route(normalised, layer: layer, spans: spans)
            async let dispatched = fleet.dispatch(
                layer: layer, rows: normalised, routings: routings, spans: spans,
                deadline: deadline)
            let local = decoder.local(normalised, layer: layer)
            let routed = try await dispatched
            decoder.finish(&hidden, layer: layer, local: local, routed: routed.sum)
            routes.append(
                LayerRoute(layer: layer, routings: routings, workers: routed.workers))
        }
        return (hidden, routes)
    }

    /// All rows at once where the trunk's gate decides for all; else each revision's by its own.
    private func route(_ rows: Matrix, layer: Int, spans: [RevisionSpan]) -> [Routing] {
        guard spans.contains(where: { $0.revision.gates[layer] != nil }) else {
            return decoder.route(rows, layer: layer)
        }
        return spans.flatMap { span in
            decoder.route(
                rows.rows(at: Array(span.rows)), layer: layer,
                replacement: span.revision.gates[layer])
        }
    }
}
