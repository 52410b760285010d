internal import CEvent
internal import Glibc

/// One wait for a socket that no connection has taken over yet. Lives on a loop until libevent says
/// how it ended.
@safe actor Readiness: LoopBound {
    enum Ending: Sendable { case ready, timedOut, cancelled }

    nonisolated let loop: EventLoop
    private var event: OpaquePointer?
    private var waiter: CheckedContinuation<Ending, Never>?

    private init(on loop: EventLoop) { self.loop = loop }

    static func readable(_ socket: Socket, on loop: EventLoop, within timeout: Duration) async
        -> Ending
    {
        await Readiness(on: loop).wait(for: EV_READ, of: socket, within: timeout)
    }

    static func writable(_ socket: Socket, on loop: EventLoop, within timeout: Duration) async
        -> Ending
    {
        await Readiness(on: loop).wait(for: EV_WRITE, of: socket, within: timeout)
    }

    private func wait(for kind: CInt, of socket: Socket, within timeout: Duration) async -> Ending {
        guard !Task.isCancelled else { return .cancelled }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                self.waiter = waiter
                register(socket.number, kind, timeout)
            }
        } onCancel: {
            Task { await self.end(.cancelled) }
        }
    }

    private func register(_ descriptor: CInt, _ kind: CInt, _ timeout: Duration) {
        let callback: event_callback_fn = { _, what, context in
            guard let context = unsafe context else { return }
            let readiness = unsafe Unmanaged<Readiness>.fromOpaque(context).takeUnretainedValue()
            let ending: Ending = what & Int16(EV_TIMEOUT) != 0 ? .timedOut : .ready
            readiness.assumeIsolated { $0.end(ending) }
        }
        let this = unsafe Unmanaged.passRetained(self).toOpaque()
        unsafe event = event_new(loop.base, descriptor, Int16(kind), callback, this)
        var time = timeval(timeout)
        unsafe event_add(event, &time)
    }

    private func end(_ ending: Ending) {
        guard let event = unsafe event else { return }
        unsafe event_free(event)
        unsafe self.event = nil
        waiter?.resume(returning: ending)
        waiter = nil
        unsafe Unmanaged.passUnretained(self).release()
    }
}
