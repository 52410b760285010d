/// Runs the work and returns its result, or throws `error` when that takes longer than `limit`.
func withLimit<Result: Sendable>(
    _ limit: Duration, or error: any Error,
    _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw error
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw error }
        return first
    }
}
