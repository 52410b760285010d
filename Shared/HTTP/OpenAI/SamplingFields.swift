internal import JSON

/// The fields that chat, completions and responses have in common.
extension Fields {
    /// Strings at which a generation may stop; OpenAI allows 4, others more.
    static let stopCountMax = 16
    /// More alternatives than this are of no use to anyone, and each costs a line of JSON per
    /// token.
    static let alternativeCountMax = 20
    static let metadataCountMax = 16

    mutating func sampling() throws(FrontDoorError) -> Sampling {
        var sampling = Sampling()
        if let temperature = try number("temperature", in: 0...2) {
            sampling.temperature = temperature
        }
        if let topP = try number("top_p", in: 0...1) {
            guard topP > 0 else { throw .invalidValue(path(of: "top_p"), "must be over 0") }
            sampling.topP = topP
        }
        if let seed = try integer("seed", in: .min ... .max) {
            sampling.seed = UInt64(bitPattern: Int64(seed))
        }
        return sampling
    }

    mutating func stop() throws(FrontDoorError) -> [String] {
        guard let value = take("stop") else { return [] }
        let elements = value.array ?? [value]
        guard elements.count <= Self.stopCountMax else {
            throw .invalidValue(path(of: "stop"), "may hold at most \(Self.stopCountMax) strings")
        }
        var strings: [String] = []
        for element in elements { strings.append(try Self.string(element, path(of: "stop"))) }
        guard !strings.contains("") else {
            throw .invalidValue(path(of: "stop"), "holds an empty string")
        }
        return strings
    }

    mutating func mesh() throws(FrontDoorError) -> MeshOptions {
        guard var fields = try object("mesh") else { return MeshOptions() }
        let routing = try fields.bool("routing") ?? false
        try fields.end()
        return MeshOptions(routing: routing)
    }

    /// Strings about the request that are the client's own business.
    mutating func metadata() throws(FrontDoorError) -> [String: String]? {
        guard let value = take("metadata") else { return nil }
        guard let object = value.object else {
            throw .wrongType(path(of: "metadata"), "an object", value)
        }
        guard object.members.count <= Self.metadataCountMax else {
            throw .invalidValue(
                path(of: "metadata"), "may hold at most \(Self.metadataCountMax) pairs")
        }
        var metadata: [String: String] = [:]
        for member in object.members {
            metadata[member.name] = try Self.string(
                member.value, "\(path(of: "metadata")).\(member.name)")
        }
        return metadata
    }

    /// Whether to stream, and whether the stream ends with a chunk that tells the usage.
    mutating func streaming() throws(FrontDoorError) -> (isStream: Bool, includesUsage: Bool) {
        let isStream = try bool("stream") ?? false
        guard var options = try object("stream_options") else { return (isStream, false) }
        guard isStream else {
            throw .invalidValue(path(of: "stream_options"), "needs 'stream': true")
        }
        let includesUsage = try options.bool("include_usage") ?? false
        try options.accept("include_obfuscation", false)
        try options.end()
        return (isStream, includesUsage)
    }

    /// Names by which a client's provider would tell its users apart; they change no answer.
    mutating func clientNames() throws(FrontDoorError) {
        _ = try optionalString("user")
        _ = try optionalString("safety_identifier")
        _ = try optionalString("prompt_cache_key")
    }

    mutating func neutralPenalties() throws(FrontDoorError) {
        try accept("frequency_penalty", 0)
        try accept("presence_penalty", 0)
        try accept("logit_bias", [:])
    }
}
