internal import Transport
internal import Wire

extension Peer {
    /// Every frame of the connection comes through here, in order.
    func received(_ frames: [Frame]) {
        for frame in frames where connection != nil { received(frame) }
    }

    private func received(_ frame: Frame) {
        switch frame.flags {
        case []: frame.kind == MessageKind.ping.rawValue ? answerPing() : receivedRequest(frame)
        case .cancel: stopWork(on: frame.requestID)
        case .reply where frame.kind == MessageKind.ping.rawValue:
            break  // It lives; its bytes were counted.
        case .reply, [.reply, .more], [.reply, .fault]: receivedReply(frame)
        default: violate("flags \(frame.flags.rawValue)")
        }
    }

    private func answerPing() {
        connection?.send(Frame(kind: MessageKind.ping.rawValue, flags: .reply, requestID: 0))
    }

    private func receivedRequest(_ frame: Frame) {
        let id = frame.requestID
        guard id != 0, !inbound.contains(id) else { return violate("request number \(id) twice") }
        guard frame.deadlineMilliseconds > 0 else {
            return send(Fault(code: .badRequest, message: "a request needs a deadline"), for: id)
        }
        let refusal = admission.admit(
            byteCount: frame.byteCount, inFlightCount: inbound.count,
            pendingByteCount: connection?.pendingByteCount ?? 0)
        if let refusal { return send(refusal, for: id) }
        begin(frame, handlers[frame.kind])
    }

    private func begin(_ frame: Frame, _ handler: @escaping Handlers.Handler) {
        let now = ContinuousClock.now
        let deadline = Deadline(milliseconds: frame.deadlineMilliseconds, from: now)
        let context = CallContext(deadline: deadline, traceID: frame.traceID, peer: self)
        let task = Task(executorPreference: loop) {
            await self.serve(frame, handler, context)
        }
        inbound.open(frame.requestID, task, deadline: deadline)
        watch(deadline, at: now)
    }

    /// A request that was cancelled takes its memory until its task has noticed.
    private func serve(_ frame: Frame, _ handler: Handlers.Handler, _ context: CallContext) async {
        defer { admission.leave(byteCount: frame.byteCount) }
        do {
            finish(frame.requestID, try await handler(frame, context))
        } catch {
            finish(frame.requestID, Fault(answering: error))
        }
    }

    private func finish(_ id: UInt32, _ answer: Handlers.Answer) {
        guard inbound.close(id) != nil else { return }  // Nobody waits any more.
        let frame = Frame(
            kind: answer.kind.rawValue, flags: .reply, requestID: id, body: answer.body,
            attachment: answer.attachment)
        do throws(FrameError) {
            try frame.check(limits.frame)
            connection?.send(frame)
        } catch {
            send(Fault(code: .internal, message: "the answer is too large: \(error)"), for: id)
        }
        noticeIdle()
    }

    private func finish(_ id: UInt32, _ fault: Fault) {
        guard inbound.close(id) != nil else { return }
        send(fault, for: id)
        noticeIdle()
    }

    /// The asker no longer wants the answer.
    private func stopWork(on id: UInt32) {
        guard let work = inbound.close(id) else { return }
        work.cancel()
        noticeIdle()
    }

    /// One item of a stream that a handler produces.
    func sendItem(
        _ kind: MessageKind, _ body: [UInt8], _ attachment: Attachment, for id: UInt32
    ) async throws(MeshError) {
        let frame = Frame(
            kind: kind.rawValue, flags: [.reply, .more], requestID: id, body: body,
            attachment: attachment)
        do throws(FrameError) { try frame.check(limits.frame) } catch { throw .tooLarge(error) }
        while let connection, connection.pendingByteCount > limits.pendingByteCountHigh {
            await withCheckedContinuation { waits.drained.append($0) }
        }
        guard let connection else { throw .unavailable(ending ?? .closedByPeer) }
        guard inbound.contains(id) else { throw .cancelled }
        connection.send(frame)
    }

    func send(_ fault: Fault, for id: UInt32) {
        connection?.send(
            Frame(
                kind: MessageKind.fault.rawValue, flags: [.reply, .fault], requestID: id,
                body: fault.encoded()))
    }

    private func violate(_ what: String) {
        connection?.close(.closed(reason: "the other side broke the protocol: \(what)"))
    }
}

extension Frame {
    /// What the frame holds in memory.
    fileprivate var byteCount: Int { body.count + attachment.byteCount }
}
