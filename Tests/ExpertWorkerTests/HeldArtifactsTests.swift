import Checkpoint
import Support
import Testing

@testable import ExpertWorker

/// A hundred bytes each unless said otherwise.
private func artifact(_ number: Int) -> ArtifactDigest { ArtifactDigest(of: [UInt8(number)]) }

private let first = LinkID(number: 1)
private let second = LinkID(number: 2)

extension HeldArtifacts {
    fileprivate mutating func hold(_ numbers: [Int], by link: LinkID) -> Outcome {
        let ticket = begin(numbers.map(artifact), by: link)
        return settle(ticket, loaded: ticket.allLoaded)
    }

    fileprivate func holds(_ numbers: [Int]) -> Bool {
        Set(byteCounts.keys) == Set(numbers.map(artifact))
    }
}

extension HeldArtifacts.Ticket {
    fileprivate var allLoaded: [ArtifactDigest: Int] {
        Dictionary(uniqueKeysWithValues: missing.map { ($0, 100) })
    }
}

@Suite struct HeldArtifactsTests {
    private var held = HeldArtifacts(byteCountMax: 400)

    @Test mutating func `two routers hold the union of what they want`() {
        #expect(held.hold([1, 2], by: first) == .held(dropped: []))
        #expect(held.hold([2, 3], by: second) == .held(dropped: []))
        #expect(held.holds([1, 2, 3]))
        #expect(held.residentBytes == 300)
    }

    @Test mutating func `what one router drops stays while another wants it`() {
        _ = held.hold([1, 2], by: first)
        _ = held.hold([2], by: second)
        #expect(held.hold([], by: first) == .held(dropped: [artifact(1)]))
        #expect(held.hold([], by: second) == .held(dropped: [artifact(2)]))
    }

    @Test mutating func `only what is not resident is loaded, once`() {
        _ = held.hold([1, 2], by: first)
        let ticket = held.begin([3, 1, 3, 4].map(artifact), by: second)
        #expect(ticket.missing == [artifact(3), artifact(4)])
        #expect(ticket.roomByteCount == 200)
    }

    @Test mutating func `a request for too much changes nothing`() {
        _ = held.hold([1, 2], by: first)
        #expect(held.hold([3, 4, 5], by: second) == .noSpace(byteCount: 500))
        #expect(held.holds([1, 2]))
        #expect(held.hold([3, 4], by: second) == .held(dropped: []))
    }

    @Test mutating func `a lost router finds everything again when nobody needed the memory`() {
        _ = held.hold([1, 2], by: first)
        held.forget(first)
        _ = held.hold([3], by: second)
        #expect(held.begin([1, 2].map(artifact), by: LinkID(number: 3)).missing == [])
    }

    @Test mutating func `what lost routers wanted goes first, the longest lost before the rest`() {
        _ = held.hold([1], by: first)
        _ = held.hold([2], by: second)
        held.forget(first)
        held.forget(second)
        let third = LinkID(number: 3)
        #expect(held.hold([3, 4, 5], by: third) == .held(dropped: [artifact(1)]))
        #expect(held.hold([3, 4, 5, 6], by: third) == .held(dropped: [artifact(2)]))
    }

    @Test mutating func `what is dropped by wish makes room before what was lost`() {
        _ = held.hold([1], by: first)
        held.forget(first)
        _ = held.hold([2, 3, 4], by: second)
        #expect(held.hold([2, 5, 6], by: second) == .held(dropped: [artifact(3), artifact(4)]))
        #expect(held.holds([1, 2, 5, 6]))
    }

    @Test mutating func `what could not be loaded is not wanted`() {
        let ticket = held.begin([1, 2].map(artifact), by: first)
        #expect(held.settle(ticket, loaded: [artifact(1): 100]) == .held(dropped: []))
        #expect(held.holds([1]))
    }

    @Test mutating func `a later request takes the place of one that is still loading`() {
        let early = held.begin([1, 2].map(artifact), by: first)
        let late = held.begin([3].map(artifact), by: first)
        #expect(held.settle(late, loaded: late.allLoaded) == .held(dropped: []))
        #expect(held.settle(early, loaded: early.allLoaded) == .superseded)
        #expect(held.holds([3]))
    }

    @Test mutating func `a request whose router is lost while it loads changes nothing`() {
        let ticket = held.begin([artifact(1)], by: first)
        held.forget(first)
        #expect(held.settle(ticket, loaded: ticket.allLoaded) == .superseded)
        #expect(held.holds([]))
    }

    @Test mutating func `what a request counts on stays until it is settled`() {
        _ = held.hold([1, 2, 3], by: first)
        let ticket = held.begin([3, 4].map(artifact), by: second)
        #expect(held.hold([1], by: first) == .held(dropped: [artifact(2)]))
        #expect(held.settle(ticket, loaded: ticket.allLoaded) == .held(dropped: []))
        #expect(held.holds([1, 3, 4]))
    }

