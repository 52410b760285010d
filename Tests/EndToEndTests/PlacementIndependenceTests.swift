import LinearAlgebra
import Mesh
import Model
import Testing
import Tokenization
import Wire

@testable import Router

private let prompt: [TokenID] = [5, 17, 42, 9, 30, 8, 21]

/// The promise of the mesh: where an expert lives changes nothing.
struct PlacementIndependenceTests {
    @Test(arguments: ["granitemoeshared", "olmoe", "mixtral", "qwen3moe"])
    func `one, two and four workers give the same tokens`(fixture: String) async throws {
        let mesh = try await TinyMesh(fixture)
        var answers: [[TokenID]] = []
        for worker in 1...4 {
            _ = try await mesh.addWorker("worker-\(worker)")
            if worker != 3 { answers.append(try await mesh.generate(prompt, count: 24)) }
        }
        #expect(answers[0].count > 1)
        #expect(Set(answers).count == 1)
        try await mesh.stop()
    }

    @Test func `workers that fetched their artifacts from the router give the same tokens`()
        async throws
    {
        let mesh = try await TinyMesh("granitemoeshared")
        let local = try await mesh.addWorker("worker-1")
        let expected = try await mesh.generate(prompt, count: 24)
        await local.close()
        _ = try await mesh.addWorker("worker-2", fetches: true)
        _ = try await mesh.addWorker("worker-3", fetches: true)
        #expect(try await mesh.generate(prompt, count: 24) == expected)
        try await mesh.stop()
    }

    @Test func `in fixed order any placement gives the same bits`() async throws {
        let mesh = try await TinyMesh("granitemoeshared", reduction: .perChoice)
        var states: [Matrix] = []
        for worker in 1...4 {
            _ = try await mesh.addWorker("worker-\(worker)")
            states.append(try await mesh.hiddenStates(prompt))
        }
        for state in states.dropFirst() { #expect(state == states[0]) }
        try await mesh.stop()
    }

    @Test func `requests that share steps get the tokens that each gets alone`() async throws {
        let mesh = try await TinyMesh("olmoe")
        _ = try await mesh.addWorker("worker-1")
        let prompts: [[TokenID]] = (1...6).map { count in Array(prompt.prefix(count)) }
        var alone: [[TokenID]] = []
        for prompt in prompts { alone.append(try await mesh.generate(prompt, count: 16)) }
        let together = try await withThrowingTaskGroup { group in
            for (index, prompt) in prompts.enumerated() {
                group.addTask { (index, try await mesh.generate(prompt, count: 16)) }
            }
            return try await group.reduce(into: [Int: [TokenID]]()) { $0[$1.0] = $1.1 }
        }
        for (index, tokens) in alone.enumerated() { #expect(together[index] == tokens) }
        try await mesh.stop()
    }
}

struct WorkerLossTests {
    @Test func `a worker that dies in the middle changes no token`() async throws {
        let mesh = try await TinyMesh("granitemoeshared")
        let first = try await mesh.addWorker("worker-1")
        _ = try await mesh.addWorker("worker-2")
        let undisturbed = try await mesh.generate(prompt, count: 24)
        let disturbed = try await mesh.generate(prompt, count: 24) { count in
            if count == 5 { await first.close() }
        }
        #expect(disturbed == undisturbed)
        try await mesh.stop()
    }

    @Test func `an expert that lived only on the lost worker is placed again`() async throws {
        let mesh = try await TinyMesh("granitemoeshared", replicas: 1)
        let first = try await mesh.addWorker("worker-1")
        _ = try await mesh.addWorker("worker-2")
        let undisturbed = try await mesh.generate(prompt, count: 24)
        let disturbed = try await mesh.generate(prompt, count: 24) { count in
            if count == 5 { await first.close() }
        }
        #expect(disturbed == undisturbed)
        try await mesh.stop()
    }

    @Test func `without any worker the request fails and names what is missing`() async throws {
        let mesh = try await TinyMesh("granitemoeshared")
        let error = await #expect(throws: ExpertLoss.self) {
            try await mesh.generate(prompt, count: 4, within: .milliseconds(200))
        }
        #expect(error?.experts.first?.layer == 0)
        try await mesh.stop()
    }
}
