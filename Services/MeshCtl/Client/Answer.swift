internal import HTTP

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
        let workers: [String]
        let rowCount: Int
    }

    let text: String
    let support: String
    let citations: [Citation]
    let experts: [ExpertUse]

    init(_ response: JSON) {
        let content = (response["output"]?.array ?? [])
            .filter { $0["type"]?.string == "message" }
            .flatMap { $0["content"]?.array ?? [] }
        text = content.compactMap { $0["text"]?.string }.joined()
        let mesh = response["mesh"]
        support = mesh?["support"]?.string ?? ""
        citations = (mesh?["citations"]?.array ?? []).compactMap(Citation.init)
        experts = (mesh?["experts"]?.array ?? []).compactMap(ExpertUse.init)
    }

    /// The lines that follow the answer.
    func lines(withExperts: Bool) -> [String] {
        citations.map(\.line) + (withExperts ? expertTable.lines : [])
    }

    /// One row per layer: few people want to read hundreds of lines.
    private var expertTable: Table {
        var table = Table("layer", "experts", "rows", "workers")
        for (layer, uses) in Dictionary(grouping: experts, by: \.layer).sorted(by: {
            $0.key < $1.key
        }) {
            let workers = Set(uses.flatMap(\.workers)).sorted()
            table.add(
                String(layer), uses.map(\.expert).sorted().map(String.init).joined(separator: " "),
                String(uses.map(\.rowCount).reduce(0, +)), workers.joined(separator: ", "))
        }
        return table
    }
}

extension Answer.Citation {
    fileprivate init?(_ json: JSON) {
        guard let number = json["number"]?.integer, let start = json["byte_start"]?.integer,
            let end = json["byte_end"]?.integer, start <= end
        else { return nil }
        self.number = number
        document = json["title"]?.string ?? json["document_id"]?.string ?? ""
        byteRange = start..<end
        text = json["text"]?.string ?? ""
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
    fileprivate init?(_ json: JSON) {
        guard let layer = json["layer"]?.integer, let expert = json["expert"]?.integer else {
            return nil
        }
        self.layer = layer
        self.expert = expert
        workers = (json["workers"]?.array ?? []).compactMap(\.string)
        rowCount = json["row_count"]?.integer ?? 0
    }
}
