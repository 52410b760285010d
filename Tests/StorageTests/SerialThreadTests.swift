import Storage
import Testing

/// Counts without a lock: only its thread keeps it right.
private actor Counter: ThreadBound {
    nonisolated let thread: SerialThread
    private var count = 0

    init(_ thread: SerialThread) { self.thread = thread }
    func next() -> Int {
        count += 1
        return count
    }
}

@Suite struct SerialThreadTests {
    @Test func `an actor on the thread runs one job at a time`() async {
        let thread = SerialThread()
        defer { thread.stop() }
        let counter = Counter(thread)
        let seen = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<1_000 { group.addTask { await counter.next() } }
            return await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(seen == Set(1...1_000))
    }

    @Test func `jobs run in the order in which they were sent`() async {
        let thread = SerialThread()
        defer { thread.stop() }
        let counter = Counter(thread)
        for expected in 1...100 { #expect(await counter.next() == expected) }
    }
}
