import COpenBLAS
import LinearAlgebra
import Support
import Testing

/// Against OpenBLAS, at the sizes of a real model's prefill.
struct BLASOracleTests {
    @Test(arguments: [(1, 576, 1536), (70, 1536, 576), (300, 576, 192)])
    func `products equal sgemm`(rowCount: Int, columnCount: Int, outputCount: Int) {
        var random = SplitMix64(seed: 17)
        let x = random.matrix(rowCount, columnCount)
        let weights = random.matrix(outputCount, columnCount)
        var expected = [Float](repeating: 0, count: rowCount * outputCount)
        unsafe cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rowCount), blasint(outputCount),
            blasint(columnCount), 1, x.elements, blasint(columnCount), weights.elements,
            blasint(columnCount), 0, &expected, blasint(outputCount))
        let product = WeightMatrix(weights).product(with: x).elements
        let largest = zip(product, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
        // Sums of up to 1536 products of numbers below 1, in another order on either side.
        #expect(largest < 1e-4)
    }
}
