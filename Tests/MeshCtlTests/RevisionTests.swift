internal import ArgumentParser
internal import Checkpoint
import JSON
internal import Testing

@testable internal import MeshCtl

/// Artifacts by number.
private func experts(_ numbers: UInt8...) -> [ArtifactDigest] {
    numbers.map { ArtifactDigest(of: [$0]) }
}

@Suite struct ModelEditTests {
    private let served = [[], experts(1, 2), experts(3, 4)]

    @Test func `only layers that differ are edited, and only new artifacts are sent`() throws {
        let edit = try ModelEdit(served: served, offered: [[], experts(1, 2), experts(3, 5)])
        #expect(
            edit.layers
                == [.init(layer: 2, former: experts(3, 4), experts: experts(3, 5))])
        #expect(edit.newDigests == experts(5))
        #expect(edit.layers[0].line == "layer 2: 1 of 2 experts replaced")
        #expect(!edit.layers[0].needsGate)
    }

    @Test func `the same experts are no edit`() throws {
        #expect(try ModelEdit(served: served, offered: served).layers.isEmpty)
    }

    @Test func `experts that change places are an edit that sends nothing`() throws {
        let edit = try ModelEdit(served: served, offered: [[], experts(2, 1), experts(3, 4)])
        #expect(edit.layers[0].line == "layer 1: 2 of 2 experts replaced")
        #expect(edit.newDigests.isEmpty)
    }

    @Test func `another number of experts brings the gate`() throws {
        let fewer = try ModelEdit(served: served, offered: [[], experts(1), experts(3, 4)])
        #expect(fewer.layers[0].needsGate)
        #expect(fewer.layers[0].line == "layer 1: 1 experts instead of 2, and their gate")
        let more = try ModelEdit(
            served: served, offered: [[], experts(1, 2), experts(3, 4, 6)])
        #expect(more.layers[0].needsGate)
        #expect(more.newDigests == experts(6))
    }

    @Test func `a layer or an expert may be the only one to change`() throws {
        let offered = [[], experts(11, 12), experts(13, 14)]
        let layer = try ModelEdit(served: served, offered: offered, layer: 2)
        #expect(layer.layers.map(\.layer) == [2])
        let expert = try ModelEdit(served: served, offered: offered, layer: 1, expert: 1)
        #expect(expert.layers == [.init(layer: 1, former: experts(1, 2), experts: experts(1, 12))])
        #expect(expert.newDigests == experts(12))
    }

    @Test func `a dense model is called one`() {
        let dense = [experts(), experts(), experts()]
        for (one, other) in [(served, dense), (dense, served), (dense, dense)] {
            let error = #expect(throws: ModelEditError.self) {
                _ = try ModelEdit(served: one, offered: other, layer: 1)
            }
            #expect(error?.description.contains("is a dense model") == true)
        }
    }

    @Test func `what has no counterpart is refused with what there is`() {
        let offered = [[], experts(11, 12), experts(13, 14)]
        #expect(throws: ModelEditError.otherModel(served: 3, offered: 2)) {
            _ = try ModelEdit(served: served, offered: [[], experts(1)])
        }
        #expect(throws: ModelEditError.otherModel(served: 3, offered: 3)) {
            _ = try ModelEdit(served: served, offered: [experts(9), experts(1, 2), experts(3, 4)])
        }
        for layer in [-1, 0, 3] {
            #expect(throws: ModelEditError.noSuchLayer(layer, known: [1, 2])) {
                _ = try ModelEdit(served: served, offered: offered, layer: layer)
            }
        }
        for expert in [-1, 2] {
            #expect(throws: ModelEditError.noSuchExpert(expert, layer: 1, count: 2)) {
                _ = try ModelEdit(served: served, offered: offered, layer: 1, expert: expert)
            }
        }
    }
}

