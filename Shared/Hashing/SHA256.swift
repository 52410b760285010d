internal import CCrypto

/// SHA-256 (FIPS 180-4), as OpenSSL computes it on this processor.
///
/// @safe: the context is private, made in `init`, freed in `deinit`, and used by one owner.
@safe public final class SHA256 {
    public static let digestByteCount = 32

    private let context: OpaquePointer

    public init() {
        guard let context = unsafe EVP_MD_CTX_new() else {
            preconditionFailure("no memory is left for a SHA-256 context")
        }
        unsafe self.context = context
        let isReady = unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil)
        precondition(isReady == 1, "this OpenSSL has no SHA-256")
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Adds bytes to what is hashed.
    public func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe update(bufferPointer: $0) }
    }

    /// Adds borrowed bytes to what is hashed.
    public func update(bufferPointer bytes: UnsafeRawBufferPointer) {
        let isAdded = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(isAdded == 1, "the digest was taken already")
    }

    /// The 32 bytes. Once: nothing can be added afterwards.
    public func finalize() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Self.digestByteCount)
        let isDone = unsafe EVP_DigestFinal_ex(context, &digest, nil)
        precondition(isDone == 1, "the digest was taken already")
        return digest
    }

    /// The 32 bytes of one piece.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        let hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }
}
