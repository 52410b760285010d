internal import Glibc

/// A thread that runs one job at a time: the place for work that blocks (files, SQL) or that
/// computes for long, so that neither ever happens on an event loop. An actor lives on it by being
/// `ThreadBound`.
///
/// The thread keeps its object alive until `stop`, after which no job may be sent to it.
///
/// @unchecked Sendable: `jobs` and `isStopping` are guarded by `mutex`; the rest never changes.
@safe public final class SerialThread: SerialExecutor, @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wakeup = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [UnownedJob] = []
    private var isStopping = false

    /// Starts the thread. Its stack is the process's default of 8 MB.
    public init() {
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(wakeup, nil)
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, nil,
            { context in
                unsafe Unmanaged<SerialThread>.fromOpaque(context!).takeRetainedValue()
                    .runUntilStopped()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(result == 0, "the system has no thread left")
        pthread_detach(thread)
    }

    deinit {
        unsafe pthread_cond_destroy(wakeup)
        unsafe pthread_mutex_destroy(mutex)
        unsafe wakeup.deallocate()
        unsafe mutex.deallocate()
    }

    /// Ends the thread after the jobs that were sent before.
    public func stop() {
        unsafe pthread_mutex_lock(mutex)
        isStopping = true
        unsafe pthread_cond_signal(wakeup)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Called by the runtime for each job of an actor that lives here.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        unsafe pthread_mutex_lock(mutex)
        jobs.append(job)
        unsafe pthread_cond_signal(wakeup)
        unsafe pthread_mutex_unlock(mutex)
    }

    private func runUntilStopped() {
        while let batch = nextJobs() {
            for job in batch {
                unsafe job.runSynchronously(on: asUnownedSerialExecutor())
            }
        }
    }

    private func nextJobs() -> [UnownedJob]? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while jobs.isEmpty && !isStopping { unsafe pthread_cond_wait(wakeup, mutex) }
        guard !jobs.isEmpty else { return nil }
        defer { jobs = [] }
        return jobs
    }
}

/// An actor that lives on a thread of its own.
public protocol ThreadBound: Actor {
    /// Where it lives.
    nonisolated var thread: SerialThread { get }
}

extension ThreadBound {
    /// The thread, as the runtime asks for it.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe thread.asUnownedSerialExecutor()
    }
}
