import Testing

@testable import Router

private func limits(
    running: Int = 4, waiting: Int = 2, step: Int = 8, cached: Int = 100
) -> Scheduler.Limits {
    Scheduler.Limits(
        runningCountMax: running, waitingCountMax: waiting, stepTokenCountMax: step,
        cachedTokenCountMax: cached)
}

struct SchedulerTests {
    @Test func `a long prompt is cut into pieces`() throws {
        var scheduler = Scheduler(limits: limits())
        try scheduler.admit(1, promptTokenCount: 19, tokenCountMax: 30)
        var pieces: [Int] = []
        for _ in 0..<4 {
            let step = scheduler.nextStep()
            pieces += step.map(\.tokenCount)
            step.forEach { scheduler.advance($0) }
        }
        #expect(pieces == [8, 8, 3, 1])
    }

    @Test func `decoding goes on beside a prompt`() throws {
        var scheduler = Scheduler(limits: limits())
        try scheduler.admit(1, promptTokenCount: 1, tokenCountMax: 10)
        try scheduler.admit(2, promptTokenCount: 50, tokenCountMax: 60)
        #expect(scheduler.nextStep().map(\.tokenCount) == [1, 7])
    }

    @Test func `over the queue's maximum a request is refused at once`() throws {
        var scheduler = Scheduler(limits: limits(waiting: 1))
        try scheduler.admit(1, promptTokenCount: 1, tokenCountMax: 10)
        #expect(throws: AdmissionError.overloaded(waiting: 1)) {
            try scheduler.admit(2, promptTokenCount: 1, tokenCountMax: 10)
        }
    }

    @Test func `a request larger than the cache is refused`() {
        var scheduler = Scheduler(limits: limits(cached: 10))
        #expect(throws: AdmissionError.tooLarge(tokenCount: 11, tokenCountMax: 10)) {
            try scheduler.admit(1, promptTokenCount: 1, tokenCountMax: 11)
        }
    }

    @Test func `a request waits for cache and comes in when another ends`() throws {
        var scheduler = Scheduler(limits: limits(cached: 20))
        try scheduler.admit(1, promptTokenCount: 1, tokenCountMax: 15)
        try scheduler.admit(2, promptTokenCount: 1, tokenCountMax: 15)
        #expect(scheduler.nextStep().map(\.id) == [1])
        scheduler.remove(1)
        #expect(scheduler.nextStep().map(\.id) == [2])
    }
}
