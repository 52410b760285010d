import Support
import Testing

@testable import Router

/// A book in which revision 2 is in the state that the name says, and 1 serves or served.
private func book(with state: RevisionBook.State) throws -> RevisionBook {
    var book = RevisionBook(serving: 1)
    _ = try book.stage()
    switch state {
    case .staging: break
    case .failed(let reason): _ = try book.fail(2, reason: reason)
    case .staged: _ = try book.finishStaging(2)
    case .canary(let share):
        _ = try book.finishStaging(2)
        _ = try book.canary(2, share: share)
    case .serving:
        _ = try book.finishStaging(2)
        _ = try book.promote(2)
    case .retired: _ = try book.discard(2)
    }
    return book
}

private let states: [RevisionBook.State] = [
    .staging, .staged, .canary(share: 0.25), .serving, .retired, .failed(reason: "no room"),
]

/// Every step in every state: what is allowed, and that the rest changes nothing.
struct RevisionBookStepTests {
    typealias Step = @Sendable (inout RevisionBook) throws -> RevisionStep

    static let steps: [(name: String, allowed: [RevisionBook.State], run: Step)] = [
        ("finishStaging", [.staging], { try $0.finishStaging(2) }),
        ("fail", [.staging], { try $0.fail(2, reason: "lost") }),
        ("canary", [.staged, .canary(share: 0.25)], { try $0.canary(2, share: 0.5) }),
        ("promote", [.staged, .canary(share: 0.25)], { try $0.promote(2) }),
        (
            "discard", [.staging, .staged, .canary(share: 0.25)],
            { try $0.discard(2) }
        ),
        ("rollBack", [.serving], { try $0.rollBack() }),
        ("stage", [.serving, .retired, .failed(reason: "no room")], { try $0.stage() }),
    ]

