internal import CKernels

/// Keys and values of one layer of one sequence: a row per position, the heads side by side.
public struct AttentionCache: Sendable {
    /// Columns of a row: key-value heads times head size.
    public let width: Int
    private(set) var keys: [Float] = []
    private(set) var values: [Float] = []

    public init(width: Int) { self.width = width }

    public var count: Int { keys.count / width }
    public var byteCount: Int { (keys.capacity + values.capacity) * MemoryLayout<Float>.stride }

    /// Appends rows of two matrices as the next positions.
    public mutating func append(keys newKeys: Matrix, values newValues: Matrix, rows: Range<Int>) {
        precondition(newKeys.columnCount == width && newValues.columnCount == width)
        let range = rows.lowerBound * width..<rows.upperBound * width
        keys += newKeys.elements[range]
        values += newValues.elements[range]
    }

    /// Forgets all positions from `count` on.
    public mutating func truncate(to count: Int) {
        guard count < self.count else { return }
        keys.removeLast(keys.count - count * width)
        values.removeLast(values.count - count * width)
    }
}

/// Which positions a position sees.
public enum AttentionMask: Sendable, Equatable {
    /// Itself and all before it.
    case causal
    /// Itself and so many before it that they are this many in all.
    case sliding(Int)
    /// All of its sequence: an encoder.
    case none
}

/// How queries meet keys. A key-value head serves `headCount / keyValueHeadCount` neighbouring
/// query heads.
public struct AttentionShape: Sendable, Equatable {
    public let headCount: Int
    public let keyValueHeadCount: Int
    public let headSize: Int
    public let scale: Float
    public let mask: AttentionMask

    public init(
        headCount: Int, keyValueHeadCount: Int, headSize: Int, scale: Float,
        mask: AttentionMask = .causal
    ) {
        precondition(headSize > 0 && keyValueHeadCount > 0)
        precondition(headCount.isMultiple(of: keyValueHeadCount))
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headSize = headSize
        self.scale = scale
        self.mask = mask
    }

    var groupCount: Int { headCount / keyValueHeadCount }

    /// As C has it: 0 for no limit.
    var window: Int {
        guard case .sliding(let count) = mask else { return 0 }
        return count
    }
}

/// Neighbouring rows of a batch that belong to one sequence; its cache ends with their own keys and
/// values.
public struct AttentionSpan: Sendable {
    let rows: Range<Int>
    let cache: AttentionCache

    public init(rows: Range<Int>, cache: AttentionCache) {
        precondition(cache.count >= rows.count)
        self.rows = rows
        self.cache = cache
    }
}

/// softmax(q · Kᵀ · scale) · V for every row and head: [rows, headCount * headSize].
///
/// The spans' rows cover `queries`. A row's result does not depend on the other spans.
public func attention(
    queries: Matrix, spans: [AttentionSpan], shape: AttentionShape
) -> Matrix {
    precondition(queries.columnCount == shape.headCount * shape.headSize)
    precondition(spans.allSatisfy { $0.cache.width == shape.keyValueHeadCount * shape.headSize })
    precondition(spans.reduce(0) { $0 + $1.rows.count } == queries.rowCount)
    precondition(
        spans.allSatisfy { $0.rows.lowerBound >= 0 && $0.rows.upperBound <= queries.rowCount })
    return unsafe Matrix(rowCount: queries.rowCount, columnCount: queries.columnCount) { out in
        guard let out = out.baseAddress else { return }
        let tasks = attentionTasks(spans, shape)
        ComputeThreads.parallel(tasks.count) { index in
            unsafe run(tasks[index], spans, shape, queries, out)
        }
    }
}

/// Some rows of a span (counted from its first) and one key-value head: what one thread does at a
/// time.
private struct AttentionTask {
    let span: Int
    let keyValueHead: Int
    let rows: Range<Int>
}

/// Rows of one task: their scores over a few thousand positions fit the second-level cache.
private let attentionBlockRowCount = 16

private func attentionTasks(_ spans: [AttentionSpan], _ shape: AttentionShape) -> [AttentionTask] {
    var tasks: [AttentionTask] = []
    for (index, span) in spans.enumerated() {
        for first in stride(from: 0, to: span.rows.count, by: attentionBlockRowCount) {
            let rows = first..<min(first + attentionBlockRowCount, span.rows.count)
            for head in 0..<shape.keyValueHeadCount {
                tasks.append(AttentionTask(span: index, keyValueHead: head, rows: rows))
            }
        }
    }
    return tasks
}

private func run(
    _ task: AttentionTask, _ spans: [AttentionSpan], _ shape: AttentionShape, _ queries: Matrix,
    _ out: UnsafeMutablePointer<Float>
) {
    let span = spans[task.span]
    unsafe queries.elements.withUnsafeBufferPointer { queries in
        unsafe span.cache.keys.withUnsafeBufferPointer { keys in
            unsafe span.cache.values.withUnsafeBufferPointer { values in
                let first =
                    (span.rows.lowerBound + task.rows.lowerBound) * shape.headCount * shape.headSize
                let column = task.keyValueHead * shape.headSize
                let arguments = unsafe ck_attention(
                    queries: queries.baseAddress! + first + column * shape.groupCount,
                    out: out + first + column * shape.groupCount,
                    keys: keys.baseAddress! + column, values: values.baseAddress! + column,
                    query_stride: shape.headCount * shape.headSize, cache_stride: span.cache.width,
                    head_size: shape.headSize,
                    out_stride: shape.headCount * shape.headSize, heads: shape.groupCount,
                    rows: task.rows.count,
                    first_position: span.cache.count - span.rows.count + task.rows.lowerBound,
                    position_count: shape.mask == .none
                        ? span.cache.count
                        : span.cache.count - span.rows.count + task.rows.upperBound,
                    window: shape.window, is_causal: shape.mask == .none ? 0 : 1,
                    scale: shape.scale)
                unsafe attend(arguments)
            }
        }
    }
}

private func attend(_ arguments: ck_attention) {
    var arguments = unsafe arguments
    let byteCount = unsafe ck_attention_scratch_count(&arguments) * MemoryLayout<Float>.stride
    unsafe withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 64) { scratch in
        let scratch = unsafe scratch.baseAddress?.assumingMemoryBound(to: Float.self)
        unsafe ck_attend(&arguments, scratch)
    }
}