    @Test mutating func `what an abandoned request counted on is the first to go`() {
        _ = held.hold([1, 2, 3], by: first)
        let ticket = held.begin([artifact(3)], by: second)
        _ = held.hold([1, 2], by: first)
        #expect(held.abandon(ticket, loaded: [:]) == [])
        #expect(held.holds([1, 2, 3]))
        #expect(held.hold([1, 2, 4, 5], by: first) == .held(dropped: [artifact(3)]))
    }
}

extension HeldArtifactsTests {
    @Test mutating func `what was loaded for an abandoned request stays where there is room`() {
        _ = held.hold([1, 2], by: first)
        let ticket = held.begin([3, 4, 5].map(artifact), by: second)
        held.forget(second)
        #expect(held.abandon(ticket, loaded: ticket.allLoaded) == Set([3, 4].map(artifact)))
        #expect(held.begin([3, 4].map(artifact), by: LinkID(number: 3)).missing == [])
    }
}

/// Thousands of random steps of several routers, each checked against the rules.
@Suite struct HeldArtifactsSimulation {
    @Test(arguments: 1...20) func `the rules hold after every step`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var world = World()
        for _ in 0..<2_000 { world.step(&random) }
        #expect(world.refusals > 0)
        #expect(world.evictions > 0)
    }
}

/// The worker as its routers see it: what each was told is held.
private struct World {
    private var held = HeldArtifacts(byteCountMax: 2_000)
    private var confirmed: [LinkID: Set<ArtifactDigest>] = [:]
    private var tickets: [(HeldArtifacts.Ticket, Set<ArtifactDigest>)] = []
    private var newest: [LinkID: HeldArtifacts.Ticket] = [:]
    private(set) var refusals = 0
    private(set) var evictions = 0

    private static func byteCount(_ number: Int) -> Int { 50 + 13 * number }
    private static let numbers = 1...24
    private static let sizes = Dictionary(
        uniqueKeysWithValues: numbers.map { (artifact($0), byteCount($0)) })

    mutating func step(_ random: inout SplitMix64) {
        let link = LinkID(number: UInt.random(in: 1...3, using: &random))
        switch Int.random(in: 0..<10, using: &random) {
        case 0: lose(link)
        case 1...4: begin(link, &random)
        case 5: abandon(&random)
        default: settle(&random)
        }
        check()
    }

    private mutating func lose(_ link: LinkID) {
        held.forget(link)
        confirmed[link] = nil
        newest[link] = nil
    }

    private mutating func begin(_ link: LinkID, _ random: inout SplitMix64) {
        let count = Int.random(in: 0...8, using: &random)
        let digests = Self.numbers.map(artifact).shuffled(using: &random).prefix(count)
        let ticket = held.begin(Array(digests), by: link)
        newest[link] = ticket
        tickets.append((ticket, Set(digests)))
    }

    private mutating func abandon(_ random: inout SplitMix64) {
        guard let index = tickets.indices.randomElement(using: &random) else { return }
        let (ticket, _) = tickets.remove(at: index)
        let before = Set(held.byteCounts.keys)
        let added = held.abandon(ticket, loaded: Self.sizes)
        if newest[ticket.link] == ticket { newest[ticket.link] = nil }
        #expect(added.isSubset(of: ticket.missing))
        #expect(Set(held.byteCounts.keys) == before.union(added))
    }

    private mutating func settle(_ random: inout SplitMix64) {
        guard let index = tickets.indices.randomElement(using: &random) else { return }
        let (ticket, digests) = tickets.remove(at: index)
        let isNewest = newest[ticket.link] == ticket
        let loaded = Self.sizes.filter {
            ticket.missing.contains($0.key) && Int.random(in: 0..<8, using: &random) > 0
        }
        let before = held.byteCounts
        let outcome = held.settle(ticket, loaded: loaded)
        #expect((outcome == .superseded) == !isNewest)
        if isNewest { newest[ticket.link] = nil }
        guard case .held(let dropped) = outcome else {
            if case .noSpace = outcome { refusals += 1 }
            #expect(held.byteCounts == before)
            return
        }
        #expect(
            Set(before.keys).union(loaded.keys).subtracting(dropped)
                == Set(held.byteCounts.keys))
        let former = confirmed.updateValue(
            digests.filter { held.byteCounts[$0] != nil }, forKey: ticket.link)
        let lost = dropped.subtracting(former ?? [])
        evictions += lost.count
        // Nothing was dropped against a lost router's hope without need.
        if let largest = lost.compactMap({ Self.sizes[$0] }).max() {
            #expect(held.residentBytes + largest > held.byteCountMax)
        }
    }

    private func check() {
        #expect(held.residentBytes <= held.byteCountMax)
        for digests in confirmed.values {
            #expect(digests.allSatisfy(held.isResident))
        }
    }
}
