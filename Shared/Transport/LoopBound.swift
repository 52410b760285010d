/// An actor that lives on an event loop: its code runs on the loop's thread, and C callbacks of
/// that loop enter it without a hop.
public protocol LoopBound: Actor {
    nonisolated var loop: EventLoop { get }
}

extension LoopBound {
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.asUnownedSerialExecutor()
    }
}
