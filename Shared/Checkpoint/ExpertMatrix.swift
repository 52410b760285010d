/// One matrix of one expert, in its source: [rowCount, columnCount], rows of whole blocks.
struct ExpertMatrix {
    let storage: StorageType
    let rowCount: Int
    let columnCount: Int
    let bytes: MappedBytes

    /// Bytes in a row.
    var rowByteCount: Int { bytes.byteCount / rowCount }

    /// The whole of a two-dimensional tensor; nil for another shape.
    init?(_ tensor: Tensor) {
        guard tensor.info.shape.count == 2 else { return nil }
        self.init(tensor, row: 0, rowCount: tensor.info.shape[0])
    }

    /// Matrix `index` of a tensor [count, rows, columns]; nil for another shape.
    init?(_ tensor: Tensor, index: Int) {
        guard tensor.info.shape.count == 3, 0..<tensor.info.shape[0] ~= index else { return nil }
        let rowCount = tensor.info.shape[1]
        self.init(tensor, row: index * rowCount, rowCount: rowCount)
    }

    /// Rows cut out of a tensor: since a row is whole blocks, its bytes are copied as they are.
    private init?(_ tensor: Tensor, row: Int, rowCount: Int) {
        guard rowCount > 0, let columnCount = tensor.info.shape.last, columnCount > 0,
            let rowByteCount = tensor.info.storage.byteCount(of: columnCount)
        else { return nil }
        storage = tensor.info.storage
        self.rowCount = rowCount
        self.columnCount = columnCount
        let start = row * rowByteCount
        bytes = tensor.bytes[start..<start + rowCount * rowByteCount]
    }

    private init(_ matrix: ExpertMatrix, rows: Range<Int>) {
        storage = matrix.storage
        rowCount = rows.count
        columnCount = matrix.columnCount
        let size = matrix.rowByteCount
        bytes = matrix.bytes[rows.lowerBound * size..<rows.upperBound * size]
    }

    /// Upper and lower half of the rows; nil when their number is odd.
    var halves: (ExpertMatrix, ExpertMatrix)? {
        guard rowCount.isMultiple(of: 2) else { return nil }
        let middle = rowCount / 2
        return (ExpertMatrix(self, rows: 0..<middle), ExpertMatrix(self, rows: middle..<rowCount))
    }
}

/// The three matrices of one expert, known to fit together.
struct ExpertMatrices {
    private let gate: ExpertMatrix
    private let up: ExpertMatrix
    private let down: ExpertMatrix
    private let header: ArtifactHeader

    /// Nil when shapes disagree, gate and up differ in storage, or a size is out of range.
    init?(gate: ExpertMatrix, up: ExpertMatrix, down: ExpertMatrix) {
        guard gate.storage == up.storage, gate.rowCount == up.rowCount,
            gate.columnCount == up.columnCount, down.rowCount == gate.columnCount,
            down.columnCount == gate.rowCount,
            let header = ArtifactHeader(
                gateUpStorage: gate.storage, downStorage: down.storage,
                hiddenSize: gate.columnCount, intermediateSize: gate.rowCount)
        else { return nil }
        self.gate = gate
        self.up = up
        self.down = down
        self.header = header
    }

    /// "Q8_0", or "Q4_1, down Q8_0" where they differ.
    var storageDescription: String {
        let (gateUp, down) = (gate.storage, down.storage)
        return gateUp == down ? "\(gateUp)" : "\(gateUp), down \(down)"
    }

    /// The bytes of the artifact.
    func artifact() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(header.artifactByteCount)
        bytes += header.encoded()
        interleave(into: &bytes)
        bytes += [UInt8](repeating: 0, count: header.downStart - bytes.count)
        unsafe down.bytes.withBytes { unsafe bytes.append(contentsOf: $0) }
        return bytes
    }

    /// gate 0, up 0, gate 1, up 1, …
    private func interleave(into bytes: inout [UInt8]) {
        let size = gate.rowByteCount
        unsafe gate.bytes.withBytes { gate in
            unsafe up.bytes.withBytes { up in
                for start in stride(from: 0, to: gate.count, by: size) {
                    unsafe bytes.append(contentsOf: gate[start..<start + size])
                    unsafe bytes.append(contentsOf: up[start..<start + size])
                }
            }
        }
    }
}
