/// A request for one sequence of tokens, checked as far as it can be without a model.
public struct GenerationRequest: Sendable, Equatable {
    /// What to continue.
    public enum Prompt: Sendable, Equatable {
        /// To be rendered by the model's chat template. Never empty.
        case chat([ChatTurn])
        case text(String)
        /// Token ids, not negative; whether the vocabulary has them is for the engine to check.
        case tokens([Int32])
    }

    public var model: String
    public var prompt: Prompt
    public var sampling: Sampling
    /// Positive; nil leaves it to the context length.
    public var tokenCountMax: Int?
    /// At most `stopCountMax` strings, none empty; the text ends before the first that occurs.
    public var stop: [String]
    /// Nil: no log probabilities; else those of each token and of so many alternatives, 0…20.
    public var alternativeCount: Int?
    public var mesh: MeshOptions

    public init(
        model: String, prompt: Prompt, sampling: Sampling = Sampling(), tokenCountMax: Int? = nil,
        stop: [String] = [], alternativeCount: Int? = nil, mesh: MeshOptions = MeshOptions()
    ) {
        self.model = model
        self.prompt = prompt
        self.sampling = sampling
        self.tokenCountMax = tokenCountMax
        self.stop = stop
        self.alternativeCount = alternativeCount
        self.mesh = mesh
    }
}

/// One message of a conversation.
public struct ChatTurn: Sendable, Equatable {
    /// Who speaks.
    public enum Role: String, Sendable, CaseIterable { case system, user, assistant }

    public let role: Role
    public let content: String

    public init(role: Role, content: String) {
        self.role = role
        self.content = content
    }
}

/// How the next token is drawn. The defaults are OpenAI's.
public struct Sampling: Sendable, Equatable {
    /// 0…2; 0 takes the likeliest token.
    public var temperature: Double
    /// Over 0, up to 1: the smallest set of tokens whose probabilities reach it.
    public var topP: Double
    /// The same seed, prompt and model give the same tokens.
    public var seed: UInt64?

    public init(temperature: Double = 1, topP: Double = 1, seed: UInt64? = nil) {
        (self.temperature, self.topP, self.seed) = (temperature, topP, seed)
    }
}

/// What a client asks of the mesh itself, under the key `mesh`.
public struct MeshOptions: Sendable, Equatable {
    /// Report which experts computed the answer, and where.
    public var routing: Bool
    /// The revision that is to answer; nil leaves it to the mesh. Comes in the header
    /// `X-Mesh-Revision`, so that clients need no change to name one.
    public var revision: Int?

    public init(routing: Bool = false, revision: Int? = nil) {
        (self.routing, self.revision) = (routing, revision)
    }
}

/// A generation as it happens: `started`, then tokens, then `finished`, and nothing after it.
public enum GenerationEvent: Sendable, Equatable {
    /// Sent when the prompt has been taken in.
    case started(model: String, promptTokenCount: Int)
    case token(GeneratedToken)
    case finished(FinishReason, Usage, MeshReport?)
}

/// One token of an answer.
public struct GeneratedToken: Sendable, Equatable {
    /// What this token adds to the answer; empty while a character is incomplete or a stop string
    /// may be forming. The texts of all tokens, joined, are the answer.
    public var text: String
    public var id: Int32
    /// The token's own bytes, whatever `text` is.
    public var bytes: [UInt8]
    /// Natural logarithm; nil when none were asked for.
    public var logProbability: Double?
    /// The likeliest tokens at this place, likeliest first; empty when none were asked for.
    public var alternatives: [Alternative]
    /// The model's sign that it has finished. It counts as a token, but is no part of the answer:
    /// lists of tokens leave it out. Its `text` may still release what was held back.
    public var isEnd: Bool

    /// A token that could have stood in its place.
    public struct Alternative: Sendable, Equatable {
        public let bytes: [UInt8]
        public let logProbability: Double

        public init(bytes: [UInt8], logProbability: Double) {
            (self.bytes, self.logProbability) = (bytes, logProbability)
        }
    }

    public init(
        text: String, id: Int32, bytes: [UInt8], logProbability: Double? = nil,
        alternatives: [Alternative] = [], isEnd: Bool = false
    ) {
        self.text = text
        self.id = id
        self.bytes = bytes
        self.logProbability = logProbability
        self.alternatives = alternatives
        self.isEnd = isEnd
    }
}

/// Why a generation ended.
public enum FinishReason: String, Sendable {
    /// The model ended, or a stop string was met.
    case stop
    /// `tokenCountMax` or the context length was reached.
    case length
}

/// What a generation took in and gave out.
public struct Usage: Sendable, Equatable {
    public let promptTokenCount: Int
    public let completionTokenCount: Int

    public init(promptTokenCount: Int, completionTokenCount: Int) {
        (self.promptTokenCount, self.completionTokenCount) = (
            promptTokenCount, completionTokenCount
        )
    }
}

/// What the mesh tells about an answer, under the key `mesh`.
public struct MeshReport: Sendable, Equatable {
    /// How far the passages given bear out the answer.
    public enum Support: String, Sendable {
        case supported, partial, unsupported
        /// The model said that the documents do not answer the question.
        case refused
    }

    /// An expert's part in an answer.
    public struct ExpertUse: Sendable, Equatable {
        public let layer: Int
        public let expert: Int
        /// The names of the workers that computed it, in order: several where a hedge or a retry
        /// went elsewhere.
        public let workers: [String]
        /// The sum of its gate weights over the tokens that chose it.
        public let weight: Double
        public let tokenCount: Int

        public init(layer: Int, expert: Int, workers: [String], weight: Double, tokenCount: Int) {
            self.layer = layer
            self.expert = expert
            self.workers = workers
            self.weight = weight
            self.tokenCount = tokenCount
        }
    }

    /// Nil where no passages were given.
    public var support: Support?
    /// Empty unless `MeshOptions.routing` asked for them.
    public var experts: [ExpertUse]
    public var revision: String

    public init(support: Support? = nil, experts: [ExpertUse] = [], revision: String) {
        (self.support, self.experts, self.revision) = (support, experts, revision)
    }
}

/// Texts to be turned into vectors.
public struct EmbeddingRequest: Sendable, Equatable {
    public let model: String
    /// At least one, none empty.
    public let inputs: [String]
    /// How long the vectors should be; nil takes the model's own length. The engine refuses what it
    /// cannot do.
    public let dimension: Int?

    public init(model: String, inputs: [String], dimension: Int? = nil) {
        (self.model, self.inputs, self.dimension) = (model, inputs, dimension)
    }
}

/// The vectors of texts, in their order.
public struct EmbeddingReply: Sendable, Equatable {
    public let model: String
    /// [inputs.count][dimension]
    public let vectors: [[Float]]
    public let tokenCount: Int

    public init(model: String, vectors: [[Float]], tokenCount: Int) {
        (self.model, self.vectors, self.tokenCount) = (model, vectors, tokenCount)
    }
}
