internal import CFuzzer
internal import Glibc

/// What is fuzzed. Written once, before the driver starts; read on the driver's thread only.
nonisolated(unsafe) private var target: @Sendable ([UInt8]) -> Void = { _ in }

/// Calls `body` with inputs that libFuzzer invents until it traps, or until the time given by the
/// command line is over. Reading the input may throw; it must not trap, hang or grow without bound.
public func fuzz(_ body: @escaping @Sendable ([UInt8]) -> Void) -> Never {
    unsafe target = body
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? =
        unsafe CommandLine.unsafeArgv
    exit(unsafe LLVMFuzzerRunDriver(&count, &arguments, runOne))
}

// A function, not a closure: a C callback written in a program's top-level code would be
// @MainActor.
private func runOne(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe UnsafeBufferPointer(start: data, count: count)
    unsafe target(Array(input))
    return 0
}
