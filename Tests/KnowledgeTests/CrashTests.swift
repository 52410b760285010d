import CSQLite
import Glibc
import Knowledge
import Synchronization
import Testing

private let writesLeft = Atomic(Int.max)

/// Stands in for `pwrite` inside SQLite: the last write permitted is torn in the middle, and the
/// process dies with it.
private let tornWrite: @convention(c) (CInt, UnsafeRawPointer?, Int, Int) -> Int = {
    file, bytes, count, offset in
    guard writesLeft.subtract(1, ordering: .relaxed).newValue == 0 else {
        return unsafe pwrite(file, bytes, count, offset)
    }
    _ = unsafe pwrite(file, bytes, count / 2, offset)
    kill(getpid(), SIGKILL)
    return 0
}

/// Lets this process die, as by `kill -9`, within its `count`th write to a database file.
private func dieWithin(write count: Int) {
    writesLeft.store(count, ordering: .relaxed)
    let system = unsafe sqlite3_vfs_find(nil)
    let call = unsafe unsafeBitCast(tornWrite, to: sqlite3_syscall_ptr.self)
    for name in ["pwrite", "pwrite64"] {
        _ = unsafe system?.pointee.xSetSystemCall(system, name, call)
    }
}

/// One step of a script that is the same in the process that dies and in the one that looks at what
/// is left.
private enum Step {
    case upsert(name: String, text: String)
    case delete(name: String)

    static func script(seed: UInt64) -> [Step] {
        var random = Seeded(seed)
        return (0..<20).map { number in
            let name = "d\(Int.random(in: 0..<5, using: &random))"
            guard Int.random(in: 0..<4, using: &random) > 0 else { return .delete(name: name) }
            let paragraphs = Int.random(in: 1...12, using: &random)
            return .upsert(
                name: name, text: String(repeating: lorem + " \(number)\n\n", count: paragraphs))
        }
    }

    func run(on store: PassageStore) async throws {
        switch self {
        case .upsert(let name, let text): _ = try await store.upsert(document(name, text), in: "c")
        case .delete(let name): _ = try await store.delete(document: name, in: "c")
        }
    }

    func apply(to model: inout [String: String]) {
        switch self {
        case .upsert(let name, let text): model[name] = text
        case .delete(let name): model[name] = nil
        }
    }
}

/// Runs the script; each acknowledged step is one byte in the ledger before the next one begins.
/// Then dies.
private func runUntilDeath(in path: String, seed: UInt64) async throws {
    let store = try await PassageStore.open(
        path: path + "/knowledge.sqlite", embedder: wordEmbedder())
    let ledger = unsafe open(path + "/ledger", O_CREAT | O_WRONLY | O_APPEND, 0o600)
    for step in Step.script(seed: seed) {
        try await step.run(on: store)
        _ = unsafe write(ledger, ".", 1)
    }
    kill(getpid(), SIGKILL)
}

@Suite struct CrashTests {
    private let directory = TemporaryDirectory()

    /// Set it to a few hundred for a long run.
    private static let deathCount = Int(getenvString("EXPERTMESH_CRASHES") ?? "") ?? 12

    @Test(arguments: 1...deathCount)
    func `death within a write loses nothing that was acknowledged`(number: Int) async throws {
        let write = 1 + (number * 37) % 260
        let path = directory.path
        let seed = UInt64(number)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, seed = seed as UInt64, write = write as Int] in
            dieWithin(write: write)
            try await runUntilDeath(in: path, seed: seed)
        }
        try await check(seed: seed)
    }

    @Test(arguments: 1...max(1, deathCount / 3))
    func `death at any moment loses nothing that was acknowledged`(number: Int) async throws {
        let path = directory.path
        let seed = UInt64(1_000 + number)
        let microseconds = 500 + (number * 7_919) % 40_000
        await #expect(processExitsWith: .failure) {
            [path = path as String, seed = seed as UInt64, microseconds = microseconds as Int] in
            ualarm(UInt32(microseconds), 0)
            try await runUntilDeath(in: path, seed: seed)
        }
        try await check(seed: seed)
    }

    /// Every acknowledged step is there; the one that was under way is there whole or not at all.
    private func check(seed: UInt64) async throws {
        let acknowledged = readFile(directory.path + "/ledger").count
        let store = try await PassageStore.ofWords(in: directory)
        defer { store.close() }
        #expect(try await store.complaints().isEmpty)
        let script = Step.script(seed: seed)
        var model: [String: String] = [:]
        for step in script.prefix(acknowledged) { step.apply(to: &model) }
        let before = model
        if acknowledged < script.count { script[acknowledged].apply(to: &model) }
        let found = try await contents(of: store)
        #expect(found == before || found == model, "\(acknowledged) steps were acknowledged")
        let hits = found.isEmpty ? [] : try await store.hits("documents", limit: 200, .lexical)
        #expect(Set(hits.map(\.document)) == Set(found.keys))
        #expect(await store.passageCount == hits.count)
    }

    private func contents(of store: PassageStore) async throws -> [String: String] {
        var contents: [String: String] = [:]
        for stored in try await store.documents(in: "c", limit: 100) {
            let (content, _) = try await store.source(of: stored.name, in: "c")
            contents[stored.name] = String(decoding: content, as: UTF8.self)
        }
        return contents
    }
}

private func getenvString(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}
