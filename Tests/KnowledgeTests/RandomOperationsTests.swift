import Knowledge
import Testing

/// Random writes and restarts against a dictionary that says what the store should hold.
@Suite struct RandomOperationsTests {
    private let directory = TemporaryDirectory()
    private let animals = ["fox", "hen", "dog", "cat", "owl", "bee", "ant", "elk"]

    @Test(arguments: 1...3) func `the store holds what a dictionary would`(seed: UInt64)
        async throws
    {
        var random = Seeded(seed)
        var store = try await PassageStore.ofWords(in: directory)
        var model: [String: [String: String]] = [:]
        var lastSequence: Int64 = 0
        for _ in 0..<120 {
            let collection = ["a", "b"].randomElement(using: &random)!
            let name = "d\(Int.random(in: 0..<8, using: &random))"
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                let dropped = try await store.drop(collection: collection)
                #expect(dropped.documentCount == model[collection]?.count ?? 0)
                model[collection] = nil
            case 1...4:
                let existed = try await store.delete(document: name, in: collection).existed
                #expect(existed == (model[collection]?[name] != nil))
                model[collection]?[name] = nil
            case 5:
                store.close()
                store = try await PassageStore.ofWords(in: directory)
            case 6:
                try await store.maintain()
            default:
                let text = randomText(&random)
                let receipt = try await store.upsert(document(name, text), in: collection)
                #expect(receipt.isUnchanged == (model[collection]?[name] == text))
                #expect(receipt.isUnchanged || receipt.sequence > lastSequence)
                lastSequence = max(lastSequence, receipt.sequence)
                model[collection, default: [:]][name] = text
            }
            try await check(store, model, animals.randomElement(using: &random)!)
        }
        #expect(try await store.complaints().isEmpty)
        store.close()
    }

    private func randomText(_ random: inout Seeded) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in
            (0..<Int.random(in: 1...4, using: &random)).map { _ in
                animals.randomElement(using: &random)!
            }
            .joined(separator: " ")
        }.joined(separator: ".\n\n")
    }

    private func check(_ store: PassageStore, _ model: [String: [String: String]], _ animal: String)
        async throws
    {
        for (collection, documents) in model {
            let listed = try await store.documents(in: collection, limit: 100)
            #expect(listed.map(\.name) == documents.keys.sorted())
            let hits = try await store.hits(animal, in: [collection], limit: 200, .lexical)
            let expected = documents.filter { words(of: $0.value).contains(animal) }.map(\.key)
            #expect(Set(hits.map(\.document)) == Set(expected))
            for hit in hits {
                let source = Array(documents[hit.document]!.utf8)[hit.passage.byteRange]
                #expect(String(decoding: source, as: UTF8.self) == hit.passage.text)
            }
        }
    }
}
