internal import HTTP
internal import LinearAlgebra
internal import Mesh
internal import Model
internal import Tokenization
internal import Transport

/// What a request receives from the engine.
enum EngineEvent: Sendable {
    case token(GeneratedToken)
    case finished(FinishReason, Usage, RouteTrace)
}

/// Runs all requests together, a step at a time, on the compute loop.
actor Engine: LoopBound {
    nonisolated let loop: EventLoop
    private let decoder: Decoder
    private let tokenizer: Tokenizer
    private let forwardPass: ForwardPass
    private var scheduler: Scheduler
    private var sequences: [RequestID: Sequence] = [:]
    private var lastID: RequestID = 0
    private var sleeper: CheckedContinuation<Void, Never>?

    private struct Sequence {
        var generation: Generation
        let cache: KVCache
        let deadline: Deadline
        let output: AsyncThrowingStream<EngineEvent, any Error>.Continuation
        var trace = RouteTrace()
    }

    init(
        decoder: Decoder, tokenizer: Tokenizer, fleet: Fleet, limits: Scheduler.Limits,
        loop: EventLoop
    ) {
        self.decoder = decoder
        self.tokenizer = tokenizer
        self.loop = loop
        forwardPass = ForwardPass(decoder: decoder, fleet: fleet)
        scheduler = Scheduler(limits: limits)
    }

    var runningCount: Int { scheduler.runningCount }
    var waitingCount: Int { scheduler.waitingCount }

    /// Starts a generation. Ending the stream early cancels it.
    /// - Throws: `AdmissionError` when there is no room for it.
    func generate(
        prompt: [TokenID], parameters: GenerationParameters, deadline: Deadline
    ) throws(AdmissionError) -> AsyncThrowingStream<EngineEvent, any Error> {
        let generation = Generation(prompt: prompt, parameters: parameters, tokenizer: tokenizer)
        lastID += 1
        let id = lastID
        try scheduler.admit(
            id, promptTokenCount: prompt.count, tokenCountMax: generation.tokenCountMax)
        let (stream, output) = AsyncThrowingStream<EngineEvent, any Error>.makeStream()
        output.onTermination = { [weak self] _ in
            guard let self else { return }
            Task(executorPreference: self.loop) { await self.remove(id) }
        }
        sequences[id] = Sequence(
            generation: generation,
            cache: KVCache(
                configuration: decoder.configuration,
                positionCountMax: generation.tokenCountMax),
            deadline: deadline, output: output)
        wake()
        return stream
    }

    /// Takes steps until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            expire()
            let entries = scheduler.nextStep()
            guard !entries.isEmpty else {
                await sleep()
                continue
            }
            await step(entries)
        }
    }

    // MARK: - A step

    private func step(_ entries: [Scheduler.Entry]) async {
        let batch = StepBatch(sequences: entries.map(input))
        let deadline = entries.compactMap { sequences[$0.id]?.deadline }.min() ?? .after(.zero)
        do {
            let (hidden, routes) = try await forwardPass.run(batch, deadline: deadline)
            batch.commit()
            finish(entries, hidden: hidden, routes: routes)
        } catch let loss as ExpertLoss {
            fail(entries, by: loss)
        } catch {
            for entry in entries { end(entry.id, throwing: error) }
        }
    }

    private func input(of entry: Scheduler.Entry) -> (cache: KVCache, tokens: [TokenID]) {
        guard let sequence = sequences[entry.id] else {
            preconditionFailure("the scheduler knows a sequence that the engine does not")
        }
        return (sequence.cache, Array(sequence.generation.nextTokens(limit: entry.tokenCount)))
    }

    private func finish(
        _ entries: [Scheduler.Entry], hidden: Matrix, routes: [ForwardPass.LayerRoute]
    ) {
        var complete: [(id: RequestID, lastRow: Int)] = []
        for (entry, rows) in Self.rows(of: entries) {
            scheduler.advance(entry)
            guard sequences[entry.id] != nil else { continue }
            record(routes, rows: rows, of: entry.id)
            sequences[entry.id]?.generation.processed(entry.tokenCount)
            if sequences[entry.id]?.generation.pendingTokenCount == 0 {
                complete.append((entry.id, rows.upperBound - 1))
            }
        }
        sample(complete, hidden: hidden)
    }

    /// Each entry with its rows of the step: entry after entry, as `StepBatch` lays them out.
    private static func rows(
        of entries: [Scheduler.Entry]
    ) -> [(entry: Scheduler.Entry, rows: Range<Int>)] {
        var firstRow = 0
        return entries.map { entry in
            defer { firstRow += entry.tokenCount }
            return (entry, firstRow..<(firstRow + entry.tokenCount))
        }
    }

    private func record(
        _ routes: [ForwardPass.LayerRoute], rows: Range<Int>, of id: RequestID
    ) {
        for route in routes {
            sequences[id]?.trace.record(
                layer: route.layer, routings: route.routings[rows], workers: route.workers)
        }
    }

    private func sample(_ complete: [(id: RequestID, lastRow: Int)], hidden: Matrix) {
        guard !complete.isEmpty else { return }
        let logits = decoder.logits(hidden.rows(at: complete.map(\.lastRow)))
        for (index, entry) in complete.enumerated() { emit(Array(logits.row(index)), to: entry.id) }
    }

    private func emit(_ logits: [Float], to id: RequestID) {
        guard var sequence = sequences[id] else { return }
        let token = sequence.generation.accept(logits)
        sequences[id] = sequence
        sequence.output.yield(.token(token))
        guard let reason = sequence.generation.finishReason else { return }
        let usage = Usage(
            promptTokenCount: sequence.generation.promptTokenCount,
            completionTokenCount: sequence.generation.completionTokenCount)
        sequence.output.yield(.finished(reason, usage, sequence.trace))
        end(id, throwing: nil)
    }

    // MARK: - Ends

    /// Ends the requests that need the lost expert and have no time left to wait for it; the others
    /// take the step again.
    private func fail(_ entries: [Scheduler.Entry], by loss: ExpertLoss) {
        let affected = Self.rows(of: entries)
            .filter { _, rows in loss.rows.contains(where: rows.contains) }
            .map(\.entry.id)
        let expired = affected.filter { (sequences[$0]?.deadline.remaining ?? .zero) <= .zero }
        let error: any Error = loss.isHeld && !expired.isEmpty ? DeadlineExceeded() : loss
        for id in expired.isEmpty ? affected : expired { end(id, throwing: error) }
    }

    private func expire() {
        for (id, sequence) in sequences where sequence.deadline.remaining <= .zero {
            end(id, throwing: DeadlineExceeded())
        }
    }

    private func end(_ id: RequestID, throwing error: (any Error)?) {
        sequences[id]?.output.finish(throwing: error)
        remove(id)
    }

    private func remove(_ id: RequestID) {
        scheduler.remove(id)
        sequences[id] = nil
    }

    // MARK: - Sleeping

    private func sleep() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { sleeper = $0 }
        } onCancel: {
            Task(executorPreference: loop) { await self.wake() }
        }
    }

    private func wake() {
        sleeper?.resume()
        sleeper = nil
    }
}

/// The request's time was up.
struct DeadlineExceeded: Error, CustomStringConvertible {
    let description = "the request's deadline has passed; ask for fewer tokens or allow more time"
}
