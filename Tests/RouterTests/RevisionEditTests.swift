import Checkpoint
import FoundationEssentials
import HTTP
import LinearAlgebra
import Model
import Storage
import Testing

@testable import Router

private let hiddenSize = 4

/// An expert of one intermediate row whose weights depend on `seed`, as a file holds it.
private func artifactBytes(_ seed: Float, hiddenSize: Int = hiddenSize) -> [UInt8] {
    let words: [UInt32] = [1, 0, 0, UInt32(hiddenSize), 1, 1]
    var bytes = Array("XMEXPERT".utf8) + words.flatMap(littleEndian)
    bytes += [UInt8](repeating: 0, count: 64 - bytes.count)
    let gateUp = (0..<2 * hiddenSize).map { seed + Float($0) }
    bytes += gateUp.flatMap { littleEndian($0.bitPattern) }
    bytes += [UInt8](repeating: 0, count: (64 - bytes.count % 64) % 64)
    return bytes + (0..<hiddenSize).flatMap { littleEndian((seed - Float($0)).bitPattern) }
}

private func littleEndian(_ word: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
}

/// A model of one dense layer and one of two experts, and artifacts 0…4 on a shelf.
private struct Stock {
    let shelf: ArtifactShelf
    let digests: [ArtifactDigest]
    let wide: ArtifactDigest
    let base: RevisionBase

    init() throws {
        let folder =
            FileManager.default.temporaryDirectory.path + "/shelf-\(UInt64.random(in: 0 ... .max))"
        let model = ArtifactStore(path: folder + "/experts")
        let uploads = ArtifactStore(path: folder + "/uploads")
        digests = try (0..<5).map { index in
            try (index < 2 ? model : uploads).insert(artifactBytes(Float(index)))
        }
        wide = try uploads.insert(artifactBytes(1, hiddenSize: 8))
        shelf = ArtifactShelf(model: model, uploads: uploads, thread: SerialThread())
        let experts = digests.prefix(2).map {
            ExpertArtifact(digest: $0, byteCount: artifactBytes(0).count)
        }
        base = RevisionBase(
            identity: digests[0],
            initial: Revision(number: 1, experts: [[], experts], gates: [:]),
            hiddenSize: hiddenSize, topK: 2)
    }

