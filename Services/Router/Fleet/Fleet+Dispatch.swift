internal import Checkpoint
internal import LinearAlgebra
internal import Mesh
internal import Model
internal import Transport
internal import Wire

/// The routed part of a layer's output, and who computed each expert.
struct RoutedOutput: Sendable {
    let sum: Matrix  // [rows, hiddenSize]
    let workers: [ExpertKey: WorkerID]
}

/// Experts of a layer were lost to some rows of a step.
struct DispatchFailure: Error {
    let loss: ExpertLoss
    /// Rows of the step that need them.
    let rows: Set<Int>
}

extension Fleet {
    /// How long one exchange may take before its worker counts as failed.
    private static let exchangeDurationMax = Duration.seconds(10)

    /// What a dispatch waits for.
    private enum Event: Sendable {
        case answer(Int, Result<Matrix, any Error>)
        case wake
    }

    /// Computes the chosen experts of one layer over `rows`, [rows, hiddenSize], one routing per
    /// row.
    ///
    /// What one worker does not answer, or not soon, another replica does; what has no live replica
    /// waits for its re-placement, unless that is in vain; all until `deadline`.
    /// - Throws: what could not be reached. Never a sum with an expert left out.
    func dispatch(
        layer: Int, rows: Matrix, routings: [Routing], spans: [RevisionSpan], deadline: Deadline
    ) async throws(DispatchFailure) -> RoutedOutput {
        var work = LayerDispatch(ExpertRows.grouping(routings, of: spans, layer: layer))
        var combiner = Combiner(
            routings: routings, hiddenSize: rows.columnCount, reduction: reduction)
        await withTaskGroup(of: Event.self) { group in
            var alarm: LayerDispatch.Instant?
            while !work.isFinished, deadline.remaining > .zero, !Task.isCancelled,
                !work.outstanding.contains(where: { state.isHomeless($0.key.digest) })
            {
                let calls = work.nextCalls(
                    at: .now, holders: { state.holders(of: $0) }, health: &health)
                for call in calls {
                    metrics.count(call)
                    group.addTask {
                        .answer(call.id, await self.ask(call.share, rows: rows, deadline: deadline))
                    }
                }
                setAlarm(&alarm, of: work, deadline: deadline, in: &group)
                switch await group.next() {
                case .answer(let id, .success(let reply)):
                    guard let share = work.answered(id, at: .now, health: &health) else { continue }
                    combiner.add(reply, of: share)
                case .answer(let id, .failure(let error)):
                    work.failed(id, because: error, at: .now, health: &health)
                case .wake, nil:
                    alarm = nil
                }
            }
            group.cancelAll()
        }
        guard work.isFinished else { throw loss(work, layer: layer) }
        return RoutedOutput(sum: combiner.result(), workers: work.workers)
    }

    /// Has the group wake up when the work wants to look again, or the placement has changed for
    /// it.
    private func setAlarm(
        _ alarm: inout LayerDispatch.Instant?, of work: LayerDispatch, deadline: Deadline,
        in group: inout TaskGroup<Event>
    ) {
        guard let wakesAt = work.wakesAt, alarm.map({ wakesAt < $0 }) ?? true else { return }
        alarm = wakesAt
        let limit = min(LayerDispatch.Instant.now.duration(to: wakesAt), deadline.remaining)
        if work.isPaused {
            group.addTask {
                await self.waitForChange(atMost: limit)
                return .wake
            }
        } else {
            group.addTask {
                _ = try? await Task.sleep(for: limit)  // cancelled: nobody waits any more
                return .wake
            }
        }
    }

    private func loss(_ work: LayerDispatch, layer: Int) -> DispatchFailure {
        let homeless = work.outstanding.filter { state.isHomeless($0.key.digest) }
        let lost = homeless.isEmpty ? work.outstanding : homeless
        let cause: ExpertLoss.Cause =
            if !homeless.isEmpty {
                .homeless(reasons: loadFailures)
            } else if lost.allSatisfy({ !state.holders(of: $0.key.digest).isEmpty }) {
                .late
            } else {
                .unreached(reason: work.reason)
            }
        let experts = Set(lost.map { ExpertID(layer: layer, expert: $0.key.expert) }).sorted()
        return DispatchFailure(
            loss: ExpertLoss(model: modelName, experts: experts, cause: cause),
            rows: Set(lost.lazy.flatMap(\.rows)))
    }

    // MARK: - One exchange

    /// Sends a share to its worker and checks what comes back.
    func ask(
        _ share: WorkerShare, rows: Matrix, deadline: Deadline
    ) async -> Result<Matrix, any Error> {
        guard let peer = peers[share.worker] else { return .failure(ExchangeFailure.workerGone) }
        let limit = min(deadline, .after(Self.exchangeDurationMax))
        let needed = share.rows
        let request = request(share, rows: needed, hiddenSize: rows.columnCount)
        do {
            let (_, attachment) = try await peer.call(
                request, attachment: Attachment(floats: rows.rows(at: needed).elements),
                deadline: limit)
            let rowCount = Combiner.replyRowCount(of: share, reduction)
            return .success(
                try checked(attachment.floats(), rowCount: rowCount, hiddenSize: rows.columnCount))
        } catch MeshError.deadlineExceeded where limit == deadline {
            return .failure(ExchangeFailure.requestOver)
        } catch {
            return .failure(error)
        }
    }

    private func request(
        _ share: WorkerShare, rows: [Int], hiddenSize: Int
    ) -> ExpertDispatch {
        let positions = Dictionary(
            uniqueKeysWithValues: rows.enumerated().map { ($0.element, UInt32($0.offset)) })
        let groups = share.experts.map { group in
            ExpertGroup(
                digest: group.key.digest.bytes, rows: group.rows.compactMap { positions[$0] },
                weights: group.weights)
        }
        return ExpertDispatch(
            rowCount: rows.count, hiddenSize: hiddenSize, reduction: reduction, groups: groups)
    }

    /// A worker is trusted with its experts, not with our memory or our sums.
    private func checked(
        _ elements: [Float], rowCount: Int, hiddenSize: Int
    ) throws(ExchangeFailure) -> Matrix {
        guard elements.count == rowCount * hiddenSize else {
            throw .badReply("\(elements.count) numbers instead of \(rowCount) × \(hiddenSize)")
        }
        guard elements.allSatisfy(\.isFinite) else {
            throw .badReply("numbers that are not finite")
        }
        return Matrix(rowCount: rowCount, columnCount: hiddenSize, elements: elements)
    }
}
