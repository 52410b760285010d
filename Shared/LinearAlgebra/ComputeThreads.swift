internal import CKernels

/// How many cores the arithmetic of this process may use. One unless set: several processes that
/// share a machine and spin for each other's cores are slower than each on its own.
public enum ComputeThreads {
    /// More are of no use.
    public static let countMax = Int(CK_THREADS_MAX)

    /// At least 1 and at most `countMax`; takes effect from the next product on. Results do not
    /// depend on it.
    public static func set(_ count: Int) { ck_set_threads(max(1, count)) }

    public static var count: Int { ck_threads() }

    /// The kernels that were chosen for this processor; equal names compute equal bits.
    public static var kernelName: String { unsafe String(cString: ck_kernel_name()) }

    /// Calls `body` once for each index below `count`, on several threads, and returns when all are
    /// done.
    static func parallel(_ count: Int, _ body: (Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            var body: (Int) -> Void = body
            unsafe withUnsafeMutablePointer(to: &body) { pointer in
                unsafe ck_parallel(count, callBody, pointer)
            }
        }
    }
}

/// What C calls back: `context` points at a Swift closure that outlives the call.
private func callBody(_ context: UnsafeMutableRawPointer?, _ index: Int) {
    guard let body = unsafe context?.assumingMemoryBound(to: ((Int) -> Void).self) else { return }
    unsafe body.pointee(index)
}
