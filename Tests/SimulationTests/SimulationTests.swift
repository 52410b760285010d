import FoundationEssentials
import Testing

@testable import Router

/// Runs of the simulation. A failing seed is printed, and does the same again:
/// `SIMULATION_SEED=n make unit FILTER=SimulationTests`.
struct SimulationTests {
    /// Seeds of a test run, unless `SIMULATION_SEEDS=n` asks for others.
    /// `benchmarks run sim.seeds.per-minute` says how long they take.
    static let seedCount = number("SIMULATION_SEEDS") ?? 20_000
    /// A failing seed that is to be looked at: `SIMULATION_SEED=n`.
    static let onlySeed = number("SIMULATION_SEED")
    /// Seeds that one task runs.
    static let chunk: UInt64 = 500

    @Test func `no seed violates an invariant`() async {
        let violations = await withTaskGroup { group in
            let all = Self.onlySeed.map { $0..<$0 + 1 } ?? 0..<Self.seedCount
            for start in stride(from: all.lowerBound, to: all.upperBound, by: Int(Self.chunk)) {
                group.addTask {
                    Self.violations(in: start..<min(start + Self.chunk, all.upperBound))
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        for violation in violations.prefix(5) { Issue.record("\(violation)") }
    }

    @Test(arguments: PlantedMistake.allCases)
    func `a planted mistake is found`(mistake: PlantedMistake) {
        let found = (0..<2_000).first { seed in
            (try? Simulation(seed: seed, mistake: mistake).run()) == nil
        }
        #expect(found != nil)
    }

    @Test func `the same seed gives the same run`() throws {
        for seed: UInt64 in 0..<50 {
            let (first, second) = (Simulation(seed: seed), Simulation(seed: seed))
            try first.run()
            try second.run()
            #expect(first.counts == second.counts)
        }
    }

    @Test func `the runs are not idle: requests end well, badly, early; hedges, swaps happen`()
        throws
    {
        let all = try (0..<500 as Range<UInt64>).map { seed in
            let simulation = Simulation(seed: seed)
            try simulation.run()
            return simulation.counts
        }
        func sum(_ count: (Simulation.Counts) -> Int) -> Int { all.reduce(0) { $0 + count($1) } }
        #expect(sum(\.completed) > 2_000)
        #expect(sum(\.failed) > 50)
        #expect(sum(\.refused) > 10)
        #expect(sum(\.hedges) > 20)
        #expect(sum(\.promotions) > 100)
        #expect(sum(\.rollbacks) > 20)
        #expect(sum(\.canaryRequests) > 50)
    }

    private static func number(_ variable: String) -> UInt64? {
        ProcessInfo.processInfo.environment[variable].flatMap(UInt64.init)
    }

    private static func violations(in seeds: Range<UInt64>) -> [String] {
        seeds.compactMap { seed in
            do {
                try Simulation(seed: seed).run()
                return nil
            } catch {
                return "seed \(seed): \(error)"
            }
        }
    }
}
