// Weights to vectors of floats, block by block: what the AVX2 products read. Included by product_avx2.c alone,
// inside its target pragma.
#ifndef CK_DECODE_AVX2_H
#define CK_DECODE_AVX2_H

#include "kernels.h"
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("unroll")

enum { WEIGHT_ROWS = 4 };  // walked along together

// ---- Decoding. A block is 32 columns; `w` are its four vectors.

// Sixteen bytes: elements 0 to 15 are their low halves, 16 to 31 their high ones.
INLINE void decode_nibbles(const uint8_t *nibbles, __m256 scale, __m256 minimum, __m256 w[4]) {
    UNROLL for (int v = 0; v < 2; v++) {
        const __m256i bytes = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(nibbles + 8 * v)));
        const __m256i low = _mm256_and_si256(bytes, _mm256_set1_epi32(15)), high = _mm256_srli_epi32(bytes, 4);
        w[v] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(low), scale, minimum);
        w[v + 2] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(high), scale, minimum);
    }
}

INLINE void decode_bytes(const int8_t *quants, __m256 scale, __m256 w[4]) {
    UNROLL for (int v = 0; v < 4; v++) {
        const __m128i bytes = _mm_loadl_epi64((const __m128i *)(quants + 8 * v));
        w[v] = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)), scale);
    }
}

// Every half as a float. Converting one takes four slots of the arithmetic, loading one takes none, and the scales
// of a model are few enough to stay in the cache.
static float floats_of_halves[1 << 16];

__attribute__((constructor)) static void fill_floats_of_halves(void) {
    for (uint32_t h = 0; h < 1 << 16; h++) floats_of_halves[h] = half_to_float((uint16_t)h);
}

INLINE __m256 float_of_half(const uint8_t *half) {
    uint16_t bits;
    memcpy(&bits, half, 2);
    return _mm256_broadcast_ss(&floats_of_halves[bits]);
}

INLINE void decode_block32(enum ck_storage storage, const uint8_t *block, __m256 w[4]) {
    if (storage == CK_Q8_0) return decode_bytes((const int8_t *)block + 2, float_of_half(block), w);
    if (storage == CK_Q4_0) {
        const __m256 scale = float_of_half(block);
        return decode_nibbles(block + 2, scale, _mm256_mul_ps(scale, _mm256_set1_ps(-8)), w);
    }
    decode_nibbles(block + 4, float_of_half(block), float_of_half(block + 2), w);
}

// 32 quants of a Q6_K block are put together as bytes; each 16 of them have a scale of their own.
INLINE void decode_q6_K(const struct block_q6_K *block, size_t part, __m256 w[4]) {
    const float scale = half_to_float(block->scale);
    const size_t half = part / 4, run = part % 4;
    const __m256i low = _mm256_loadu_si256((const __m256i *)(block->low + half * 64 + run % 2 * 32));
    const __m256i high = _mm256_loadu_si256((const __m256i *)(block->high + half * 32));
    const __m128i low_shift = _mm_cvtsi32_si128((int)(run / 2) * 4), high_shift = _mm_cvtsi32_si128((int)run * 2);
    const __m256i low_bits = _mm256_and_si256(_mm256_srl_epi16(low, low_shift), _mm256_set1_epi8(15));
    const __m256i high_bits = _mm256_and_si256(_mm256_srl_epi16(high, high_shift), _mm256_set1_epi8(3));
    int8_t quants[32];
    _mm256_storeu_si256((__m256i *)quants, _mm256_sub_epi8(_mm256_or_si256(low_bits, _mm256_slli_epi16(high_bits, 4)),
                                                           _mm256_set1_epi8(32)));
    __m256 second[4];
    decode_bytes(quants, _mm256_set1_ps(scale * block->scales[part * 2]), w);
    decode_bytes(quants, _mm256_set1_ps(scale * block->scales[part * 2 + 1]), second);
    w[2] = second[2];
    w[3] = second[3];
}

// Eight elements of a plain format, or the last `count`, then zeros.
INLINE __m256 decode_plain(enum ck_storage storage, const uint8_t *row, size_t k, size_t count) {
    if (storage == CK_FLOAT32) {
        float floats[8] = {0};
        if (count < 8) memcpy(floats, row + 4 * k, count * 4);
        return _mm256_loadu_ps(count < 8 ? floats : (const float *)(const void *)row + k);
    }
    uint16_t halves[8] = {0};
    if (count < 8) memcpy(halves, row + 2 * k, count * 2);
    const __m128i bits = _mm_loadu_si128((const __m128i *)(count < 8 ? (const uint8_t *)halves : row + 2 * k));
    if (storage == CK_FLOAT16) return _mm256_cvtph_ps(bits);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}

// ---- Walking along weight rows, block by block: DO(a, k, w) for each row a below R and each vector w of eight
// weights that begins at column k.

// Left to itself, the compiler decodes all four rows before it multiplies, and runs out of registers.
#define KEEP_ORDER __asm__ volatile("" ::: "memory");

INLINE size_t plain_bytes(enum ck_storage storage) { return storage == CK_FLOAT32 ? 4 : 2; }

INLINE size_t block_bytes(enum ck_storage storage) {
    return storage == CK_Q8_0 ? sizeof(struct block_q8_0)
        : storage == CK_Q4_0 ? sizeof(struct block_q4_0) : sizeof(struct block_q4_1);
}

#define WALK(storage, rows, R, columns, DO, AHEAD)                                                  \
    if ((storage) == CK_Q6_K)                                                                       \
        for (size_t part = 0; part < (columns) / 32; part++)                                        \
            UNROLL for (int a = 0; a < (R); a++) {                                                  \
                __m256 w[4];                                                                        \
                const struct block_q6_K *blocks = (const void *)(rows)[a];                          \
                AHEAD(a, part * (sizeof(struct block_q6_K) / 8))                                    \
                decode_q6_K(blocks + part / 8, part % 8, w);                                        \
                UNROLL for (size_t v = 0; v < 4; v++) DO(a, part * 32 + 8 * v, w[v])                \
                KEEP_ORDER                                                                          \
            }                                                                                       \
    else if ((storage) >= CK_Q8_0)                                                                  \
        for (size_t block = 0; block < (columns) / 32; block++)                                     \
            UNROLL for (int a = 0; a < (R); a++) {                                                  \
                __m256 w[4];                                                                        \
                AHEAD(a, block * block_bytes(storage))                                              \
                decode_block32(storage, (rows)[a] + block * block_bytes(storage), w);               \
                UNROLL for (size_t v = 0; v < 4; v++) DO(a, block * 32 + 8 * v, w[v])               \
                KEEP_ORDER                                                                          \
            }                                                                                       \
    else {                                                                                          \
        size_t k = 0;                                                                               \
        for (; k + 8 <= (columns); k += 8)                                                          \
            UNROLL for (int a = 0; a < (R); a++) {                                                  \
                if (k % 32 == 0) { AHEAD(a, k * plain_bytes(storage)) }                                 \
                DO(a, k, decode_plain(storage, (rows)[a], k, 8))                                    \
            }                                                                                       \
        if (k < (columns))                                                                          \
            UNROLL for (int a = 0; a < (R); a++)                                                    \
                DO(a, k, decode_plain(storage, (rows)[a], k, (columns) - k))                        \
    }

#endif
