import Checkpoint
import Glibc
import Testing

@Suite struct ArtifactTests {
    /// A small artifact: hidden 2, intermediate 3, float32.
    static let bytes: [UInt8] = {
        let fields: [UInt32] = [1, 0, 0, 2, 3, 1]
        let header = fields.map(Bytes.u32).reduce(.text("XMEXPERT"), +) + .zeros(32)
        let gateUp = BlockFormat.encode((0..<12).map(Float.init), storage: .float32)!
        let down = BlockFormat.encode((12..<18).map(Float.init), storage: .float32)!
        return header.bytes + gateUp + Bytes.zeros(16).bytes + down
    }()

    func refusal(changing offset: Int, to byte: UInt8) -> String {
        var bytes = Self.bytes
        bytes[offset] = byte
        return failure { _ = try Artifact(MappedFile(name: "x", bytes: bytes)) } ?? "accepted"
    }

    @Test func `header and matrices are read`() throws {
        let artifact = try Artifact(MappedFile(name: "x", bytes: Self.bytes))
        #expect(artifact.header.hiddenSize == 2)
        #expect(artifact.header.intermediateSize == 3)
        #expect(artifact.gateUp.info.shape == [6, 2])
        #expect(artifact.down.info.shape == [2, 3])
        let table = try TensorTable(path: "x", tensors: [artifact.gateUp, artifact.down])
        #expect(try table.floats("gate_up") == (0..<12).map(Float.init))
        #expect(try table.floats("down") == (12..<18).map(Float.init))
        #expect(artifact.digest == ArtifactDigest(of: Self.bytes))
    }

    @Test func `a file truncated at any byte, or with one too many, is refused`() {
        #expect(acceptedTruncations(Self.bytes) { _ = try Artifact($0) } == [])
        let longer = MappedFile(name: "x", bytes: Self.bytes + [0])
        #expect(failure { _ = try Artifact(longer) } != nil)
    }

    @Test(arguments: [
        (0, UInt8(0), "XMEXPERT"), (8, 2, "format version 2"), (12, 5, "storage type 5"),
        (16, 99, "storage type 99"), (20, 0, "impossible"), (23, 0xFF, "impossible"),
        (24, 0, "impossible"), (28, 0, "impossible"), (28, 9, "impossible"), (12, 8, "impossible"),
        (40, 1, "padding"), (63, 1, "padding"), (115, 1, "padding"), (20, 3, "instead of"),
    ])
    func `a changed header or padding is refused`(offset: Int, byte: UInt8, reason: String) {
        #expect(refusal(changing: offset, to: byte).contains(reason))
    }

    @Test func `the order of digests is that of their spellings`() {
        let digests = (0..<50).map { ArtifactDigest(of: [UInt8($0)]) }
        #expect(digests.sorted().map(\.description) == digests.map(\.description).sorted())
    }

    @Test func `a digest has one spelling`() {
        let text = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
        #expect(ArtifactDigest(hexadecimal: text)?.description == text)
        for wrong in [
            "", String(text.dropLast()), text + "0", text.uppercased(), "../" + text.dropFirst(3),
        ] {
            #expect(ArtifactDigest(hexadecimal: wrong) == nil)
        }
        // FIPS 180-2, appendix B.1.
        #expect(
            ArtifactDigest(of: Array("abc".utf8)).description
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}

@Suite struct ArtifactStoreTests {
    let directory = TemporaryDirectory()
    let bytes = ArtifactTests.bytes
    var store: ArtifactStore { ArtifactStore(path: directory.path + "/a/experts") }

    @Test func `what is inserted is opened by its digest, and nothing else lies about`() throws {
        let digest = try store.insert(bytes)
        #expect(store.contains(digest))
        #expect(try store.open(digest).digest == digest)
        #expect(try store.insert(bytes, expected: digest) == digest)
        #expect(TemporaryDirectory.names(store.path) == [digest.description])
    }

    @Test func `a wrong digest is refused and nothing is stored`() {
        let other = ArtifactDigest(of: [1])
        #expect(
            failure { try store.insert(bytes, expected: other) }?.contains("instead of \(other)")
                == true)
        #expect(failure { try store.insert([1, 2, 3]) } != nil)
        #expect(!store.contains(ArtifactDigest(of: bytes)))
    }

    @Test func `a damaged artifact is refused, and replaced by inserting it again`() throws {
        let digest = try store.insert(bytes)
        var damaged = bytes
        damaged[70] ^= 1
        write(damaged, to: "\(store.path)/\(digest)")
        #expect(
            failure { _ = try store.open(digest) }?.contains("delete it and import it again")
                == true)
        try store.insert(bytes)
        #expect(try store.open(digest).byteCount == bytes.count)
    }

    @Test func `a symbolic link is not followed`() throws {
        let digest = try store.insert(bytes)
        let outside = directory.path + "/outside"
        write(bytes, to: outside)
        let link = "\(store.path)/\(digest)"
        #expect(unsafe unlink(link) == 0)
        #expect(unsafe symlink(outside, link) == 0)
        #expect(failure { _ = try store.open(digest) }?.contains("cannot read") == true)
    }

    @Test func `what is no regular file is refused`() {
        let pipe = directory.path + "/pipe"
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        #expect(failure { _ = try MappedFile(path: pipe) }?.contains("not a regular file") == true)
        #expect(
            failure { _ = try MappedFile(path: directory.path) }?.contains("not a regular file")
                == true)
        #expect(failure { _ = try MappedFile(path: pipe + "2") }?.contains("No such file") == true)
    }
}

@Suite struct ArtifactDigestTests {
    private struct Damaged: Error { let digest: ArtifactDigest }

    @Test func `an error may carry a digest`() async {
        let digest = ArtifactDigest(of: [7])
        for _ in 0..<64 {
            let error = await #expect(throws: Damaged.self) {
                try await Task { throw Damaged(digest: digest) }.value
            }
            #expect(error?.digest == digest)
        }
    }
}