    @Test(arguments: states)
    func `each step is taken from its states, and elsewhere refused without a change`(
        state: RevisionBook.State
    ) throws {
        for step in Self.steps {
            let before = try book(with: state)
            var after = before
            if step.allowed.contains(state) {
                _ = try step.run(&after)
                #expect(after != before, "\(step.name) in \(state)")
                check(after)
            } else {
                #expect(throws: RevisionError.self, "\(step.name) in \(state)") {
                    _ = try step.run(&after)
                }
                #expect(after == before)
            }
        }
    }

    @Test func `a promotion keeps what served to roll back to, and a rollback returns to it`()
        throws
    {
        var book = try book(with: .canary(share: 1))
        #expect(try book.promote(2) == RevisionStep(.promoted, 2, "in place of revision 1"))
        #expect((book.serving, book.candidate, book.rollbackTarget) == (2, nil, 1))
        #expect(book.wanted == [2, 1])
        #expect(try book.rollBack() == RevisionStep(.rolledBack, 1, "in place of revision 2"))
        #expect((book.serving, book.candidate, book.rollbackTarget) == (1, nil, nil))
        #expect(book.wanted == [1])
        #expect(throws: RevisionError.nothingToRollBackTo(serving: 1)) { try book.rollBack() }
    }

    @Test func `the next promotion lets go what could have been rolled back to`() throws {
        var book = try book(with: .serving)
        _ = try book.stage()
        #expect(book.wanted == [2, 1, 3])
        _ = try book.finishStaging(3)
        _ = try book.promote(3)
        #expect(book.wanted == [3, 2])
    }

    @Test func `a rollback leaves the candidate on trial`() throws {
        var book = try book(with: .serving)
        _ = try book.stage()
        _ = try book.finishStaging(3)
        _ = try book.canary(3, share: 0.5)
        _ = try book.rollBack()
        #expect((book.serving, book.candidate) == (1, 3))
        #expect(book.states[3] == .canary(share: 0.5))
    }

    @Test func `who asks for what a rollback returns to is told of rollback`() throws {
        var book = try book(with: .serving)
        let errors = [
            #expect(throws: RevisionError.self) { try book.promote(1) },
            #expect(throws: RevisionError.self) { try book.canary(1, share: 0.5) },
            #expect(throws: RevisionError.self) { _ = try book.admit(named: 1, draw: 0) },
        ]
        for error in errors {
            #expect(error?.description.contains("`meshctl rollback` lets it serve again") == true)
        }
    }

    @Test(arguments: [RevisionBook.State.retired, .failed(reason: "no room")])
    func `what is held no more cannot be given up, and nobody is told to stage it for that`(
        state: RevisionBook.State
    ) throws {
        var book = try book(with: state)
        let error = #expect(throws: RevisionError.self) { try book.discard(2) }
        #expect(error?.description.contains("nothing to give up") == true)
    }

    @Test func `what a rollback would return to can be given up`() throws {
        var book = try book(with: .serving)
        _ = try book.discard(1)
        #expect(book.wanted == [2])
        #expect(throws: RevisionError.nothingToRollBackTo(serving: 2)) { try book.rollBack() }
    }

    @Test(arguments: [-0.1, 1.1, .nan, .infinity])
    func `a share is between nothing and all`(share: Double) throws {
        var book = try book(with: .staged)
        #expect(throws: RevisionError.self) { try book.canary(2, share: share) }
        #expect(book.states[2] == .staged)
    }

    @Test func `numbers are given once, whatever became of the revision`() throws {
        var book = RevisionBook(serving: 1)
        for number in 2...4 {
            #expect(try book.stage().revision == number)
            _ = try book.fail(number, reason: "no room")
        }
    }

    @Test func `refusals say the state and what to do`() throws {
        var staging = try book(with: .staging)
        let error = #expect(throws: RevisionError.self) { try staging.promote(2) }
        #expect(
            error?.description == "revision 2 is being staged, so it cannot be promoted; "
                + "wait until it is staged")
        let second = #expect(throws: RevisionError.self) { try staging.stage() }
        #expect(second?.description.contains("promote or discard it first") == true)
        let unknown = #expect(throws: RevisionError.self) { try staging.promote(7) }
        #expect(unknown == .unknown(7))
    }

    @Test func `of the ended only the last are remembered, the living always`() throws {
        var book = RevisionBook(serving: 1)
        let count = RevisionBook.endedCountMax + 50
        for number in 2..<2 + count {
            _ = try book.stage()
            _ = try book.fail(number, reason: "no room")
        }
        _ = try book.stage()
        #expect(book.states.count == RevisionBook.endedCountMax + 2)
        #expect(book.states[1] == .serving)
        #expect(book.states[1 + count] != nil)
        #expect(book.states[2] == nil)
    }
}

struct RevisionBookAdmissionTests {
    @Test(arguments: states)
    func `a request may name what has been tried, and nothing else`(
        state: RevisionBook.State
    ) throws {
        var book = try book(with: state)
        switch state {
        case .staged, .canary, .serving:
            #expect(try book.admit(named: 2, draw: 0.99) == 2)
            #expect(book.pinnedCount(of: 2) == 1)
        case .staging, .retired, .failed:
            #expect(throws: RevisionError.refused(.request, 2, state)) {
                _ = try book.admit(named: 2, draw: 0)
            }
            #expect(book.pinnedCount(of: 2) == 0)
        }
        #expect(throws: RevisionError.unknown(9)) { _ = try book.admit(named: 9, draw: 0) }
    }

    @Test func `draws below the share go to the canary, all others to what serves`() throws {
        var book = try book(with: .canary(share: 0.25))
        let draws = (0..<1000).map { Double($0) / 1000 }
        let chosen = try draws.map { try book.admit(named: nil, draw: $0) }
        #expect(chosen.count { $0 == 2 } == 250)
        #expect(chosen.prefix(250).allSatisfy { $0 == 2 })
        #expect(try book.admit(named: 1, draw: 0) == 1)
    }

    @Test(arguments: [0.0, 1.0]) func `a share can be nothing or all`(share: Double) throws {
        var book = try book(with: .canary(share: share))
        for draw in [0, 0.5, 0x1.fffffffffffffp-1] {
            #expect(try book.admit(named: nil, draw: draw) == (share == 0 ? 1 : 2))
        }
    }

    @Test func `what a request runs on is held until its last request ends`() throws {
        var book = try book(with: .canary(share: 1))
        for _ in 0..<2 { _ = try book.admit(named: nil, draw: 0) }
        _ = try book.discard(2)
        #expect(book.wanted == [1, 2])
        book.release(2)
        #expect(book.wanted == [1, 2])
        book.release(2)
        #expect(book.wanted == [1])
    }
}