    func apply(_ layers: String, to serving: Revision? = nil) async throws -> Revision {
        try await RevisionEdit(body: Array(#"{"layers": [\#(layers)]}"#.utf8))
            .applied(to: serving ?? base.initial, as: 2, of: base, from: shelf)
    }

    func names(_ indices: Int...) -> String {
        "[" + indices.map { "\"\(digests[$0])\"" }.joined(separator: ", ") + "]"
    }
}

private func gate(_ count: Int, _ value: Float = 0.5) -> String {
    let bytes = (0..<count).flatMap { littleEndian((value * Float($0)).bitPattern) }
    return "\"\(Base64.encoded(bytes))\""
}

private func refusal(_ work: () async throws -> Void) async -> FrontDoorError? {
    await #expect(throws: FrontDoorError.self) { try await work() }
}

struct RevisionEditTests {
    @Test func `an edit replaces the experts of its layers and keeps the others`() async throws {
        let stock = try Stock()
        let revision = try await stock.apply(#"{"layer": 1, "experts": \#(stock.names(1, 2))}"#)
        #expect(revision.number == 2)
        #expect(revision.experts[0].isEmpty)
        #expect(revision.experts[1].map(\.digest) == [stock.digests[1], stock.digests[2]])
        #expect(revision.experts[1][1].byteCount == artifactBytes(2).count)
        #expect(revision.gates.isEmpty)
    }

    @Test func `another number of experts comes with its gate, number by number`() async throws {
        let stock = try Stock()
        let experts = stock.names(0, 2, 3)
        let three = try await stock.apply(
            #"{"layer": 1, "experts": \#(experts), "gate": \#(gate(12))}"#)
        #expect(three.gates[1]?.elements == (0..<12).map { 0.5 * Float($0) })
        #expect(three.gates[1]?.expertCount == 3)
        // Of three others on top of that one the gate is kept.
        let other = try await stock.apply(
            #"{"layer": 1, "experts": \#(stock.names(4, 2, 3))}"#, to: three)
        #expect(other.gates[1]?.elements == three.gates[1]?.elements)

        let error = await refusal {
            _ = try await stock.apply(#"{"layer": 1, "experts": \#(experts)}"#)
        }
        #expect(error?.description.contains("layer 1 has 2 experts and here 3") == true)
        let short = await refusal {
            _ = try await stock.apply(
                #"{"layer": 1, "experts": \#(experts), "gate": \#(gate(11))}"#)
        }
        #expect(short?.description.contains("11 numbers instead of 3 × 4") == true)
    }

    @Test func `what does not fit the model is refused by its place`() async throws {
        let stock = try Stock()
        let (good, wide) = (stock.digests[0], stock.wide)
        let cases = [
            (#"{"layer": 0, "experts": \#(stock.names(0, 1))}"#, "layers[0].layer"),
            (#"{"layer": 2, "experts": \#(stock.names(0, 1))}"#, "layers[0].layer"),
            (#"{"layer": 1, "experts": \#(stock.names(0))}"#, "layers[0].experts"),
            (
                #"{"layer": 1, "experts": ["\#(good)", "\#(ArtifactDigest(of: [9]))"]}"#,
                "layers[0].experts[1]"
            ),
            (#"{"layer": 1, "experts": ["\#(good)", "\#(wide)"]}"#, "layers[0].experts[1]"),
        ]
        for (layer, param) in cases {
            let error = await refusal { _ = try await stock.apply(layer) }
            #expect(error?.param == param, "\(layer)")
        }
    }

    @Test(arguments: [
        (#"{}"#, "layers"), (#"{"layers": []}"#, "layers"), (#"{"layers": 1}"#, "layers"),
        (#"{"layers": [1]}"#, "layers[0]"), (#"{"layers": [{"layer": -1}]}"#, "layers[0].layer"),
        (#"{"layers": [{"experts": []}]}"#, "layers[0].layer"),
        (#"{"layers": [{"layer": 1}]}"#, "layers[0].experts"),
        (#"{"layers": [{"layer": 1, "experts": ["AB"]}]}"#, "layers[0].experts[0]"),
        (#"{"layers": [{"layer": 1, "experts": [7]}]}"#, "layers[0].experts[0]"),
        (#"{"layer": 1}"#, "layers"), (#"{"layers": [], "nots": ""}"#, "layers"),
        (#"{"note": 3, "layers": []}"#, "note"),
    ]) func `a malformed edit is refused by the path of its fault`(body: String, param: String) {
        let error = #expect(throws: FrontDoorError.self) {
            _ = try RevisionEdit(body: Array(body.utf8))
        }
        #expect(error?.param == param)
    }

    @Test func `unknown members, layers that stand twice and odd gates are refused`() throws {
        let digest = "\"\(ArtifactDigest(of: [1]))\""
        let cases = [
            (#"{"layers": [{"layer": 1, "experts": [D], "gates": ""}]}"#, "layers[0].gates"),
            (#"{"layers": [{"layer": 1, "experts": [D]}], "nots": ""}"#, "nots"),
            (
                #"{"layers": [{"layer": 1, "experts": [D]}, {"layer": 1, "experts": [D]}]}"#,
                "layers[1].layer"
            ),
            (#"{"layers": [{"layer": 1, "experts": [D], "gate": "AAA="}]}"#, "layers[0].gate"),
            (#"{"layers": [{"layer": 1, "experts": [D], "gate": "?"}]}"#, "layers[0].gate"),
            // The bits of infinity.
            (#"{"layers": [{"layer": 1, "experts": [D], "gate": "AACAfw=="}]}"#, "layers[0].gate"),
        ]
        for (body, param) in cases {
            let text = body.split(separator: "D").joined(separator: digest)
            let error = #expect(throws: FrontDoorError.self) {
                _ = try RevisionEdit(body: Array(text.utf8))
            }
            #expect(error?.param == param, "\(body)")
        }
        let long = #"{"note": "\#(String(repeating: "x", count: 2000))", "layers": []}"#
        #expect(throws: FrontDoorError.self) { _ = try RevisionEdit(body: Array(long.utf8)) }
    }

    @Test func `a damaged artifact is refused, and a sound copy elsewhere is taken`() async throws {
        let stock = try Stock()
        let digest = try await damage(stock)
        let error = await refusal {
            _ = try await stock.apply(#"{"layer": 1, "experts": \#(stock.names(0, 2))}"#)
        }
        #expect(error?.param == "layers[0].experts[1]")
        try await stock.shelf.insert(artifactBytes(2), as: digest)
        #expect(
            try await stock.apply(#"{"layer": 1, "experts": \#(stock.names(0, 2))}"#)
                .experts[1][1].digest == digest)
    }

    private func damage(_ stock: Stock) async throws -> ArtifactDigest {
        let digest = stock.digests[2]
        let store = try #require(stock.shelf.uploads)
        var bytes = artifactBytes(2)
        bytes[70] ^= 1
        try Data(bytes).write(to: URL(filePath: "\(store.path)/\(digest)"))
        return digest
    }

    @Test func `an upload must be what its name says`() async throws {
        let stock = try Stock()
        let bytes = artifactBytes(40)
        let digest = ArtifactDigest(of: bytes)
        #expect(await !stock.shelf.contains(digest))
        await #expect(throws: CheckpointError.self) {
            try await stock.shelf.insert(Array(bytes.dropLast()), as: digest)
        }
        await #expect(throws: CheckpointError.self) {
            try await stock.shelf.insert(artifactBytes(41), as: digest)
        }
        #expect(await !stock.shelf.contains(digest))
        try await stock.shelf.insert(bytes, as: digest)
        #expect(try await stock.shelf.artifact(digest)?.byteCount == bytes.count)
    }

    @Test func `without a catalog nothing is uploaded, and the error says what to add`() async {
        let shelf = ArtifactShelf(
            model: ArtifactStore(path: "/nonexistent"), uploads: nil, thread: SerialThread())
        let error = await #expect(throws: StagingError.self) {
            try await shelf.insert(artifactBytes(1), as: ArtifactDigest(of: artifactBytes(1)))
        }
        #expect(error?.description.contains("--catalog") == true)
    }
}

extension FrontDoorError {
    /// The field at fault.
    fileprivate var param: String? {
        switch self {
        case .invalid(_, let param, _), .notFound(_, let param), .tooLarge(_, let param):
            param
        default: nil
        }
    }
}
