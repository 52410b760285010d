internal import Transport
internal import Wire

extension Peer {
    /// One request, one reply.
    func exchange(_ request: Frame, deadline: Deadline) async throws(MeshError) -> Frame {
        guard !Task.isCancelled else { throw .cancelled }
        var request = request
        request.requestID = outbound.makeID()
        let (id, frame) = (request.requestID, request)
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { send(frame, .call($0), deadline: deadline) }
        } onCancel: {
            Task { await self.cancel(id) }
        }
        return try answer.get()
    }

    /// Sends a request, or tells its waiter why not.
    func send(_ frame: Frame, _ waiter: Waiter, deadline: Deadline) {
        do throws(MeshError) {
            let now = ContinuousClock.now
            guard let milliseconds = deadline.milliseconds(at: now) else { throw .deadlineExceeded }
            guard let connection else {
                throw .unavailable(ending ?? .closed(reason: "not connected"))
            }
            guard !outbound.isFull else { throw .overloaded(retryAfter: limits.retryAfter) }
            try check(frame)
            var frame = frame
            frame.deadlineMilliseconds = milliseconds
            outbound.open(frame.requestID, waiter, deadline: deadline)
            watch(deadline, at: now)
            connection.send(frame)
        } catch {
            waiter.end(error)
        }
    }

    private func check(_ frame: Frame) throws(MeshError) {
        do throws(FrameError) { try frame.check(limits.frame) } catch { throw .tooLarge(error) }
    }

    /// Where the items of a stream go: decoded, to their consumer.
    func sink<R: Request>(
        _ type: R.Type,
        _ items: AsyncThrowingStream<(message: R.Reply, attachment: Attachment), any Error>
            .Continuation
    ) -> (Result<Frame, MeshError>) -> Bool {
        { [retryAfter = limits.retryAfter] result in
            do throws(MeshError) {
                let frame = try result.get()
                guard frame.flags.contains(.more) else {
                    items.finish()
                    return true
                }
                guard case .dropped = items.yield(try frame.reply(to: type)) else { return true }
                throw .overloaded(retryAfter: retryAfter)
            } catch {
                items.finish(throwing: error)
                return false
            }
        }
    }

    /// An answer has arrived.
    func receivedReply(_ frame: Frame) {
        let isLast = !frame.flags.contains(.more)
        guard
            let waiter = isLast
                ? outbound.close(frame.requestID) : outbound.waiter(of: frame.requestID)
        else { return noticeIdle() }  // It came too late to matter.
        switch waiter {
        case .call(let continuation):
            continuation.resume(
                returning: isLast
                    ? frame.answer : .failure(.protocolViolation("a stream answers a call")))
            if !isLast { drop(frame.requestID) }
        case .stream(let sink):
            if !sink(frame.answer), !isLast { drop(frame.requestID) }
        }
        noticeIdle()
    }

    /// The caller no longer wants the answer.
    func cancel(_ id: UInt32) {
        guard let waiter = outbound.close(id) else { return }
        tellCancelled(id)
        waiter.end(.cancelled)
        noticeIdle()
    }

    private func drop(_ id: UInt32) {
        if outbound.close(id) != nil { tellCancelled(id) }
    }

    /// So that the other side stops working on it.
    func tellCancelled(_ id: UInt32) {
        connection?.send(Frame(kind: 0, flags: .cancel, requestID: id))
    }
}

extension Peer.Waiter {
    func end(_ error: MeshError) {
        switch self {
        case .call(let continuation): continuation.resume(returning: .failure(error))
        case .stream(let sink): _ = sink(.failure(error))
        }
    }
}

extension Frame {
    /// The frame, or the fault that it holds.
    fileprivate var answer: Result<Frame, MeshError> {
        guard flags.contains(.fault) else { return .success(self) }
        do throws(WireError) {
            return .failure(MeshError(try Fault(decoding: body)))
        } catch {
            return .failure(.protocolViolation("a fault that cannot be read: \(error)"))
        }
    }
}
