internal import CEvent
internal import Glibc

/// One thread, one libevent base, and the executor of the actors that live on it.
///
/// Loops are made first and live as long as the process, because the runtime refers to executors
/// without owning them. A loop on which nobody registers a socket is a compute or file loop: the
/// same class serves both.
@safe public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    public let name: String

    // Used on the loop's thread only, but for `inbox` (its own lock), `base` and `wakeup` (which
    // never change).
    let base: OpaquePointer
    private let wakeup: CInt
    /// Jobs from other threads.
    private let inbox = Locked(Inbox())
    /// Jobs from this thread, which need no lock.
    private var jobs: [UnownedJob] = []
    private var running: [UnownedJob] = []
    private var unwritten: [Connection] = []
    /// Bytes just read and not yet part of a frame; one for all connections, so that an idle one
    /// costs nothing.
    let receiveBuffer: UnsafeMutableRawBufferPointer

    /// Large enough that one read empties a socket buffer of default size.
    private static let receiveByteCountMax = 256 * 1024
    /// How often the jobs are gone through before sockets get their turn again.
    private static let passCountMax = 16

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var isLoopAsleep = false
    }

    /// Starts the thread.
    ///
    /// Traps when the system has no memory, descriptor or thread left for it, which at start-up
    /// nobody can mend.
    public init(name: String) {
        self.name = name
        // A write to a closed socket is an error, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        guard let base = unsafe event_base_new() else { preconditionFailure("no event base") }
        unsafe self.base = unsafe base
        wakeup = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(wakeup >= 0, "no descriptor for a wake-up")
        unsafe receiveBuffer = .allocate(byteCount: Self.receiveByteCountMax, alignment: 64)
        watchWakeup()
        startThread()
    }

    /// Whether the caller is on this loop's thread.
    public var isCurrent: Bool {
        unsafe pthread_getspecific(currentLoopKey) == Unmanaged.passUnretained(self).toOpaque()
    }

    // MARK: Executor

    /// Without this, the first `assumeIsolated` in a C callback traps.
    public func checkIsolated() { precondition(isCurrent, "not on the event loop \(name)") }
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent { return jobs.append(job) }
        let mustWake = inbox.withLock { inbox in
            inbox.jobs.append(job)
            defer { inbox.isLoopAsleep = false }
            return inbox.isLoopAsleep
        }
        if mustWake { wake() }
    }

    // MARK: Turns

    /// Has `connection` write its pending frames at the end of this turn: one system call for all
    /// of them.
    func writeAtEndOfTurn(_ connection: Connection) { unwritten.append(connection) }

    private func run() -> Never {
        while true {
            takeInbox()
            for _ in 0..<Self.passCountMax where !runJobs() { break }
            writePending()
            let mayBlock = jobs.isEmpty && fallAsleep()
            _ = unsafe event_base_loop(base, mayBlock ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK)
        }
    }

    private func takeInbox() {
        inbox.withLock { inbox in
            inbox.isLoopAsleep = false
            guard !inbox.jobs.isEmpty else { return }
            jobs += inbox.jobs
            inbox.jobs.removeAll(keepingCapacity: true)
        }
    }

    /// From here on, who brings a job must wake the loop. False when there already is one.
    private func fallAsleep() -> Bool {
        inbox.withLock { inbox in
            inbox.isLoopAsleep = inbox.jobs.isEmpty
            return inbox.isLoopAsleep
        }
    }

    /// Runs the jobs at hand; those that they bring wait for the next pass. False when there were
    /// none.
    private func runJobs() -> Bool {
        guard !jobs.isEmpty else { return false }
        swap(&jobs, &running)
        for job in running {
            unsafe job.runSynchronously(
                isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
        running.removeAll(keepingCapacity: true)
        return true
    }

    private func writePending() {
        // Writing may fail, and closing may append again.
        while !unwritten.isEmpty {
            let connections = unwritten
            unwritten.removeAll(keepingCapacity: true)
            for connection in connections { connection.write() }
        }
    }

    // MARK: Thread and wake-up

    private func wake() {
        var one: UInt64 = 1
        _ = unsafe Glibc.write(wakeup, &one, 8)
    }

    private func watchWakeup() {
        let callback: event_callback_fn = { descriptor, _, _ in
            var count: UInt64 = 0
            _ = unsafe Glibc.read(descriptor, &count, 8)
        }
        let event = unsafe event_new(base, wakeup, Int16(EV_READ | EV_PERSIST), callback, nil)
        unsafe event_add(event, nil)
    }

    private func startThread() {
        var thread = pthread_t()
        let this = unsafe Unmanaged.passRetained(self).toOpaque()
        let status = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe pthread_setspecific(currentLoopKey, context)
                unsafe Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().run()
            }, this)
        precondition(status == 0, "no thread for the event loop \(name)")
    }
}

/// Which loop a thread runs.
private let currentLoopKey: pthread_key_t = {
    var key = pthread_key_t()
    unsafe pthread_key_create(&key, nil)
    return key
}()
