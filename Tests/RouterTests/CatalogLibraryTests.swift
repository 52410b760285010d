import HTTP
import Storage
import Support
import Testing

@testable import Router

/// Files and vector stores, in both kinds of catalog.
struct CatalogLibraryTests {
    private let everything = PageRequest(limit: 100, order: .ascending, after: nil)

    private func upload(_ name: String, purpose: String = "assistants") -> FileUpload {
        FileUpload(
            filename: name, purpose: purpose, mediaType: nil, content: Array("text of \(name)".utf8)
        )
    }

    @Test(arguments: CatalogHome.Kind.available)
    func `files come in the order of their upload, page by page, both ways`(
        _ kind: CatalogHome.Kind
    ) async throws {
        let catalog = try await CatalogHome(kind).catalog()
        for number in 0..<7 {
            let purpose = number == 3 ? "other" : "assistants"
            // Ids are random: their order is another one.
            _ = try await catalog.addFile(
                upload("\(number)", purpose: purpose), id: "file-\(number * 5 % 7)", at: 9)
        }
        let all = try await catalog.files(purpose: nil, everything).items.map(\.filename)
        #expect(all == ["0", "1", "2", "3", "4", "5", "6"])
        let other = try await catalog.files(purpose: "other", everything).items.map(\.filename)
        #expect(other == ["3"])
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try await catalog.files(
                purpose: "assistants", PageRequest(limit: 2, order: .descending, after: cursor))
            seen += page.items.map(\.filename)
            cursor = page.hasMore ? page.items.last?.id : nil
        } while cursor != nil
        #expect(seen == ["6", "5", "4", "2", "1", "0"])
    }

    @Test(arguments: CatalogHome.Kind.available)
    func `a file has what was uploaded until it is deleted`(_ kind: CatalogHome.Kind) async throws {
        let catalog = try await CatalogHome(kind).catalog()
        let record = try await catalog.addFile(upload("é.txt"), id: "file-1", at: 9)
        #expect(record.byteCount == "text of é.txt".utf8.count)
        #expect(try await catalog.fileContent("file-1") == Array("text of é.txt".utf8))
        #expect(try await catalog.document("file-1")?.mediaType == nil)
        #expect(try await catalog.deleteFile("file-1"))
        await #expect(throws: FrontDoorError.self) { try await catalog.file("file-1") }
    }

    @Test(arguments: CatalogHome.Kind.available)
    func `attached files are counted, listed by batch and state, and finished once`(
        _ kind: CatalogHome.Kind
    ) async throws {
        let catalog = try await CatalogHome(kind).catalog()
        for number in 1...3 {
            _ = try await catalog.addFile(upload("\(number)"), id: "file-\(number)", at: 9)
        }
        _ = try await catalog.addVectorStore(id: "vs_1", name: "n", metadata: ["a": "b"], at: 9)
        try await catalog.attach(
            [FileAttachment(fileID: "file-2"), FileAttachment(fileID: "file-1")], to: "vs_1",
            batchID: "vsfb_1", at: 9)
        try await catalog.attach(
            [FileAttachment(fileID: "file-3")], to: "vs_1", batchID: nil, at: 9)
        #expect(try await catalog.unfinished().map(\.fileID) == ["file-2", "file-1", "file-3"])
        #expect(try await !catalog.deleteFile("file-2"))
        let key = Catalog.AttachmentKey(fileID: "file-1", storeID: "vs_1")
        #expect(try await catalog.finish(key, .failed, failure: "no text"))
        let store = try await catalog.vectorStore("vs_1")
        #expect((store.fileCounts.failed, store.fileCounts.inProgress) == (1, 2))
        #expect(store.metadata == ["a": "b"])
        let batch = try await catalog.attachedFiles(
            of: "vs_1", batchID: "vsfb_1", status: .inProgress, everything)
        #expect(batch.items.map(\.fileID) == ["file-2"])
        #expect(try await catalog.attachedFile(key).failure == "no text")
        try await catalog.detach(key)
        #expect(try await !catalog.finish(key, .completed, failure: nil))
        try await catalog.deleteVectorStore("vs_1")
        #expect(try await catalog.unfinished().isEmpty)
    }

    @Test(arguments: CatalogHome.Kind.available)
    func `nothing is attached to a store when one of the files is not there`(
        _ kind: CatalogHome.Kind
    ) async throws {
        let catalog = try await CatalogHome(kind).catalog()
        _ = try await catalog.addFile(upload("1"), id: "file-1", at: 9)
        _ = try await catalog.addVectorStore(id: "vs_1", name: "n", metadata: [:], at: 9)
        await #expect(throws: FrontDoorError.self) {
            try await catalog.attach(
                [FileAttachment(fileID: "file-1"), FileAttachment(fileID: "file-9")], to: "vs_1",
                batchID: "vsfb_1", at: 9)
        }
        #expect(try await catalog.unfinished().isEmpty)
        await #expect(throws: FrontDoorError.self) { try await catalog.batch("vsfb_1", of: "vs_1") }
    }

    @Test func `a file of an earlier program keeps its order`() async throws {
        let home = try CatalogHome(.sqlite)
        do {
            let database = try home.database()
            try database.migrate(Array(CatalogSchema.migrations.prefix(2)), path: "test")
            for name in ["c", "a", "b"] {
                try database.run(
                    "INSERT INTO files VALUES(?, ?, 'assistants', NULL, ?, 1)", .text(name),
                    .text(name), .blob([]))
            }
        }
        let catalog = try await home.catalog()
        _ = try await catalog.addFile(upload("0"), id: "0", at: 9)
        let names = try await catalog.files(purpose: nil, everything).items.map(\.filename)
        #expect(names == ["c", "a", "b", "0"])
    }

    @Test(.withPostgres)
    func `both kinds of catalog are tested`() { #expect(CatalogHome.Kind.available.count == 2) }
}
