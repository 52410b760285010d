import Checkpoint
import Glibc
import Testing

@Suite struct PartialArtifactTests {
    let directory = TemporaryDirectory()
    let bytes = ArtifactTests.bytes
    let digest = ArtifactDigest(of: ArtifactTests.bytes)
    var store: ArtifactStore { ArtifactStore(path: directory.path + "/cache") }

    @Test func `it is visible only when it is whole, and goes on from where it was left`() throws {
        let first = try PartialArtifact(of: digest, in: store)
        #expect(first.byteCount == 0)
        try first.append(Array(bytes[..<40]))
        let second = try PartialArtifact(of: digest, in: store)
        #expect(second.byteCount == 40)
        #expect(!store.contains(digest))
        try second.append(Array(bytes[40...]))
        #expect(try second.commit().byteCount == bytes.count)
        #expect(try store.open(digest).digest == digest)
        #expect(TemporaryDirectory.names(store.path) == [digest.description])
    }

    @Test func `what is not what it should be is removed`() throws {
        for content in [Array(bytes.dropLast()), bytes + [0], [UInt8](repeating: 7, count: 99)] {
            let partial = try PartialArtifact(of: digest, in: store)
            #expect(partial.byteCount == 0)
            try partial.append(content)
            #expect(failure { _ = try partial.commit() }?.contains("instead of \(digest)") == true)
            #expect(TemporaryDirectory.names(store.path) == [])
        }
    }

    @Test func `bytes that hash to their name and are no artifact are removed`() throws {
        let partial = try PartialArtifact(of: ArtifactDigest(of: [1, 2, 3]), in: store)
        try partial.append([1, 2, 3])
        #expect(failure { _ = try partial.commit() }?.contains("malformed") == true)
        #expect(TemporaryDirectory.names(store.path) == [])
    }

    @Test func `a disk that is too small says so before anything is written`() throws {
        let partial = try PartialArtifact(of: digest, in: store)
        #expect(
            failure { try partial.checkSpace(forWhole: 1 << 60) }?.contains("the disk has") == true)
        #expect(failure { try partial.checkSpace(forWhole: bytes.count) } == nil)
    }

    @Test func `a symbolic link in its place is not followed`() throws {
        _ = try PartialArtifact(of: digest, in: store)
        let path = "\(store.path)/\(digest).partial"
        #expect(unsafe unlink(path) == 0)
        #expect(unsafe symlink(directory.path + "/outside", path) == 0)
        #expect(failure { _ = try PartialArtifact(of: digest, in: store) } != nil)
        #expect(!directory.names.contains("outside"))
    }
}

@Suite struct ArtifactFilesTests {
    let directory = TemporaryDirectory()
    let bytes = ArtifactTests.bytes
    var store: ArtifactStore { ArtifactStore(path: directory.path) }

    @Test func `pieces make the whole`() throws {
        let digest = try store.insert(bytes)
        var whole: [UInt8] = []
        while let piece = try store.piece(of: digest, at: whole.count, byteCount: 50),
            !piece.bytes.isEmpty
        {
            #expect(piece.wholeByteCount == bytes.count)
            whole += piece.bytes
        }
        #expect(whole == bytes)
        #expect(try store.piece(of: digest, at: .max, byteCount: 50)?.bytes == [])
    }

    @Test func `there is no piece of what is not here`() throws {
        #expect(try store.piece(of: ArtifactDigest(of: [1]), at: 0, byteCount: 1) == nil)
    }

    @Test func `files are listed the longest unused first, and strangers are not`() throws {
        let digests = try (UInt8(0)..<3).map { number in
            var bytes = bytes
            bytes[64] = number
            return try store.insert(bytes)
        }
        let partial = try PartialArtifact(of: ArtifactDigest(of: [9]), in: store)
        try partial.append([1, 2])
        write([1], to: directory.path + "/README")
        store.touch(digests[0])
        let entries = try store.entries()
        #expect(entries.map(\.digest) == [digests[1], digests[2], partial.digest, digests[0]])
        #expect(entries.map(\.byteCount) == [bytes.count, bytes.count, 2, bytes.count])
    }

    @Test func `what is removed is gone, its beginning too`() throws {
        let digest = try store.insert(bytes)
        _ = try PartialArtifact(of: digest, in: store)
        store.remove(digest)
        #expect(directory.names == [])
    }

    @Test func `a directory has one owner at a time`() throws {
        var first: DirectoryLock? = try DirectoryLock(directory.path)
        #expect(
            failure { _ = try DirectoryLock(directory.path) }?.contains("another process") == true)
        withExtendedLifetime(first) {}
        first = nil
        #expect(failure { _ = try DirectoryLock(directory.path) } == nil)
    }
}
