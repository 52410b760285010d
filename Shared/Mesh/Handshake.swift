internal import Transport
internal import Wire

/// The exchange of Hellos, before there is a peer.
struct Handshake: Sendable {
    let hello: Hello
    let loop: EventLoop
    let limits: MeshLimits

    /// The caller's side: connects, says hello, hears who answers.
    func dial(
        _ address: SocketAddress, deadline: Deadline
    ) async throws(MeshError) -> (socket: Socket, remote: Hello) {
        let socket: Socket
        let reply: Frame
        do throws(TransportError) {
            socket = try await Socket.connect(to: address, on: loop, within: deadline.remaining)
            let timeout = min(deadline.remaining, limits.helloTimeout)
            let milliseconds = Deadline.after(timeout).milliseconds(at: .now) ?? 1
            try socket.send(frame(requestID: 1, deadlineMilliseconds: milliseconds))
            reply = try await socket.receive(limits: .beforeHello, on: loop, within: timeout)
        } catch {
            throw Task.isCancelled ? .cancelled : .unavailable(error)
        }
        let remote = try readReply(reply)
        try check(remote)
        return (socket, remote)
    }

    /// The server's side: hears who calls, answers with who is here, or with a fault.
    ///
    /// - Parameter refusal: Why a caller is not wanted; nil for one who is.
    func answer(
        _ socket: Socket, refusal: @Sendable (Hello) async -> Fault?
    ) async throws(MeshError) -> Hello {
        let request: Frame
        do throws(TransportError) {
            request = try await socket.receive(
                limits: .beforeHello, on: loop, within: limits.helloTimeout)
        } catch {
            throw .unavailable(error)
        }
        do throws(MeshError) {
            let remote = try readRequest(request)
            if let fault = await refusal(remote) { throw MeshError.fault(fault) }
            try send(frame(requestID: request.requestID, flags: .reply), on: socket)
            return remote
        } catch {
            // So that the caller's log says what is wrong, too.
            try send(fault(answering: request, because: error), on: socket)
            throw error
        }
    }

    // MARK: Frames

    private func frame(
        requestID: UInt32, flags: FrameFlags = [], deadlineMilliseconds: UInt32 = 0
    ) -> Frame {
        Frame(
            kind: MessageKind.hello.rawValue, flags: flags, requestID: requestID,
            deadlineMilliseconds: deadlineMilliseconds, body: hello.encoded())
    }

    private func send(_ frame: Frame, on socket: Socket) throws(MeshError) {
        do throws(TransportError) { try socket.send(frame) } catch { throw .unavailable(error) }
    }

    private func fault(answering request: Frame, because error: MeshError) -> Frame {
        let fault =
            if case .fault(let fault) = error { fault } else {
                Fault(code: .badRequest, message: "\(error)")
            }
        return Frame(
            kind: MessageKind.fault.rawValue, flags: [.reply, .fault], requestID: request.requestID,
            body: fault.encoded())
    }

    private func readRequest(_ frame: Frame) throws(MeshError) -> Hello {
        guard frame.kind == MessageKind.hello.rawValue, frame.flags == [], frame.requestID != 0
        else {
            throw .protocolViolation("the first message must be Hello")
        }
        let remote: Hello = try decode(frame)
        try check(remote)
        return remote
    }

    private func readReply(_ frame: Frame) throws(MeshError) -> Hello {
        if frame.flags == [.reply, .fault] { throw MeshError(try decode(frame) as Fault) }
        guard frame.kind == MessageKind.hello.rawValue, frame.flags == .reply else {
            throw .protocolViolation("Hello was answered with a message of kind \(frame.kind)")
        }
        return try decode(frame)
    }

    private func decode<M: Message>(_ frame: Frame) throws(MeshError) -> M {
        do throws(WireError) {
            return try M(decoding: frame.body)
        } catch {
            throw .protocolViolation("\(error)")
        }
    }

    /// The two ranges of versions must have one in common.
    private func check(_ remote: Hello) throws(MeshError) {
        let low = max(hello.protocolVersionMin, remote.protocolVersionMin)
        let high = min(hello.protocolVersionMax, remote.protocolVersionMax)
        guard low <= high else {
            throw .fault(
                Fault(
                    code: .versionMismatch,
                    message: "\(hello.speech), \(remote.speech); upgrade the older one"))
        }
    }
}

extension Hello {
    fileprivate var speech: String {
        "\(name) speaks protocol \(protocolVersionMin) to \(protocolVersionMax)"
    }
}
