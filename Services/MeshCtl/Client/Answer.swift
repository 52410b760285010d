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
        /// The names of those that shared its rows: `a and b`.
        let workers: String
        let tokenCount: Int
        /// The sum of what the gate gave it.
        let weight: Double
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

    /// The lines that follow the answer, as `compose/demo.py` prints them, too.
    func lines(withExperts: Bool) -> [String] {
        let verdict = support.isEmpty ? [] : ["  support: \(support)"]
        return verdict + citations.map(\.line) + (withExperts ? expertLines : [])
    }

    /// Who computed how much, and the experts that the gates leant on most: few people want to read
    /// hundreds of lines, and `--json` has them all.
    private var expertLines: [String] {
        guard !experts.isEmpty else { return [] }
        let layerCount = Set(experts.map(\.layer)).count
        let rows = Dictionary(grouping: experts, by: \.workers)
            .map { (workers: $0.key, count: $0.value.map(\.tokenCount).reduce(0, +)) }
            .sorted { ($1.count, $0.workers) < ($0.count, $1.workers) }
        let heaviest = experts.sorted { $0.weight > $1.weight }.prefix(Self.heaviestCount)
        return ["  computed by \(experts.count.grouped) experts in \(layerCount) layers:"]
            + rows.map { row in
                let count = row.count.grouped
                let space = String(repeating: " ", count: max(0, 7 - count.count))
                return "    \(space)\(count) rows  \(row.workers)"
            } + ["  of these the heaviest:"] + heaviest.map(\.line)
    }

    private static let heaviestCount = 3
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

    private static let quoteLength = 100

    /// `  [1] docs/WIRE.md, bytes 512–890: “A frame is …”`
    fileprivate var line: String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let isLong = words.count > Self.quoteLength
        let quote = isLong ? words.prefix(Self.quoteLength) + " …" : words[...]
        let bytes = "bytes \(byteRange.lowerBound)–\(byteRange.upperBound)"
        return "  [\(number)] \(document), \(bytes): “\(quote)”"
    }
}

extension Answer.ExpertUse {
    fileprivate init?(_ json: JSONValue) {
        guard let layer = json["layer"]?.integer, let expert = json["expert"]?.integer,
            let workers = json["workers"]?.array?.compactMap(\.string)
        else { return nil }
        self.layer = layer
        self.expert = expert
        self.workers = workers.joined(separator: " and ")
        tokenCount = json["tokens"]?.integer ?? 0
        weight = json["weight"]?.number ?? 0
    }

    /// `    layer 28, expert 13: 463 rows, weight 141.3, expert-worker-1 and expert-worker-2`
    fileprivate var line: String {
        "    layer \(layer), expert \(expert): \(tokenCount.grouped) rows, "
            + "weight \(weight.oneDecimal), \(workers)"
    }
}
