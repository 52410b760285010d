internal import JSON

/// An answer of `/v1/responses`, as far as a person wants to see it.
struct Answer: Equatable {
    /// A passage that the answer cites.
    struct Citation: Equatable {
        /// The number that the answer shows in brackets.
        let number: Int
        let document: String
        let byteRange: Range<Int>
        let text: String
    }

    /// An expert that took part, and who computed it.
    struct ExpertUse: Equatable {
        let layer: Int
        let expert: Int
        /// One name, or several when the work went to more than one replica.
        let worker: String
        let tokenCount: Int
    }

    let text: String
    /// How far the passages bear the answer out; empty where none were looked for.
    let support: String
    /// Each passage once, by its number.
    let citations: [Citation]
    let experts: [ExpertUse]

    init(_ response: JSONValue) {
        let output = response["output"]?.array ?? []
        let content = output.flatMap { $0["content"]?.array ?? [] }
        let passages = output.flatMap { $0["results"]?.array ?? [] }
        text = content.compactMap { $0["text"]?.string }.joined()
        support = response["mesh"]?["support"]?.string ?? ""
        citations = Self.citations(content.flatMap { $0["annotations"]?.array ?? [] }, of: passages)
        experts = (response["mesh"]?["experts"]?.array ?? []).compactMap(ExpertUse.init)
    }

    /// A passage's number is its place among the results: so the model saw them.
    private static func citations(_ annotations: [JSONValue], of passages: [JSONValue])
        -> [Citation]
    {
        passages.enumerated().compactMap { index, passage in
            let isCited = annotations.contains {
                $0["file_id"] == passage["file_id"] && $0["mesh"] == passage["mesh"]
            }
            return isCited ? Citation(passage, number: index + 1) : nil
        }
    }

    /// The lines that follow the answer.
    func lines(withExperts: Bool) -> [String] {
        let verdict = support.isEmpty ? [] : ["support: \(support)"]
        return citations.map(\.line) + verdict + (withExperts ? [""] + expertTable.lines : [])
    }

    /// One row per layer: few people want to read hundreds of lines.
    private var expertTable: Table {
        var table = Table("layer", "tokens", "workers", "experts")
        let layers = Dictionary(grouping: experts, by: \.layer).sorted { $0.key < $1.key }
        for (layer, uses) in layers {
            let workers = Set(uses.flatMap { $0.worker.split(separator: ",") }).sorted()
            table.add(
                "\(layer)", "\(uses.map(\.tokenCount).reduce(0, +))",
                workers.joined(separator: ", "),
                uses.map(\.expert).sorted().map { "\($0)" }.joined(separator: " "))
        }
        return table
    }
}

extension Answer.Citation {
    fileprivate init?(_ passage: JSONValue, number: Int) {
        guard let start = passage["mesh"]?["byte_start"]?.integer,
            let end = passage["mesh"]?["byte_end"]?.integer, start <= end
        else { return nil }
        self.number = number
        document = passage["filename"]?.string ?? ""
        byteRange = start..<end
        text = passage["text"]?.string ?? ""
    }

    /// `[1] docs/WIRE.md, bytes 512–890: “A frame is …”`
    fileprivate var line: String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let beginning = words.count > 80 ? words.prefix(80) + " …" : words[...]
        let bytes = "bytes \(byteRange.lowerBound)–\(byteRange.upperBound)"
        return "[\(number)] \(document), \(bytes): “\(beginning)”"
    }
}

extension Answer.ExpertUse {
    fileprivate init?(_ json: JSONValue) {
        guard let layer = json["layer"]?.integer, let expert = json["expert"]?.integer,
            let worker = json["worker"]?.string
        else { return nil }
        self.layer = layer
        self.expert = expert
        self.worker = worker
        tokenCount = json["tokens"]?.integer ?? 0
    }
}
