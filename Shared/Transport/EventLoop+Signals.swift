internal import CEvent

extension EventLoop {
    /// The process's signals of these numbers, as they arrive. One loop of a process may watch
    /// signals, and does so for ever.
    public func signals(_ numbers: [CInt]) -> AsyncStream<CInt> {
        let (stream, continuation) = AsyncStream<CInt>.makeStream(
            bufferingPolicy: .bufferingNewest(16))
        Task(executorPreference: self) {
            for number in numbers {
                SignalWatch(number, continuation).start(on: self)
            }
        }
        return stream
    }
}

/// Carries a signal from libevent to a stream. Lives as long as the loop.
@safe private final class SignalWatch: Sendable {
    private let number: CInt
    private let continuation: AsyncStream<CInt>.Continuation

    init(_ number: CInt, _ continuation: AsyncStream<CInt>.Continuation) {
        self.number = number
        self.continuation = continuation
    }

    func start(on loop: EventLoop) {
        let callback: event_callback_fn = { _, _, context in
            guard let context = unsafe context else { return }
            unsafe Unmanaged<SignalWatch>.fromOpaque(context).takeUnretainedValue().deliver()
        }
        let this = unsafe Unmanaged.passRetained(self).toOpaque()
        let event = unsafe event_new(
            loop.base, number, Int16(EV_SIGNAL | EV_PERSIST), callback, this)
        unsafe event_add(event, nil)
    }

    private func deliver() { continuation.yield(number) }
}
