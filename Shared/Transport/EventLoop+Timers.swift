internal import CEvent
internal import Glibc

/// A libevent timer. Made, set and invalidated on its loop's thread, by the one actor that owns it.
@safe public final class LoopTimer {
    private var event: OpaquePointer?
    private let fire: () -> Void

    public init(on loop: EventLoop, _ fire: @escaping () -> Void) {
        self.fire = fire
        let this = unsafe Unmanaged.passUnretained(self).toOpaque()
        let callback: event_callback_fn = { _, _, context in
            guard let context = unsafe context else { return }
            unsafe Unmanaged<LoopTimer>.fromOpaque(context).takeUnretainedValue().fire()
        }
        unsafe event = event_new(loop.base, -1, 0, callback, this)
    }

    /// Fires once, `delay` from now. An earlier setting is replaced.
    public func schedule(after delay: Duration) {
        guard let event = unsafe event else { return }
        var time = timeval(delay)
        unsafe event_add(event, &time)
    }

    public func cancel() {
        guard let event = unsafe event else { return }
        unsafe event_del(event)
    }

    /// Must be called before the owner lets go: libevent knows the timer by its address.
    public func invalidate() {
        guard let event = unsafe event else { return }
        unsafe event_free(event)
        unsafe self.event = nil
    }

    deinit { unsafe precondition(event == nil, "a timer was dropped without being invalidated") }
}

extension timeval {
    /// Rounded up to a microsecond, so that a timer never fires before its time.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = max(duration, .zero).components
        let microseconds = (attoseconds + 999_999_999_999) / 1_000_000_000_000
        self.init(
            tv_sec: Int(seconds) + Int(microseconds / 1_000_000),
            tv_usec: Int(microseconds % 1_000_000))
    }
}
