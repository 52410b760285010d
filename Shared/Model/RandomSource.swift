/// xoshiro256** (Blackman and Vigna 2018), seeded through SplitMix64: the same numbers on every
/// machine.
struct RandomSource: Sendable {
    private var state: SIMD4<UInt64>

    init(seed: UInt64) {
        var mixed = seed
        state = SIMD4()
        for index in 0..<4 {
            mixed &+= 0x9e37_79b9_7f4a_7c15
            var z = mixed
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            state[index] = z ^ (z >> 31)
        }
    }

    mutating func next() -> UInt64 {
        let result = rotated(state[1] &* 5, by: 7) &* 9
        let shifted = state[1] << 17
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = rotated(state[3], by: 45)
        return result
    }

    /// In [0, 1), all 53 bits of a Double's fraction used.
    mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }

    private func rotated(_ word: UInt64, by count: UInt64) -> UInt64 {
        word << count | word >> (64 - count)
    }
}
