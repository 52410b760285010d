import FoundationEssentials
import Storage
import Support
import Testing

@testable import Router

/// A place for a catalog of a test's own.
final class CatalogHome {
    /// The kinds of catalog that pass the same tests.
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case sqlite, postgres

        /// Without those that this machine lacks.
        static let available = allCases.filter { $0 == .sqlite || PostgresServer.isAvailable }

        var testDescription: String { rawValue }
    }

    let location: CatalogLocation
    private let folder =
        FileManager.default.temporaryDirectory.path + "/catalog-\(UInt64.random(in: 0 ... .max))"

    init(_ kind: Kind) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        location =
            switch kind {
            case .sqlite: .file(folder + "/catalog.sqlite")
            case .postgres: .server(try PostgresServer.shared.get().makeDatabase())
            }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A catalog as a router opens it; every call is another router.
    func catalog() async throws -> Catalog {
        let catalog = Catalog(location, thread: SerialThread())
        try await catalog.open()
        return catalog
    }

    /// A connection beside the catalog's.
    func database() throws -> any Database {
        switch location {
        case .file(let path): try SQLiteDatabase(path: path)
        case .server(let address): try PostgresDatabase(address)
        }
    }
}
