import Glibc
import Tokenization

/// Runs a function on a thread with a stack of 512 KB, as threads of servers have.
enum SmallStack {
    private final class Work: @unchecked Sendable {  // guarded by pthread_join
        let body: () throws -> String
        var result: Result<String, any Error>?
        init(_ body: @escaping () throws -> String) { self.body = body }
    }

    static func run(_ body: @escaping () throws -> String) -> Result<String, any Error> {
        let work = Work(body)
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { unsafe attributes.deallocate() }
        var thread: pthread_t = 0
        unsafe pthread_attr_init(attributes)
        unsafe pthread_attr_setstacksize(attributes, 512 << 10)
        let context = unsafe Unmanaged.passRetained(work).toOpaque()
        unsafe pthread_create(
            &thread, attributes,
            { context in
                let work = unsafe Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
                work.result = Result { try work.body() }
                return nil
            }, context)
        pthread_join(thread, nil)
        return work.result!
    }
}
