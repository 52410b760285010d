/// A request of `/v1/responses`.
public struct AnswerRequest: Sendable, Equatable {
    /// Where to look before answering.
    public struct FileSearch: Sendable, Equatable {
        /// At least one.
        public var vectorStoreIDs: [String]
        /// Passages, 1…50.
        public var limit: Int
        /// Passages that score less are left out, 0…1.
        public var scoreMin: Double

        public init(vectorStoreIDs: [String], limit: Int, scoreMin: Double = 0) {
            (self.vectorStoreIDs, self.limit, self.scoreMin) = (vectorStoreIDs, limit, scoreMin)
        }
    }

    public var model: String
    /// The system's message, before all turns.
    public var instructions: String?
    /// Never empty.
    public var turns: [ChatTurn]
    public var fileSearch: FileSearch?
    public var sampling: Sampling
    public var tokenCountMax: Int?
    public var mesh: MeshOptions

    public init(
        model: String, instructions: String? = nil, turns: [ChatTurn],
        fileSearch: FileSearch? = nil,
        sampling: Sampling = Sampling(), tokenCountMax: Int? = nil,
        mesh: MeshOptions = MeshOptions()
    ) {
        self.model = model
        self.instructions = instructions
        self.turns = turns
        self.fileSearch = fileSearch
        self.sampling = sampling
        self.tokenCountMax = tokenCountMax
        self.mesh = mesh
    }
}

/// An answer as it comes about, in this order: `started`; with file search `searching`, then
/// `passages`; `text` any number of times; `citations` at most once, after the text they point
/// into; `finished`.
public enum AnswerEvent: Sendable, Equatable {
    case started(model: String)
    case searching(queries: [String])
    case passages([FoundPassage])
    case text(String)
    case citations([Citation])
    case finished(FinishReason, Usage, MeshReport?)
}

/// A passage that a search found, with its provenance.
public struct FoundPassage: Sendable, Equatable {
    public let fileID: String
    public let filename: String
    public let text: String
    /// 0…1, higher is nearer.
    public let score: Double
    public let attributes: [String: AttributeValue]
    public let provenance: Provenance?

    public init(
        fileID: String, filename: String, text: String, score: Double,
        attributes: [String: AttributeValue] = [:], provenance: Provenance? = nil
    ) {
        self.fileID = fileID
        self.filename = filename
        self.text = text
        self.score = score
        self.attributes = attributes
        self.provenance = provenance
    }
}

/// Where in a document a passage stands, such that anyone can check it.
public struct Provenance: Sendable, Equatable {
    /// Of the document's bytes.
    public let byteRange: Range<Int>
    /// Of the document, SHA-256, hexadecimal.
    public let digest: String

    public init(byteRange: Range<Int>, digest: String) {
        (self.byteRange, self.digest) = (byteRange, digest)
    }
}

/// A place in an answer, and the document that bears it out.
public struct Citation: Sendable, Equatable {
    public let fileID: String
    public let filename: String
    /// The position in the answer that the citation follows, in Unicode scalars.
    public let index: Int
    public let provenance: Provenance?

    public init(fileID: String, filename: String, index: Int, provenance: Provenance? = nil) {
        (self.fileID, self.filename, self.index, self.provenance) = (
            fileID, filename, index, provenance
        )
    }
}
