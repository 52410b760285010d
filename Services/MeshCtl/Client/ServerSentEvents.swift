/// Cuts a stream of bytes into the data of its server-sent events.
///
/// Our front door writes one `data:` line per event, as OpenAI does; the other fields of the
/// format repeat what the data say.
struct ServerSentEvents {
    private var line: [UInt8] = []

    /// The data of the events that these bytes complete, `[DONE]` left out.
    mutating func feed(_ bytes: [UInt8]) -> [String] {
        var events: [String] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            if let data = Self.data(of: line) { events.append(data) }
            line.removeAll(keepingCapacity: true)
        }
        return events
    }

    private static func data(of line: [UInt8]) -> String? {
        let prefix = "data:"
        guard line.starts(with: prefix.utf8) else { return nil }
        let text = String(decoding: line.dropFirst(prefix.utf8.count), as: UTF8.self)
        let data = String(text.drop { $0 == " " }.prefix { $0 != "\r" })
        return data == "[DONE]" ? nil : data
    }
}
