internal import LinearAlgebra
internal import Mesh
internal import Model
internal import Transport
internal import Wire

/// The routed part of a layer's output, and who computed each expert.
struct RoutedOutput: Sendable {
    let sum: Matrix  // [rows, hiddenSize]
    let workers: [Int: WorkerID]
}

extension Fleet {
    /// How long one exchange may take before another replica is asked.
    private static let exchangeDurationMax = Duration.seconds(10)
    /// How long to wait before replicas that failed are asked again.
    private static let retryPause = Duration.milliseconds(50)

    /// Computes the chosen experts of one layer over `rows`, [rows, hiddenSize], one routing per
    /// row.
    ///
    /// What one worker does not answer another replica does; what has no live replica waits for its
    /// re-placement, both until `deadline`.
    /// - Throws: `ExpertLoss` naming what could not be reached. Never a sum with an expert left
    /// out.
    func dispatch(
        layer: Int, rows: Matrix, routings: [Routing], deadline: Deadline
    ) async throws(ExpertLoss) -> RoutedOutput {
        var work = LayerDispatch(ExpertRows.grouping(routings))
        var combiner = Combiner(
            routings: routings, hiddenSize: rows.columnCount, reduction: reduction)
        while !work.outstanding.isEmpty {
            let plan = work.plan { live.workers(holding: ExpertID(layer: layer, expert: $0)) }
            guard plan.missing.isEmpty else {
                try await wait(for: plan.missing, of: work, layer: layer, deadline: deadline)
                work.forgive(plan.missing)
                continue
            }
            for outcome in await exchange(plan, layer: layer, rows: rows, deadline: deadline) {
                switch outcome.reply {
                case .success(let reply):
                    combiner.add(reply, of: outcome.share)
                    work.succeeded(outcome.share)
                case .failure(let error):
                    work.failed(outcome.share, because: error)
                }
            }
        }
        return RoutedOutput(sum: combiner.result(), workers: work.workers)
    }

    /// Waits for another placement, or for failed replicas to recover.
    private func wait(
        for missing: [Int], of work: LayerDispatch, layer: Int, deadline: Deadline
    ) async throws(ExpertLoss) {
        guard deadline.remaining > .zero else {
            let isHeld = missing.allSatisfy {
                !live.workers(holding: ExpertID(layer: layer, expert: $0)).isEmpty
            }
            throw ExpertLoss(
                model: model.name, layer: layer, experts: missing,
                rows: work.rows(needing: missing), reason: work.reason, isHeld: isHeld)
        }
        await waitForChange(atMost: min(Self.retryPause, deadline.remaining))
    }

    private struct Outcome: Sendable {
        let share: WorkerShare
        let reply: Result<Matrix, any Error>
    }

    /// Sends every share to its worker at once. Outcomes come in the order of the plan, so that
    /// sums are added in one order however fast the workers are.
    private func exchange(
        _ plan: DispatchPlan, layer: Int, rows: Matrix, deadline: Deadline
    ) async -> [Outcome] {
        await withTaskGroup { group in
            for (index, share) in plan.shares.enumerated() {
                group.addTask {
                    let reply = await self.ask(share, layer: layer, rows: rows, deadline: deadline)
                    return (index, Outcome(share: share, reply: reply))
                }
            }
            var outcomes: [(Int, Outcome)] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func ask(
        _ share: WorkerShare, layer: Int, rows: Matrix, deadline: Deadline
    ) async -> Result<Matrix, any Error> {
        guard let peer = members[share.worker]?.peer else {
            return .failure(WorkerGone())
        }
        let needed = share.rows
        let request = dispatch(share, layer: layer, rows: needed, hiddenSize: rows.columnCount)
        do {
            let (_, attachment) = try await peer.call(
                request, attachment: Attachment(floats: rows.rows(at: needed).elements),
                deadline: min(deadline, .after(Self.exchangeDurationMax)))
            let rowCount = Combiner.replyRowCount(of: share, reduction)
            return .success(
                try checked(attachment.floats(), rowCount: rowCount, hiddenSize: rows.columnCount))
        } catch {
            return .failure(error)
        }
    }

    private func dispatch(
        _ share: WorkerShare, layer: Int, rows: [Int], hiddenSize: Int
    ) -> ExpertDispatch {
        let positions = Dictionary(
            uniqueKeysWithValues: rows.enumerated().map { ($0.element, UInt32($0.offset)) })
        let groups = share.experts.compactMap { group in
            model.experts[ExpertID(layer: layer, expert: group.expert)].map {
                ExpertGroup(
                    digest: $0.digest, rows: group.rows.compactMap { positions[$0] },
                    weights: group.weights)
            }
        }
        return ExpertDispatch(
            rowCount: rows.count, hiddenSize: hiddenSize, reduction: reduction, groups: groups)
    }

    /// A worker is trusted with its experts, not with our memory or our sums.
    private func checked(
        _ elements: [Float], rowCount: Int, hiddenSize: Int
    ) throws(BadReply) -> Matrix {
        guard elements.count == rowCount * hiddenSize else {
            throw BadReply(
                description: "\(elements.count) numbers instead of \(rowCount) × \(hiddenSize)")
        }
        guard elements.allSatisfy(\.isFinite) else {
            throw BadReply(description: "numbers that are not finite")
        }
        return Matrix(rowCount: rowCount, columnCount: hiddenSize, elements: elements)
    }
}

private struct WorkerGone: Error, CustomStringConvertible {
    let description = "the worker has left"
}

private struct BadReply: Error, CustomStringConvertible {
    let description: String
}
