import Knowledge
import Testing

@Suite struct ErasureTests {
    private let directory = TemporaryDirectory()
    private let secret = "Zyxwvutsrqponmlk"

    private func isInFiles(_ text: String) -> Bool {
        let needle = Array(text.utf8)
        let bytes = directory.bytes
        return bytes.indices.contains {
            bytes[$0] == needle[0] && bytes[$0...].starts(with: needle)
        }
    }

    /// The index keeps words in lower case and without their common beginnings, so half of the word
    /// is looked for as well.
    private var traces: [String] {
        [secret, secret.lowercased(), String(secret.lowercased().dropFirst(4))]
    }

    private func filled() async throws -> PassageStore {
        let store = try await PassageStore.ofWords(in: directory)
        for number in 0..<30 {
            _ = try await store.upsert(document("d\(number)", "\(lorem) number \(number)"), in: "c")
        }
        _ = try await store.upsert(
            document("private", "The key is \(secret), keep it.", title: secret), in: "c")
        #expect(isInFiles(secret))
        return store
    }

    @Test func `a deleted document leaves no trace in the files`() async throws {
        let store = try await filled()
        _ = try await store.delete(document: "private", in: "c")
        try await store.maintain()
        for trace in traces { #expect(!isInFiles(trace), "\(trace)") }
        #expect(try await store.hits("documents").count == 10)
        store.close()
    }

    @Test func `nor does a replaced one`() async throws {
        let store = try await filled()
        _ = try await store.upsert(document("private", "Nothing here."), in: "c")
        try await store.maintain()
        for trace in traces { #expect(!isInFiles(trace), "\(trace)") }
        store.close()
    }

    @Test func `nor a dropped collection, and its room is given back`() async throws {
        let store = try await filled()
        try await store.maintain()
        let before = directory.bytes.count
        _ = try await store.drop(collection: "c")
        try await store.maintain()
        for trace in traces { #expect(!isInFiles(trace), "\(trace)") }
        #expect(directory.bytes.count < before)
        store.close()
    }

    @Test func `a store that was closed before it could erase does so at the next start`()
        async throws
    {
        let store = try await filled()
        _ = try await store.delete(document: "private", in: "c")
        store.close()
        let again = try await PassageStore.ofWords(in: directory)
        for trace in traces { #expect(!isInFiles(trace), "\(trace)") }
        again.close()
    }

    @Test func `storing the same corpus twenty times does not grow the files`() async throws {
        let store = try await PassageStore.ofWords(in: directory)
        defer { store.close() }
        var sizes: [Int] = []
        for round in 0..<20 {
            for number in 0..<10 {
                _ = try await store.upsert(
                    document("d\(number)", lorem + " \(number) \(round % 2)"), in: "c")
            }
            try await store.maintain()
            sizes.append(directory.bytes.count)
        }
        #expect(Double(sizes[19]) <= 1.2 * Double(sizes[0]), "\(sizes)")
    }
}
