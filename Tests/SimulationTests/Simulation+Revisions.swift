import Checkpoint
import Support

@testable import Router

/// The router's part: which revision serves, and which each request gets. The book decides; what
/// `Revisions` does with it is done here without a catalog.
extension Simulation {
    // MARK: - Requests

    /// The revision of a new request; nil when it names one that takes none.
    func admit() -> Revision? {
        let isNamed = !isHealed && random.chance(0.2)
        let named =
            isNamed
            ? [book.serving, book.candidate, book.rollbackTarget].randomElement(
                using: &random) ?? nil : nil
        let mayDraw = named == nil && candidate.map { fleet.missing(of: $0).isEmpty } ?? false
        let draw = mayDraw ? Double.random(in: 0..<1, using: &random) : 1
        guard let chosen = attempt({ try $0.admit(named: named, draw: draw) }) else { return nil }
        noteAdmission(to: chosen, named: named)
        return held[chosen]
    }

    func release(_ revision: Int) {
        book.release(revision)
        if !book.wanted.contains(revision) { letGo() }
    }

    // MARK: - Steps

    /// An operator does something, which the book allows or refuses.
    func operate() {
        switch Int.random(in: 0..<7, using: &random) {
        case 0, 1: stage()
        case 2: share()
        case 3, 4: promote()
        case 5: rollBack()
        default: discard()
        }
    }

    private var candidate: Revision? { book.candidate.flatMap { held[$0] } }

    private func stage() {
        guard let step = attempt({ try $0.stage() }), let serving = held[book.serving] else {
            return
        }
        held[step.revision] = edited(serving, as: step.revision)
        letGo()
        if mistake == .servedBeforeItIsHeld {
            _ = attempt { try $0.finishStaging(step.revision) }
            promote(step.revision)
        }
    }

    /// A revision in which some experts of another are new.
    private func edited(_ revision: Revision, as number: Int) -> Revision {
        let experts = revision.experts.enumerated().map { layer, experts in
            experts.enumerated().map { expert, artifact in
                let place = (number * Self.layerCount + layer) * Self.expertCount + expert
                return random.chance(0.4) ? Self.artifact(place) : artifact
            }
        }
        return Revision(number: number, experts: experts, gates: [:])
    }

    /// What `Revisions.carryOut` does.
    func goOnStaging() {
        guard let candidate, book.states[candidate.number] == .staging else { return }
        if fleet.missing(of: candidate).isEmpty {
            if attempt({ try $0.finishStaging(candidate.number) }) != nil { noteStaged(candidate) }
        } else if !fleet.homeless(of: candidate).isEmpty {
            if attempt({ try $0.fail(candidate.number, reason: "homeless") }) != nil { letGo() }
        }
    }

    private func share() {
        guard let number = book.candidate else { return }
        let share = Double.random(in: 0...1, using: &random)
        _ = attempt { try $0.canary(number, share: share) }
    }

    private func promote() {
        guard let candidate, fleet.missing(of: candidate).isEmpty else { return }
        promote(candidate.number)
    }

    private func promote(_ number: Int) {
        guard attempt({ try $0.promote(number) }) != nil, let serving = held[number] else { return }
        counts.promotions += 1
        notePromotion(of: serving)
        letGo()
    }

    private func rollBack() {
        guard attempt({ try $0.rollBack() }) != nil else { return }
        counts.rollbacks += 1
        letGo()
    }

    private func discard() {
        let number = book.candidate ?? book.rollbackTarget ?? book.serving
        if attempt({ try $0.discard(number) }) != nil { letGo() }
    }

    /// Something that the book may refuse; then it must be as before.
    private func attempt<Result>(
        _ step: (inout RevisionBook) throws -> Result
    ) -> Result? {
        let before = book
        do {
            return try step(&book)
        } catch {
            noteRefusedStep(before)
            return nil
        }
    }

    /// Forgets revisions that nobody wants any more, and tells the fleet.
    private func letGo() {
        let wanted = book.wanted
        held = held.filter { wanted.contains($0.key) }
        checkPins()
        guard wanted != told else { return }
        told = wanted
        fleet.want(wanted.compactMap { held[$0] })
        changed()
    }
}
