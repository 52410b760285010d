import Testing
import Transport

@Suite struct EventLoopTests {
    static let loop = EventLoop(name: "test")
    static let other = EventLoop(name: "test, another")

    actor Counter: LoopBound {
        nonisolated let loop: EventLoop
        private(set) var count = 0
        private(set) var timer: LoopTimer?
        init(on loop: EventLoop) { self.loop = loop }

        func increment() { count += 1 }
        func isOnLoop() -> Bool { loop.isCurrent }

        func wait(_ duration: Duration) async -> Duration {
            let start = ContinuousClock.now
            await withCheckedContinuation { continuation in
                timer = LoopTimer(on: loop) { continuation.resume() }
                timer?.schedule(after: duration)
            }
            timer?.invalidate()
            return start.duration(to: .now)
        }
    }

    @Test func `an actor of a loop runs on its thread, and nothing is lost between threads`() async
    {
        let counter = Counter(on: Self.loop)
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                let home = index % 3 == 0 ? Self.loop : Self.other
                group.addTask(executorPreference: index % 3 == 1 ? nil : home) {
                    for _ in 0..<100 { await counter.increment() }
                }
            }
        }
        #expect(await counter.count == 10_000)
        #expect(await counter.isOnLoop())
        #expect(!Self.loop.isCurrent)
    }

    @Test func `a task that prefers the loop stays on its thread`() async {
        let isOnLoop = await Task(executorPreference: Self.loop) { Self.loop.isCurrent }.value
        #expect(isOnLoop)
    }

    @Test func `a timer fires after its time and not before`() async {
        let waited = await Counter(on: Self.loop).wait(.milliseconds(20))
        #expect(waited >= .milliseconds(20))
    }

    @Test func `a loop that idles is woken by another loop`() async {
        let (here, there) = (Counter(on: Self.loop), Counter(on: Self.other))
        for _ in 0..<1000 {
            await here.increment()
            await there.increment()
        }
        #expect(await here.count == 1000)
        #expect(await there.count == 1000)
    }

    @Test func `a locked value loses no update`() async {
        let locked = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1000 { locked.withLock { $0 += 1 } } }
            }
        }
        #expect(locked.withLock { $0 } == 8000)
    }
}
