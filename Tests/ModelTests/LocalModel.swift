import Checkpoint
import LinearAlgebra
import Model
import Tokenization

/// A whole model in this process: the decoder, and the experts that workers would hold.
struct LocalModel {
    let decoder: Decoder
    private let experts: [[Expert]]  // layer × expert

    struct Step {
        let hidden: Matrix
        let routings: [[Routing]]  // of each sparse layer
    }

    init(directory: CheckpointDirectory) throws {
        decoder = try Decoder(directory: directory)
        experts = try directory.manifest.layers.enumerated().map { layer, digests in
            try digests.indices.map {
                try Expert(artifact: directory.expert(layer: layer, index: $0))
            }
        }
    }

    func cache(positionCountMax: Int? = nil) -> KVCache {
        KVCache(configuration: decoder.configuration, positionCountMax: positionCountMax)
    }

    /// All layers for the batch, which is then committed.
    func run(_ batch: StepBatch) -> Step {
        var hidden = decoder.embed(batch.tokens)
        var routings: [[Routing]] = []
        for layer in 0..<decoder.configuration.layerCount {
            decoder.attend(&hidden, layer: layer, batch: batch)
            let normalised = decoder.normalise(hidden, layer: layer)
            let route = decoder.route(normalised, layer: layer)
            let local = decoder.local(normalised, layer: layer)
            if decoder.configuration.isSparse(layer) { routings.append(route) }
            let routed = route.isEmpty ? nil : combine(normalised, route, layer)
            decoder.finish(&hidden, layer: layer, local: local, routed: routed)
        }
        batch.commit()
        return Step(hidden: hidden, routings: routings)
    }

    /// Expert by expert over all rows that chose it, as a worker does.
    private func combine(_ rows: Matrix, _ route: [Routing], _ layer: Int) -> Matrix {
        var sums = Matrix(zeros: rows.rowCount, rows.columnCount)
        for expert in experts[layer].indices {
            let visits = route.enumerated().flatMap { row, routing in
                routing.choices.filter { $0.expert == expert }.map { (row, $0.weight) }
            }
            guard !visits.isEmpty else { continue }
            let outputs = experts[layer][expert](rows.rows(at: visits.map(\.0)))
            for (index, (row, weight)) in visits.enumerated() {
                sums.addRow(index, of: outputs, scaledBy: weight, toRow: row)
            }
        }
        return sums
    }

    /// Logits of every position of one prompt: [positions, vocabulary].
    func logits(_ tokens: [TokenID], cache: KVCache) -> Matrix {
        decoder.logits(run(StepBatch(sequences: [(cache, tokens)])).hidden)
    }

    /// The likeliest continuation.
    func greedy(_ prompt: [TokenID], count: Int) -> [TokenID] {
        let cache = cache()
        var tokens: [TokenID] = []
        var next = prompt
        while tokens.count < count {
            let hidden = run(StepBatch(sequences: [(cache, next)])).hidden
            let logits = decoder.logits(hidden.rows(hidden.rowCount - 1..<hidden.rowCount))
            next = [TokenID(logits.elements.indexOfLargest!)]  // a vocabulary is never empty
            tokens += next
        }
        return tokens
    }
}
