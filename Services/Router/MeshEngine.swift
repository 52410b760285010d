internal import HTTP
internal import Mesh
internal import Tokenization
internal import Transport
internal import Wire

/// The models of this mesh, as the front door sees them.
struct MeshEngine: GenerationEngine {
    /// The model's, for clients.
    let name: String
    let revisions: Revisions
    let contextLength: Int
    let prompts: PromptBuilder
    /// For answers from passages.
    let refusalBias: TokenBias?
    let engine: Engine
    let knowledge: KnowledgeClient?
    let library: Library?
    let limits: RequestLimits
    let startedAt: Int

    func models() async throws -> [ModelDescription] {
        [
            ModelDescription(
                id: name, createdAt: startedAt, owner: "expertmesh",
                revision: "\(await revisions.serving.number)"),
            ModelDescription(id: Self.embeddingModel, createdAt: startedAt, owner: "expertmesh"),
        ]
    }

    func generate(
        _ request: GenerationRequest
    ) async throws -> AsyncThrowingStream<GenerationEvent, any Error> {
        try check(request.model)
        let prompt = try prompts.tokens(request.prompt)
        var parameters = try self.parameters(
            prompt, sampling: request.sampling, tokenCountMax: request.tokenCountMax,
            default: limits.chatTokenCountDefault)
        parameters.stops = request.stop
        parameters.alternativeCount = request.alternativeCount
        let admitted = try await start(prompt, parameters, request.mesh)
        return Self.stream { output in
            output.yield(.started(model: name, promptTokenCount: prompt.count))
            for try await event in admitted.events {
                switch event {
                case .token(let token): output.yield(.token(token))
                case .finished(let reason, let usage, let trace):
                    let report = admitted.report(trace, options: request.mesh)
                    output.yield(.finished(reason, usage, report))
                }
            }
        }
    }

    // MARK: - Parts that `answer` shares

    func check(_ model: String) throws(FrontDoorError) {
        guard model == name else {
            throw .notFound(
                what: "no such model: \(model); this mesh serves \(name)", param: "model")
        }
    }

    func parameters(
        _ prompt: [TokenID], sampling: Sampling, tokenCountMax: Int?, default tokenCountDefault: Int
    ) throws(FrontDoorError) -> GenerationParameters {
        let room = contextLength - prompt.count
        guard !prompt.isEmpty else {
            throw .invalid(message: "the prompt is empty", param: "prompt")
        }
        guard room > 0, tokenCountMax ?? 1 <= room else {
            throw .invalid(
                message: "the prompt has \(prompt.count) tokens; with max_tokens "
                    + "\(tokenCountMax ?? 1) it exceeds the context of \(contextLength)",
                param: "max_tokens", code: "context_length_exceeded")
        }
        return GenerationParameters(
            temperature: Float(sampling.temperature),
            // Over 0 as a Double, and still so as a Float.
            topP: max(Float(sampling.topP), .leastNormalMagnitude),
            seed: sampling.seed ?? .random(in: .min ... .max),
            tokenCountMax: tokenCountMax ?? min(room, tokenCountDefault))
    }

    /// Pins a revision and admits the generation to the engine, unless it needs experts that no
    /// worker can take.
    func start(
        _ prompt: [TokenID], _ parameters: GenerationParameters, _ options: MeshOptions
    ) async throws -> AdmittedGeneration {
        do {
            let pin = try await revisions.pin(named: options.revision)
            if let loss = await revisions.fleet.loss(of: pin.revision) {
                pin.release(.nothing)
                throw loss.doorError
            }
            return AdmittedGeneration(
                revision: pin.revision.number,
                events: try await engine.generate(
                    prompt: prompt, parameters: parameters, pin: pin,
                    deadline: .after(limits.duration)))
        } catch let error as RevisionError {
            throw error.doorError
        } catch let error as AdmissionError {
            throw error.doorError
        }
    }

    /// A stream that `produce` fills. When its consumer goes away the producing task is cancelled;
    /// that drops the engine's stream, which ends the generation.
    static func stream<Event: Sendable>(
        _ produce:
            @escaping @Sendable (AsyncThrowingStream<Event, any Error>.Continuation)
            async throws -> Void
    ) -> AsyncThrowingStream<Event, any Error> {
        let (stream, output) = AsyncThrowingStream<Event, any Error>.makeStream()
        let task = Task {
            do {
                try await produce(output)
                output.finish()
            } catch {
                output.finish(throwing: Self.doorError(error))
            }
        }
        output.onTermination = { _ in task.cancel() }
        return stream
    }

    private static func doorError(_ error: any Error) -> any Error {
        switch error {
        case let loss as ExpertLoss: loss.doorError
        case is DeadlineExceeded: FrontDoorError.deadlineExceeded(message: "\(error)")
        default: error
        }
    }
}

/// A generation that has begun, and the revision that it keeps to its end.
struct AdmittedGeneration: Sendable {
    let revision: Int
    let events: AsyncThrowingStream<EngineEvent, any Error>

    func report(
        _ trace: RouteTrace, options: MeshOptions, support: MeshReport.Support? = nil
    ) -> MeshReport {
        let uses = options.routing ? trace.uses.sorted { $0.key < $1.key } : []
        return MeshReport(
            support: support,
            experts: uses.map { expert, use in
                MeshReport.ExpertUse(
                    layer: expert.layer, expert: expert.expert,
                    workers: use.workers.map(\.name).sorted(),
                    weight: Double(use.weightMass), tokenCount: use.rowCount)
            },
            revision: "\(revision)")
    }
}

/// What one request may take.
struct RequestLimits: Sendable {
    /// From admission to the last token.
    var duration = Duration.seconds(300)
    /// Tokens of a chat's answer whose request names no maximum.
    var chatTokenCountDefault = 1024
    /// The same of `/v1/responses`, so that an answer that rambles ends before its time does.
    var answerTokenCountDefault = 512
    /// The same of an answer from passages, which is asked for in a few words.
    var groundedTokenCountDefault = 256
}

extension ExpertLoss {
    fileprivate var doorError: FrontDoorError {
        .unavailable(message: description, retryAfter: .seconds(1))
    }
}

extension AdmissionError {
    var doorError: FrontDoorError {
        switch self {
        case .overloaded: .overloaded(retryAfter: .seconds(1))
        case .tooLarge: .invalid(message: description, param: "max_tokens")
        }
    }
}
