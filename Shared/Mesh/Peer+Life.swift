public import Transport
internal import Wire

/// The two timers of a connection: one for its next tick, one for the earliest deadline in flight.
struct PeerTimers {
    var heartbeat: LoopTimer?
    var deadline: LoopTimer?
    /// What `deadline` is set to.
    var earliest: Deadline?
}

/// Who waits for something to happen to the connection.
struct PeerWaits {
    var closed: [UInt32: CheckedContinuation<Void, Never>] = [:]
    var lastID: UInt32 = 0
    var drained: [CheckedContinuation<Void, Never>] = []
    var idle: CheckedContinuation<Void, Never>?
}

extension Peer {
    /// Takes over a socket on which Hellos were exchanged.
    func start(_ socket: Socket) {
        connection = Connection(
            socket, on: loop, frameLimits: limits.frame,
            pendingByteCountMax: limits.pendingByteCountMax,
            events: Connection.Events(
                received: { frames in self.assumeIsolated { $0.received(frames) } },
                drained: { self.assumeIsolated { $0.drained() } },
                closed: { error in self.assumeIsolated { $0.closed(error) } }))
        timers.heartbeat = LoopTimer(on: loop) { self.assumeIsolated { $0.tick() } }
        timers.deadline = LoopTimer(on: loop) { self.assumeIsolated { $0.expire() } }
        heartbeat = Heartbeat(limits, at: .now)
        timers.heartbeat?.schedule(after: limits.heartbeatInterval)
    }

    /// Returns when the connection has ended, with the reason, or when the calling task is
    /// cancelled.
    @discardableResult public func waitUntilClosed() async -> TransportError? {
        guard connection != nil, !Task.isCancelled else { return ending }
        waits.lastID &+= 1
        let id = waits.lastID
        await withTaskCancellationHandler {
            await withCheckedContinuation { waits.closed[id] = $0 }
        } onCancel: {
            Task { await self.stopWaiting(id) }
        }
        return ending
    }

    private func stopWaiting(_ id: UInt32) { waits.closed.removeValue(forKey: id)?.resume() }

    /// Takes no further requests, finishes those in flight within the given time, and closes.
    public func drain(within timeout: Duration) async {
        admission.isDraining = true
        guard connection != nil else { return }
        if !isIdle {
            let timer = LoopTimer(on: loop) { self.assumeIsolated { $0.stopDraining() } }
            timer.schedule(after: timeout)
            await withCheckedContinuation { idle in
                waits.idle?.resume()
                waits.idle = idle
            }
            timer.invalidate()
        }
        close(reason: "drained")
    }

    private func stopDraining() {
        waits.idle?.resume()
        waits.idle = nil
    }

    /// Nothing is in flight, and the last answers have been handed to the system.
    private var isIdle: Bool { inFlight == 0 && (connection?.pendingByteCount ?? 0) == 0 }

    func noticeIdle() {
        if waits.idle != nil, isIdle { stopDraining() }
    }

    // MARK: Deadlines

    /// Has the one timer fire no later than at `deadline`. It may fire early: then it looks for the
    /// next.
    func watch(_ deadline: Deadline, at now: ContinuousClock.Instant) {
        if let earliest = timers.earliest, earliest <= deadline { return }
        timers.earliest = deadline
        timers.deadline?.schedule(after: deadline.remaining(at: now))
    }

    private func expire() {
        let now = ContinuousClock.now
        for (id, waiter) in outbound.closeExpired(at: now) {
            tellCancelled(id)
            waiter.end(.deadlineExceeded)
        }
        for (id, work) in inbound.closeExpired(at: now) {
            work.cancel()
            send(.deadlineExceeded, for: id)
        }
        timers.earliest = nil
        let next = [outbound.earliestDeadline, inbound.earliestDeadline].compactMap(\.self).min()
        if let next { watch(next, at: now) }
        noticeIdle()
    }

    // MARK: Signs of life

    private func tick() {
        guard let connection else { return }
        switch heartbeat.tick(at: .now, receivedByteCount: connection.receivedByteCount) {
        case .alive: break
        case .ask: connection.send(Frame(kind: MessageKind.ping.rawValue, requestID: 0))
        case .dead: return connection.close(.silent(limits.silenceMax))
        }
        timers.heartbeat?.schedule(after: limits.heartbeatInterval)
    }

    // MARK: Endings

    private func drained() {
        let waiting = waits.drained
        waits.drained = []
        for continuation in waiting { continuation.resume() }
        noticeIdle()
    }

    private func closed(_ error: TransportError) {
        connection = nil
        ending = error
        error.countEnding()
        timers.heartbeat?.invalidate()
        timers.deadline?.invalidate()
        timers = PeerTimers()
        for waiter in outbound.closeAll() { waiter.end(.unavailable(error)) }
        for work in inbound.closeAll() { work.cancel() }
        drained()
        stopDraining()
        let waiting = waits.closed.values
        waits.closed = [:]
        for continuation in waiting { continuation.resume() }
    }
}
