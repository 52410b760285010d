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
    private var requests: [RequestID: ActiveRequest] = [:]
    private var lastID: RequestID = 0
    private var sleeper: CheckedContinuation<Void, Never>?

    /// What a step with shadows may take. More than a step ever takes while all workers answer, and
    /// no longer than requests may be held up by an expert that only a shadow needs.
    private static let shadowPatience = Duration.seconds(5)

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

    /// Starts a generation. Ending the stream early cancels it; the pin is released in any case.
    /// - Throws: `AdmissionError` when there is no room for it.
    func generate(
        prompt: [TokenID], parameters: GenerationParameters, pin: Pin, deadline: Deadline
    ) throws(AdmissionError) -> AsyncThrowingStream<EngineEvent, any Error> {
        let generation = Generation(prompt: prompt, parameters: parameters, tokenizer: tokenizer)
        lastID += 1
        let id = lastID
        let (stream, output) = AsyncThrowingStream<EngineEvent, any Error>.makeStream()
        var request = ActiveRequest(
            generation, pin: pin, configuration: decoder.configuration, deadline: deadline,
            output: output)
        // A shadow has a cache of its own; where that is too much the request goes without.
        if generation.tokenCountMax * 2 > scheduler.limits.cachedTokenCountMax {
            request.shadow = nil
        }
        do throws(AdmissionError) {
            let cacheCount = request.shadow == nil ? 1 : 2
            try scheduler.admit(
                id, promptTokenCount: prompt.count,
                tokenCountMax: generation.tokenCountMax * cacheCount)
        } catch {
            pin.release(request.use)
            throw error
        }
        output.onTermination = { [weak self] _ in
            guard let self else { return }
            Task(executorPreference: self.loop) { await self.remove(id) }
        }
        requests[id] = request
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
            await step(layout(of: entries))
        }
    }

    // MARK: - A step

    private func layout(of entries: [Scheduler.Entry]) -> StepLayout {
        var layout = StepLayout()
        for entry in entries {
            guard let request = requests[entry.id] else {
                preconditionFailure("the scheduler knows a request that the engine does not")
            }
            layout.add(entry, of: request)
        }
        return layout
    }

    private func step(_ layout: StepLayout) async {
        let batch = layout.batch
        do {
            let (hidden, routes) = try await forwardPass.run(
                batch, spans: layout.spans, deadline: deadline(of: layout))
            batch.commit()
            finish(layout, hidden: hidden, routes: routes)
        } catch let failure as DispatchFailure {
            end(layout, after: failure)
        } catch {
            for piece in layout.pieces { end(piece.entry.id, throwing: error) }
        }
    }

    private func deadline(of layout: StepLayout) -> Deadline {
        let deadlines = layout.pieces.compactMap { requests[$0.entry.id]?.deadline }
        let earliest = deadlines.min() ?? .after(.zero)
        return layout.hasShadows ? min(earliest, .after(Self.shadowPatience)) : earliest
    }

    private func finish(
        _ layout: StepLayout, hidden: Matrix, routes: [ForwardPass.LayerRoute]
    ) {
        var complete: [StepLayout.Piece] = []
        for piece in layout.pieces {
            let id = piece.entry.id
            if !piece.isShadow {
                scheduler.advance(piece.entry)
                record(routes, rows: piece.rows, of: id)
                requests[id]?.generation.processed(piece.entry.tokenCount)
            }
            if requests[id]?.generation.pendingTokenCount == 0 { complete.append(piece) }
        }
        sample(complete, hidden: hidden)
    }

    private func record(
        _ routes: [ForwardPass.LayerRoute], rows: Range<Int>, of id: RequestID
    ) {
        guard let revision = requests[id]?.pin.revision else { return }
        for route in routes {
            requests[id]?.trace.record(
                layer: route.layer, routings: route.routings[rows],
                artifacts: revision.experts[route.layer], workers: route.workers)
        }
    }

    private func sample(_ complete: [StepLayout.Piece], hidden: Matrix) {
        guard !complete.isEmpty else { return }
        let logits = decoder.logits(hidden.rows(at: complete.map { $0.rows.upperBound - 1 }))
        for (index, piece) in complete.enumerated() where !piece.isShadow {
            let next = index + 1
            let hasShadow = next < complete.count && complete[next].isShadow
            emit(
                logits.row(index), shadow: hasShadow ? logits.row(next) : nil, to: piece.entry.id)
        }
    }

    private func emit(
        _ logits: ArraySlice<Float>, shadow: ArraySlice<Float>?, to id: RequestID
    ) {
        guard let token = requests[id]?.accept(logits, shadow: shadow), let request = requests[id]
        else { return }
        request.output.yield(.token(token))
        guard let reason = request.generation.finishReason else { return }
        let usage = Usage(
            promptTokenCount: request.generation.promptTokenCount,
            completionTokenCount: request.generation.completionTokenCount)
        request.output.yield(.finished(reason, usage, request.trace))
        end(id, throwing: nil)
    }

    // MARK: - Ends

    /// Ends the requests that need the lost expert, and have no time left to wait for it or would
    /// wait in vain; the others take the step again. All shadows are given up first: for them the
    /// step had less time than its requests have.
    private func end(_ layout: StepLayout, after failure: DispatchFailure) {
        for piece in layout.pieces where piece.isShadow { requests[piece.entry.id]?.shadow = nil }
        let affected = layout.pieces(touching: failure.rows)
        for id in affected.filter({ !$0.isShadow }).map(\.entry.id) {
            let isExpired = (requests[id]?.deadline.remaining ?? .zero) <= .zero
            switch failure.loss.cause {
            case .homeless: end(id, throwing: failure.loss)
            case .unreached where isExpired: end(id, throwing: failure.loss)
            case .late where isExpired: end(id, throwing: DeadlineExceeded())
            case .unreached, .late: continue
            }
        }
    }

    private func expire() {
        for (id, request) in requests where request.deadline.remaining <= .zero {
            end(id, throwing: DeadlineExceeded())
        }
    }

    private func end(_ id: RequestID, throwing error: (any Error)?) {
        requests[id]?.output.finish(throwing: error)
        remove(id)
    }

    private func remove(_ id: RequestID) {
        scheduler.remove(id)
        guard let request = requests.removeValue(forKey: id) else { return }
        request.pin.release(request.use)
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
