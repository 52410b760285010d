import Storage
import Support
import Testing

/// What only a server can do to us. Tests that stop it run alone.
@Suite(.serialized, .withPostgres)
struct PostgresTests {
    private func server() throws -> PostgresServer { try PostgresServer.shared.get() }

    @Test func `an address shows no password, and what is none is refused in silence`() {
        let address = PostgresAddress(
            "postgres://ada:s3cret@db.example.org:5433/mesh?sslmode=require")
        #expect(address?.description == "postgres://db.example.org:5433/mesh")
        #expect(PostgresAddress("postgres://ada:s%zzcret@db/mesh") == nil)
        #expect(PostgresAddress("mysql://db/mesh") == nil)
        #expect(PostgresAddress("postgres://db/mesh?nonsense=1") == nil)
    }

    @Test func `where no server answers the error names it, without the password`() throws {
        let address = try #require(PostgresAddress("postgres://ada:s3cret@127.0.0.1:1/mesh"))
        let error = #expect(throws: StorageError.self) { try PostgresDatabase(address) }
        let text = error?.description ?? ""
        #expect(text.contains("postgres://127.0.0.1:1/mesh") && !text.contains("s3cret"))
        #expect(error?.isPassing == true)
    }

    @Test func `a connection that was lost at rest is opened again unseen`() throws {
        let address = try server().makeDatabase()
        let database = try PostgresDatabase(address)
        try server().endSessions(of: address)
        #expect(try database.first("SELECT 7") { try $0.int(0) } == 7)
    }

    @Test func `while the server is away every use says so, and then goes on`() throws {
        let database = try PostgresDatabase(server().makeDatabase())
        try server().obey("stop")
        for _ in 0..<3 {
            let error = #expect(throws: StorageError.self) { try database.run("SELECT 1") }
            #expect(error?.isPassing == true)
        }
        try server().obey("start")
        let end = ContinuousClock.now + .seconds(10)
        var found: Int?
        while found == nil && ContinuousClock.now < end {
            found = try? database.first("SELECT 7") { try $0.int(0) }
        }
        #expect(found == 7)
    }

    @Test func `a transaction that loses its connection leaves nothing, and is not repeated`()
        throws
    {
        let address = try server().makeDatabase()
        let database = try PostgresDatabase(address)
        try database.execute("CREATE TABLE t(a BIGINT)")
        var runs = 0
        let error = #expect(throws: StorageError.self) {
            try database.transaction {
                runs += 1
                try database.run("INSERT INTO t VALUES(1)")
                try server().endSessions(of: address)
                try database.run("INSERT INTO t VALUES(2)")
            }
        }
        #expect(error?.isPassing == true && runs == 1)
        #expect(try database.first("SELECT count(*) FROM t") { try $0.int(0) } == 0)
        try database.transaction { try database.run("INSERT INTO t VALUES(3)") }
        #expect(try database.first("SELECT a FROM t") { try $0.int(0) } == 3)
    }

    @Test func `a statement that takes too long is stopped by the server`() throws {
        let database = try PostgresDatabase(server().makeDatabase())
        try database.execute("SET statement_timeout = '50ms'")
        let endless = "SELECT pg_sleep(60)"
        #expect(throws: StorageError.deadlineExceeded(statement: endless)) {
            try database.run(endless)
        }
        #expect(try database.first("SELECT 7") { try $0.int(0) } == 7)
    }

    @Test func `a text that PostgreSQL cannot hold is refused before it is sent`() throws {
        let database = try PostgresDatabase(server().makeDatabase())
        #expect(throws: StorageError.unstorableText(statement: "SELECT ?")) {
            try database.run("SELECT ?", "a\u{0}b")
        }
        #expect(try database.first("SELECT ?", "ab") { try $0.text(0) } == "ab")
    }

    @Test func `a server that acknowledges what it may lose is refused`() throws {
        let address = try server().makeDatabase()
        let name = address.description.split(separator: "/").last ?? ""
        try PostgresDatabase(address).execute(
            "ALTER DATABASE \(name) SET synchronous_commit = off")
        #expect(
            throws: StorageError.cannotOpen(
                path: "\(address)",
                reason: "synchronous_commit is off: it would lose what it acknowledges")
        ) { try PostgresDatabase(address) }
    }
}
