internal import CProtobuf
internal import Glibc

/// How much memory one body may unpack to. Without it, 200 KB of empty sub-messages become 10 MB.
struct UnpackBudget {
    private var byteCountLeft: Int

    init(forBodyOf byteCount: Int) {
        byteCountLeft = Self.byteCountMax(forBodyOf: byteCount)
    }

    /// Honest messages stay below: a varint of one byte becomes eight, a field of two bytes
    /// sixteen.
    static func byteCountMax(forBodyOf byteCount: Int) -> Int { 64 * 1024 + 8 * byteCount }

    /// The allocator is valid inside `body` only.
    mutating func withAllocator<R>(_ body: (UnsafeMutablePointer<ProtobufCAllocator>) -> R) -> R {
        unsafe withUnsafeMutablePointer(to: &self) { budget in
            var allocator = unsafe ProtobufCAllocator(
                alloc: { context, byteCount in
                    unsafe context?.assumingMemoryBound(to: UnpackBudget.self).pointee.allocate(
                        byteCount)
                },
                free: { _, block in unsafe Glibc.free(block) }, allocator_data: budget)
            return unsafe body(&allocator)
        }
    }

    /// nil refuses. What is freed is not given back: the library does not say how much it was.
    private mutating func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        guard byteCount <= byteCountLeft else { return nil }
        byteCountLeft -= byteCount
        return unsafe malloc(byteCount)
    }
}
