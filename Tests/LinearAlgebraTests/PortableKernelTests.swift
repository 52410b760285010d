import CKernels
import LinearAlgebra
import Support
import Testing

/// The plain C kernels, which this processor would not choose by itself.
struct PortableKernelTests {
    @Test(arguments: [
        (WeightStorage.float32, CK_FLOAT32), (.float16, CK_FLOAT16), (.bfloat16, CK_BFLOAT16),
        (.q8_0, CK_Q8_0), (.q4_0, CK_Q4_0), (.q4_1, CK_Q4_1), (.q6_K, CK_Q6_K),
    ])
    func `portable kernels equal the float64 twin`(storage: WeightStorage, code: ck_storage) throws
    {
        var random = SplitMix64(seed: 6)
        let (_, bytes) = try random.weights(storage, rows: 5, columns: 256)
        let x = random.matrix(3, 256)
        let twin = Twin.product(x, Twin.decode(storage, bytes), rows: 5)
        var result = [Float](repeating: 0, count: 15)
        unsafe ck_portable_product(code, bytes, 5, 256, x.elements, 3, &result)
        #expect(twin.relativeError(of: result) < 1e-5)  // some sums run over 256 terms one by one
    }
}