@Suite struct RevisionTextTests {
    private static let answer: JSONValue = [
        "serving": 2, "candidate": 3, "rollbackTarget": 1,
        "revisions": [
            [
                "revision": 3, "state": "canary", "share": 0.1, "pinned": 4, "note": "smaller",
                "createdAt": 1_700_000_000,
                "divergence": [
                    "requests": 5, "tokens": 1234, "meanKL": 0.00123, "agreement": 0.987,
                    "tokenMilliseconds": 12.5, "servingTokenMilliseconds": nil,
                ],
            ],
            ["revision": 2, "state": "serving", "share": nil, "pinned": 0, "note": ""],
            ["revision": 1, "state": "retired", "pinned": 1, "note": ""],
        ],
        "journal": [
            [
                "time": 1_700_000_000, "step": "promoted", "revision": 2,
                "detail": "in place of revision 1", "author": "ada", "note": "less memory",
            ],
            ["time": 0, "step": "imported", "revision": 1, "detail": "", "author": "", "note": ""],
        ],
    ]

    @Test func `revisions, comparison and journal are shown line by line`() {
        let state = "retired, rollback returns to it"
        let space = String(repeating: " ", count: state.count - "serving".count)
        let lines = Revisions.lines(Self.answer)
        #expect(lines[1].hasPrefix("       3  canary, share 0.1"))
        #expect(lines[1].hasSuffix("       4  2023-11-14T22:13:20Z  smaller"))
        #expect(lines[2] == "       2  serving\(space)         0")
        #expect(lines[3] == "       1  \(state)         1")
        #expect(
            lines[4...] == [
                "",
                "revision 3 against 2 over 1,234 tokens: same first choice 98.7 %, "
                    + "mean divergence 0.001 nats,",
                "  milliseconds per token 12.5, of revision 2 -",
                "",
                "2023-11-14T22:13:20Z  promoted 2, in place of revision 1 (ada: less memory)",
                "1970-01-01T00:00:00Z  imported 1",
            ])
    }

    @Test func `a placement tells what each worker would load, and what would be nowhere`() {
        let lines = Place.lines([
            "workers": [
                [
                    "name": "worker-1", "holdsBytes": 1000, "wouldHoldBytes": 2000,
                    "capacityBytes": 4000, "loads": 3, "drops": 0,
                ]
            ], "homelessCount": 0, "fewestCopies": 2,
        ])
        #expect(lines[1].hasPrefix("worker-1"))
        #expect(lines[1].contains("2.0 kB"))
        #expect(lines.last == "every expert would have 2 copies or more")
        let lost = Place.lines(["workers": [], "homelessCount": 1200, "fewestCopies": 0])
        #expect(lost.last == "1,200 experts would be nowhere: the mesh could not answer")
    }

    @Test(arguments: [
        (
            0, 2,
            "3 copies of each cannot be had: some would have 2 copies; start more workers, or "
                + "give them more --memory"
        ),
        (0, 3, "every expert would have 3 copies or more"),
        (7, 0, "7 experts would be nowhere: the mesh could not answer"),
    ])
    func `a placement says when the copies that are wanted cannot be had`(
        homeless: Int, copies: Int, verdict: String
    ) {
        let answer: JSONValue = [
            "workers": [], "homelessCount": .integer(homeless), "fewestCopies": .integer(copies),
        ]
        #expect(Place.lines(answer, wanted: 3).last == verdict)
    }

    @Test(arguments: [
        ["canary", "3", "--share", "nan"], ["canary", "3", "--share=-0.1"], ["drain", ""],
        ["place", "--dry-run", "--without", ""], ["place", "--dry-run", "--replicas", "0"],
        ["up", "--listen", "foo"], ["promote", "-1"], ["status", "--state", ""],
        ["ask", "x", "--api-key", "a\nb"],
    ])
    func `what cannot be meant is refused as a mistake of the command line`(words: [String]) {
        let error = #expect(throws: (any Error).self) { _ = try MeshCommand.parseAsRoot(words) }
        #expect(error.map { MeshCommand.exitCode(for: $0).rawValue } == 64)
    }

    @Test func `a layer that does not exist is refused with the status of a wrong command line`() {
        let error = ModelEditError.noSuchLayer(30, known: [0, 29]).asUsage
        #expect(MeshCommand.exitCode(for: error).rawValue == 64)
        let message = MeshCommand.message(for: error)
        #expect(message == "layer 30 has no experts; --layer is one of 0 to 29")
    }

    @Test(arguments: [("worker-1", "worker-1"), ("a/b c", "a%2Fb%20c"), ("é\n", "%C3%A9%0A")])
    func `a name in a URL is escaped`(name: String, escaped: String) {
        #expect(name.percentEncoded == escaped)
    }
}
