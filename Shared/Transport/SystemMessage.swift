internal import Glibc

/// The system's words for an error number.
func systemMessage(_ code: Int32) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let text = buffer.baseAddress, unsafe strerror_r(code, text, 128) == 0 else {
            return "error \(code)"
        }
        return unsafe String(cString: text)
    }
}
