/// Finds stop strings in streamed text: releases what can no longer be part of one, holds back the
/// rest. Code points are compared, and not characters: "\n" stops "\r\n", which is one character.
struct StopMatcher: Sendable {
    private let stops: [[Unicode.Scalar]]
    private var held: [Unicode.Scalar] = []
    private(set) var hasStopped = false

    init(_ stops: [String]) {
        self.stops = stops.map { Array($0.unicodeScalars) }.filter { !$0.isEmpty }
    }

    /// The text that may leave now. After a stop string nothing more leaves.
    mutating func feed(_ text: String) -> String {
        guard !hasStopped else { return "" }
        held += text.unicodeScalars
        if let end = firstStop() {
            hasStopped = true
            defer { held = [] }
            return Self.string(held[..<end])
        }
        let keep = longestOpenSuffix()
        defer { held.removeFirst(held.count - keep) }
        return Self.string(held.dropLast(keep))
    }

    /// What was held back, once no more text will come.
    mutating func finish() -> String {
        defer { held = [] }
        return Self.string(held[...])
    }

    private func firstStop() -> Int? {
        held.indices.first { start in stops.contains { held[start...].starts(with: $0) } }
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    /// How many trailing code points could still become a stop string.
    private func longestOpenSuffix() -> Int {
        let longest = min(held.count, (stops.map(\.count).max() ?? 0) - 1)
        guard longest > 0 else { return 0 }
        return (1...longest).last { count in
            stops.contains { $0.starts(with: held.suffix(count)) }
        } ?? 0
    }
}
