internal import NIOConcurrencyHelpers

/// An element of a stream, or the sign that none came for a while.
enum Beat<Element: Sendable>: Sendable {
    case element(Element)
    case silence
}

/// Notices when a stream has nothing to say. A long prompt is read in silence, and what lies
/// between us and the client may take silence for death.
struct SignOfLife: Sendable {
    let interval: Duration
    let clock: any Clock<Duration>

    /// The elements of `source`, and a silence for every interval in which none came. Ends as the
    /// source ends, and ends the source when nobody listens any more.
    func beats<Element>(
        _ source: AsyncThrowingStream<Element, any Error>
    ) -> AsyncThrowingStream<Beat<Element>, any Error> {
        let (beats, output) = AsyncThrowingStream<Beat<Element>, any Error>.makeStream()
        let task = Task {
            do {
                try await relay(source, to: output)
                output.finish()
            } catch {
                output.finish(throwing: error)
            }
        }
        output.onTermination = { _ in task.cancel() }
        return beats
    }

    private func relay<Element>(
        _ source: AsyncThrowingStream<Element, any Error>,
        to output: AsyncThrowingStream<Beat<Element>, any Error>.Continuation
    ) async throws {
        let isQuiet = NIOLockedValueBox(true)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await element in source {
                    isQuiet.withLockedValue { $0 = false }
                    output.yield(.element(element))
                }
            }
            group.addTask {
                while true {
                    try await clock.sleep(for: interval)
                    let wasQuiet = isQuiet.withLockedValue { quiet in
                        defer { quiet = true }
                        return quiet
                    }
                    if wasQuiet { output.yield(.silence) }
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
