internal import Checkpoint
public import LinearAlgebra
public import Tokenization

/// Text to one vector of length 1, whose dot products say how alike two texts are: a BERT encoder
/// whose last layer's rows are averaged (Reimers and Gurevych 2019), such as all-MiniLM-L6-v2.
///
/// Constant after loading; any number of threads may share it.
public final class SentenceEncoder: Sendable {
    /// Rows that go through the layers together, unless one sentence has more: enough for matrix
    /// products to be efficient, and few enough that a layer's activations stay near the processor.
    /// (Measured with 64, 128, 256 and 512: 256 is the fastest by a little, 512 the slowest by a
    /// tenth.)
    static let batchRowCountMax = 256

    private let configuration: SentenceEncoderConfiguration
    private let tokenizer: Tokenizer
    /// [vocabularySize, hiddenSize]
    private let words: WeightMatrix
    /// [positionCount, hiddenSize]: a position's vector plus that of the first token type.
    private let positions: Matrix
    private let embeddingNorm: BiasedNorm
    private let layers: [SentenceEncoderLayer]

    /// Opens a directory with `model.safetensors`, `config.json`, `tokenizer.json`, and where they
    /// are there `tokenizer_config.json`, `sentence_bert_config.json` and `1_Pooling/config.json`.
    public init(path: String) throws(ModelError) {
        let files = try SentenceEncoderFiles(path: path)
        configuration = files.configuration
        tokenizer = files.tokenizer
        words = try files.words()
        positions = try files.positions()
        embeddingNorm = try files.norm("embeddings.LayerNorm")
        var layers: [SentenceEncoderLayer] = []
        for index in 0..<files.configuration.layerCount { layers.append(try files.layer(index)) }
        self.layers = layers
    }

    /// Columns of a vector.
    public var dimension: Int { configuration.hiddenSize }

    /// The tokens that the encoder sees of a text: two special ones around it, and no more in all
    /// than the model was made for; what is too long loses its end.
    public func tokens(of text: String) -> [TokenID] {
        tokenizer.encodeTruncated(text, tokenCountMax: configuration.tokenCountMax)
    }

    /// One row for each text, of length 1: [texts.count, dimension].
    public func embed(_ texts: [String]) -> Matrix { embed(tokens: texts.map(tokens(of:))) }

    /// One row for each list, which must come from `tokens(of:)`: [sentences.count, dimension].
    ///
    /// Sentences of like length go together, so that no batch is much larger than another; nothing
    /// is padded, as each row belongs to one sentence and attention stays inside it.
    public func embed(tokens sentences: [[TokenID]]) -> Matrix {
        var vectors = Matrix(zeros: sentences.count, dimension)
        let byLength = sentences.indices.sorted { sentences[$0].count < sentences[$1].count }
        var batch: [Int] = []
        var rowCount = 0
        for index in byLength {
            if !batch.isEmpty, rowCount + sentences[index].count > Self.batchRowCountMax {
                encode(batch, sentences, into: &vectors)
                batch = []
                rowCount = 0
            }
            batch.append(index)
            rowCount += sentences[index].count
        }
        if !batch.isEmpty { encode(batch, sentences, into: &vectors) }
        return vectors
    }

    private func encode(_ batch: [Int], _ sentences: [[TokenID]], into vectors: inout Matrix) {
        var ranges: [Range<Int>] = []
        for index in batch {
            let start = ranges.last?.upperBound ?? 0
            ranges.append(start..<start + sentences[index].count)
        }
        var hidden = embeddings(batch.map { sentences[$0] }, ranges)
        for layer in layers { hidden = layer(hidden, sentences: ranges) }
        for (index, rows) in zip(batch, ranges) {
            for row in rows { vectors.addRow(row, of: hidden, scaledBy: 1, toRow: index) }
        }
        vectors.normaliseRows(batch)
    }

    /// Word, position and token type, normalised: [rows, hiddenSize].
    private func embeddings(_ sentences: [[TokenID]], _ ranges: [Range<Int>]) -> Matrix {
        var sum = words.rows(at: sentences.joined().map(Int.init))
        for rows in ranges {
            for row in rows {
                sum.addRow(row - rows.lowerBound, of: positions, scaledBy: 1, toRow: row)
            }
        }
        return embeddingNorm(sum)
    }
}

extension Matrix {
    /// Scales the chosen rows to length 1. The sum of a sentence's rows has the mean's direction,
    /// so its count need not be divided by.
    fileprivate mutating func normaliseRows(_ indices: [Int]) {
        var factors = [Float](repeating: 1, count: rowCount)
        for index in indices {
            let row = Array(row(index))
            let length = Distance.dot(row, row).squareRoot()
            factors[index] = length > 0 ? 1 / length : 0
        }
        scaleRows(by: factors)
    }
}