struct RevisionBookHistoryTests {
    @Test(arguments: states) func `a book is restored as it was written down`(
        state: RevisionBook.State
    ) throws {
        let written = try book(with: state)
        let restored = RevisionBook(
            restoring: written.states, rollbackTarget: written.rollbackTarget)
        #expect(restored == written)
    }

    @Test func `a book that cannot have been written is not restored`() {
        #expect(RevisionBook(restoring: [:], rollbackTarget: nil) == nil)
        #expect(RevisionBook(restoring: [1: .retired], rollbackTarget: nil) == nil)
        #expect(RevisionBook(restoring: [1: .serving, 2: .serving], rollbackTarget: nil) == nil)
        #expect(
            RevisionBook(restoring: [1: .serving, 2: .staged, 3: .staging], rollbackTarget: nil)
                == nil)
        #expect(RevisionBook(restoring: [1: .serving], rollbackTarget: 1) == nil)
        #expect(RevisionBook(restoring: [1: .serving], rollbackTarget: 2) == nil)
    }

    @Test(arguments: 0..<50) func `no sequence of steps and requests breaks the rules`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        var book = RevisionBook(serving: 1)
        var running: [Int] = []
        for _ in 0..<400 {
            let before = book
            do {
                try step(&book, &running, &random)
            } catch {
                #expect(book == before, "a refused step changes nothing")
            }
            check(book)
            for revision in running { #expect(book.wanted.contains(revision)) }
        }
    }

    private func step(
        _ book: inout RevisionBook, _ running: inout [Int], _ random: inout SplitMix64
    ) throws {
        let revision = Int.random(in: 1...(book.states.keys.max() ?? 1) + 1, using: &random)
        let unit = Double.random(in: 0..<1, using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: _ = try book.stage()
        case 1...2: _ = try book.finishStaging(book.candidate ?? revision)
        case 3: _ = try book.fail(revision, reason: "lost")
        case 4: _ = try book.canary(book.candidate ?? revision, share: unit)
        case 5: _ = try book.promote(book.candidate ?? revision)
        case 6: _ = try book.rollBack()
        case 7: _ = try book.discard(revision)
        case 8...10:
            running.append(try book.admit(named: unit < 0.3 ? revision : nil, draw: unit))
        default:
            guard let ended = running.indices.randomElement(using: &random) else { return }
            book.release(running.remove(at: ended))
        }
    }
}

/// What holds in every book.
private func check(_ book: RevisionBook) {
    #expect(book.states.filter { $0.value == .serving }.map(\.key) == [book.serving])
    let candidates = book.states.filter { $0.value.isCandidate }.map(\.key)
    #expect(candidates == [book.candidate].compactMap(\.self))
    if let target = book.rollbackTarget { #expect(book.states[target] == .retired) }
    #expect(book.wanted.first == book.serving)
    #expect(Set(book.wanted).count == book.wanted.count)
    for revision in [book.serving, book.candidate, book.rollbackTarget].compactMap(\.self) {
        #expect(book.wanted.contains(revision))
    }
    for revision in book.wanted { #expect(book.states[revision] != nil) }
}
