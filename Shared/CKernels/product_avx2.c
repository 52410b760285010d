// The products with AVX2, FMA and F16C. Each works on a tile of R weight rows and N rows of x; the order
// of the additions of one pair does not depend on the tile, so neither do the bits of the result.
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("unroll")

INLINE float sum_of(__m256 v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

INLINE __m256 bytes_to_floats(const int8_t *bytes) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)bytes)));
}

// ---- Plain formats: two running sums a pair, then the columns that fill no pair of vectors.

INLINE __m256 load_float32(const uint8_t *row, size_t k) { return _mm256_loadu_ps((const float *)row + k); }
INLINE __m256 load_float16(const uint8_t *row, size_t k) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(row + 2 * k)));
}
INLINE __m256 load_bfloat16(const uint8_t *row, size_t k) {
    const __m128i halves = _mm_loadu_si128((const __m128i *)(row + 2 * k));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}
INLINE float one_float(enum ck_storage storage, const uint8_t *row, size_t k) {
    if (storage == CK_FLOAT32) return ((const float *)row)[k];
    uint16_t bits;
    memcpy(&bits, row + 2 * k, 2);
    return storage == CK_FLOAT16 ? half_to_float(bits) : bfloat_to_float(bits);
}
INLINE __m256 load_plain(enum ck_storage storage, const uint8_t *row, size_t k) {
    if (storage == CK_FLOAT32) return load_float32(row, k);
    return storage == CK_FLOAT16 ? load_float16(row, k) : load_bfloat16(row, k);
}

INLINE void plain_tile(enum ck_storage storage, const struct product_task *t, size_t i, size_t r, int R, int N) {
    __m256 sums[4][2];
    const uint8_t *rows[4];
    const float *x[4];
    UNROLL for (int p = 0; p < R * N; p++) sums[p][0] = sums[p][1] = _mm256_setzero_ps();
    UNROLL for (int a = 0; a < R; a++) rows[a] = t->weights + (i + a) * t->row_bytes;
    UNROLL for (int b = 0; b < N; b++) x[b] = t->x + (r + b) * t->x_stride;
    size_t k = 0;
    for (; k + 16 <= t->columns; k += 16)
        UNROLL for (int a = 0; a < R; a++)
            UNROLL for (int half = 0; half < 2; half++) {
                const __m256 w = load_plain(storage, rows[a], k + 8 * half);
                UNROLL for (int b = 0; b < N; b++)
                    sums[a * N + b][half] =
                        _mm256_fmadd_ps(w, _mm256_loadu_ps(x[b] + k + 8 * half), sums[a * N + b][half]);
            }
    UNROLL for (int a = 0; a < R; a++)
        UNROLL for (int b = 0; b < N; b++) {
            float sum = sum_of(_mm256_add_ps(sums[a * N + b][0], sums[a * N + b][1]));
            for (size_t j = k; j < t->columns; j++) sum += one_float(storage, rows[a], j) * x[b][j];
            t->y[(r + b) * t->y_stride + i + a] = sum;
        }
}

// ---- Q8_0: a block's 32 products are summed, then scaled into the running sum.

INLINE __m256 scale_of(uint16_t half) { return _mm256_cvtph_ps(_mm_set1_epi16((short)half)); }

INLINE void q8_0_tile(const struct product_task *t, size_t i, size_t r, int R, int N) {
    __m256 sums[4];
    const struct block_q8_0 *rows[4];
    UNROLL for (int p = 0; p < R * N; p++) sums[p] = _mm256_setzero_ps();
    UNROLL for (int a = 0; a < R; a++) rows[a] = (const void *)(t->weights + (i + a) * t->row_bytes);
    for (size_t block = 0; block < t->columns / 32; block++)
        UNROLL for (int a = 0; a < R; a++) {
            __m256 products[4];
            UNROLL for (int v = 0; v < 4; v++) {
                const __m256 w = bytes_to_floats(rows[a][block].quants + 8 * v);
                UNROLL for (int b = 0; b < N; b++) {
                    const __m256 x = _mm256_loadu_ps(t->x + (r + b) * t->x_stride + block * 32 + 8 * v);
                    products[b] = v ? _mm256_fmadd_ps(w, x, products[b]) : _mm256_mul_ps(w, x);
                }
            }
            const __m256 scale = scale_of(rows[a][block].scale);
            UNROLL for (int b = 0; b < N; b++)
                sums[a * N + b] = _mm256_fmadd_ps(scale, products[b], sums[a * N + b]);
        }
    UNROLL for (int a = 0; a < R; a++)
        UNROLL for (int b = 0; b < N; b++) t->y[(r + b) * t->y_stride + i + a] = sum_of(sums[a * N + b]);
}

// ---- Q4_0 and Q4_1. A block's 16 bytes are four 32-bit lanes of eight nibbles each. A mask takes one nibble
// of each lane where it stands, q * 2^s; the conversion to float is exact, and `prepare` has put 2^-s into x.
// So 8 weights cost one AND, one conversion and one FMA, and no shuffle.

// For byte c of a lane: low nibbles are elements 4 lane + c, high ones (read after a shift by 4) 16 + 4 lane + c.
INLINE void prepare_nibbles(const float *x, size_t columns, float *out, float sum_factor) {
    static const float powers[4] = {1, 0x1p-8f, 0x1p-16f, 0x1p-24f};
    const size_t blocks = columns / 32;
    float *pairs = out + columns;
    memset(pairs, 0, (blocks + 3) / 4 * 8 * sizeof(float));
    for (size_t block = 0; block < blocks; block++) {
        const float *from = x + block * 32;
        float *to = out + block * 32;
        for (size_t v = 0; v < 4; v++)
            for (size_t j = 0; j < 8; j++) {
                const size_t byte = (v & 1) * 2 + j / 4;
                to[v * 8 + j] = from[(v >> 1) * 16 + (j & 3) * 4 + byte] * powers[byte];
            }
        float sum = 0;
        for (size_t k = 0; k < 32; k++) sum += from[k];
        pairs[block * 2 + 1] = sum * sum_factor;
    }
}

static void prepare(enum ck_storage storage, const float *x, size_t columns, float *out) {
    prepare_nibbles(x, columns, out, storage == CK_Q4_0 ? -8 : 1);
}

struct nibble_masks { __m256i low, high; };
INLINE struct nibble_masks nibble_masks(void) {
    return (struct nibble_masks){
        _mm256_set_epi32(0xf00, 0xf00, 0xf00, 0xf00, 0xf, 0xf, 0xf, 0xf),
        _mm256_set_epi32(0xf000000, 0xf000000, 0xf000000, 0xf000000, 0xf0000, 0xf0000, 0xf0000, 0xf0000),
    };
}

// The products of one block with N rows of x, not yet scaled.
INLINE void nibble_products(const uint8_t *nibbles, struct nibble_masks masks, const float *x, size_t x_stride,
                            int N, __m256 products[4]) {
    const __m256i lanes = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)nibbles));
    UNROLL for (int v = 0; v < 4; v++) {
        const __m256i standing = v < 2 ? lanes : _mm256_srli_epi32(lanes, 4);
        const __m256 w = _mm256_cvtepi32_ps(_mm256_and_si256(standing, v & 1 ? masks.high : masks.low));
        UNROLL for (int b = 0; b < N; b++) {
            const __m256 from = _mm256_loadu_ps(x + b * x_stride + 8 * v);
            products[b] = v ? _mm256_fmadd_ps(w, from, products[b]) : _mm256_mul_ps(w, from);
        }
    }
}

// Scale and minimum of up to four blocks as (d, m) pairs; absent blocks are zero. Q4_0 has m = d: its
// block sums carry the -8.
INLINE __m256 scales_and_minima(int has_minimum, const uint8_t *blocks, size_t block_bytes, size_t count) {
    uint32_t pairs[4] = {0};
    for (size_t c = 0; c < count; c++) {
        if (has_minimum) memcpy(&pairs[c], blocks + c * block_bytes, 4);
        else {
            uint16_t d;
            memcpy(&d, blocks + c * block_bytes, 2);
            pairs[c] = d * 0x10001u;
        }
    }
    return _mm256_cvtph_ps(_mm_set_epi32((int)pairs[3], (int)pairs[2], (int)pairs[1], (int)pairs[0]));
}

INLINE void nibble_group(int has_minimum, const uint8_t *const *rows, size_t group, size_t count, const float *x,
                         const float *pairs, size_t x_stride, int R, int N, __m256 *sums, __m256 *minima) {
    const size_t block_bytes = has_minimum ? sizeof(struct block_q4_1) : sizeof(struct block_q4_0);
    const struct nibble_masks masks = nibble_masks();
    UNROLL for (int a = 0; a < R; a++) {
        const uint8_t *blocks = rows[a] + group * 4 * block_bytes;
        float scales[8];
        const __m256 both = scales_and_minima(has_minimum, blocks, block_bytes, count);
        _mm256_storeu_ps(scales, both);
        UNROLL for (int b = 0; b < N; b++)
            minima[a * N + b] =
                _mm256_fmadd_ps(both, _mm256_loadu_ps(pairs + b * x_stride + group * 8), minima[a * N + b]);
        for (size_t c = 0; c < count; c++) {
            __m256 products[4];
            nibble_products(blocks + c * block_bytes + (block_bytes - 16), masks, x + (group * 4 + c) * 32, x_stride,
                            N, products);
            const __m256 scale = _mm256_broadcast_ss(&scales[2 * c]);
            UNROLL for (int b = 0; b < N; b++)
                sums[a * N + b] = _mm256_fmadd_ps(scale, products[b], sums[a * N + b]);
        }
    }
}

INLINE void nibble_tile(int has_minimum, const struct product_task *t, size_t i, size_t r, int R, int N) {
    __m256 sums[4], minima[4];
    const uint8_t *rows[4];
    UNROLL for (int p = 0; p < R * N; p++) sums[p] = minima[p] = _mm256_setzero_ps();
    UNROLL for (int a = 0; a < R; a++) rows[a] = t->weights + (i + a) * t->row_bytes;
    const float *x = t->x + r * t->x_stride, *pairs = x + t->columns;
    const size_t blocks = t->columns / 32;
    size_t group = 0;
    for (; group < blocks / 4; group++)
        nibble_group(has_minimum, rows, group, 4, x, pairs, t->x_stride, R, N, sums, minima);
    if (blocks % 4) nibble_group(has_minimum, rows, group, blocks % 4, x, pairs, t->x_stride, R, N, sums, minima);
    UNROLL for (int a = 0; a < R; a++)
        UNROLL for (int b = 0; b < N; b++)
            t->y[(r + b) * t->y_stride + i + a] = sum_of(_mm256_add_ps(sums[a * N + b], minima[a * N + b]));
}

// ---- Q6_K: 32 quants at a time are put together as bytes, then each 16 of them have a scale of their own.

INLINE void unpack_q6_K(const struct block_q6_K *block, size_t half, size_t run, int8_t *out) {
    const __m256i low = _mm256_loadu_si256((const __m256i *)(block->low + half * 64 + (run & 1) * 32));
    const __m256i high = _mm256_loadu_si256((const __m256i *)(block->high + half * 32));
    const __m128i by_low = _mm_cvtsi32_si128((int)(run >> 1) * 4), by_high = _mm_cvtsi32_si128((int)run * 2);
    const __m256i low_bits = _mm256_and_si256(_mm256_srl_epi16(low, by_low), _mm256_set1_epi8(15));
    const __m256i high_bits = _mm256_and_si256(_mm256_srl_epi16(high, by_high), _mm256_set1_epi8(3));
    const __m256i quants = _mm256_or_si256(low_bits, _mm256_slli_epi16(high_bits, 4));
    _mm256_storeu_si256((__m256i *)out, _mm256_sub_epi8(quants, _mm256_set1_epi8(32)));
}

INLINE void q6_K_tile(const struct product_task *t, size_t i, size_t r, int R, int N) {
    __m256 sums[4];
    UNROLL for (int p = 0; p < R * N; p++) sums[p] = _mm256_setzero_ps();
    UNROLL for (int a = 0; a < R; a++) {
        const struct block_q6_K *blocks = (const void *)(t->weights + (i + a) * t->row_bytes);
        for (size_t block = 0; block < t->columns / 256; block++) {
            const float scale = half_to_float(blocks[block].scale);
            for (size_t part = 0; part < 8; part++) {
                int8_t quants[32];
                unpack_q6_K(&blocks[block], part / 4, part % 4, quants);
                const float *x = t->x + r * t->x_stride + block * 256 + part * 32;
                UNROLL for (int v = 0; v < 4; v++) {
                    const __m256 part_scale = _mm256_set1_ps(scale * blocks[block].scales[part * 2 + v / 2]);
                    const __m256 w = _mm256_mul_ps(part_scale, bytes_to_floats(quants + 8 * v));
                    UNROLL for (int b = 0; b < N; b++)
                        sums[a * N + b] =
                            _mm256_fmadd_ps(w, _mm256_loadu_ps(x + b * t->x_stride + 8 * v), sums[a * N + b]);
                }
            }
        }
    }
    UNROLL for (int a = 0; a < R; a++)
        UNROLL for (int b = 0; b < N; b++) t->y[(r + b) * t->y_stride + i + a] = sum_of(sums[a * N + b]);
}

// ---- Tiles over weight rows [first, last) and all rows of x. One row of x: two weight rows at a time, to
// have independent sums; several: four rows of x share each weight that was unpacked.

#define WALK(TILE)                                                                  \
    for (size_t r = 0; r < t->x_rows;) {                                            \
        const size_t left = t->x_rows - r;                                          \
        size_t i = first;                                                           \
        if (left >= 4) {                                                            \
            for (; i < last; i++) TILE(t, i, r, 1, 4);                              \
            r += 4;                                                                 \
        } else if (left >= 2) {                                                     \
            for (; i + 2 <= last; i += 2) TILE(t, i, r, 2, 2);                      \
            for (; i < last; i++) TILE(t, i, r, 1, 2);                              \
            r += 2;                                                                 \
        } else {                                                                    \
            for (; i + 2 <= last; i += 2) TILE(t, i, r, 2, 1);                      \
            for (; i < last; i++) TILE(t, i, r, 1, 1);                              \
            r += 1;                                                                 \
        }                                                                           \
    }

#define FLOAT32_TILE(...) plain_tile(CK_FLOAT32, __VA_ARGS__)
#define FLOAT16_TILE(...) plain_tile(CK_FLOAT16, __VA_ARGS__)
#define BFLOAT16_TILE(...) plain_tile(CK_BFLOAT16, __VA_ARGS__)
#define Q4_0_TILE(...) nibble_tile(0, __VA_ARGS__)
#define Q4_1_TILE(...) nibble_tile(1, __VA_ARGS__)

static void float32_rows(const struct product_task *t, size_t first, size_t last) { WALK(FLOAT32_TILE) }
static void float16_rows(const struct product_task *t, size_t first, size_t last) { WALK(FLOAT16_TILE) }
static void bfloat16_rows(const struct product_task *t, size_t first, size_t last) { WALK(BFLOAT16_TILE) }
static void q8_0_rows(const struct product_task *t, size_t first, size_t last) { WALK(q8_0_tile) }
static void q4_0_rows(const struct product_task *t, size_t first, size_t last) { WALK(Q4_0_TILE) }
static void q4_1_rows(const struct product_task *t, size_t first, size_t last) { WALK(Q4_1_TILE) }
static void q6_K_rows(const struct product_task *t, size_t first, size_t last) { WALK(q6_K_tile) }

static void product(enum ck_storage storage, const struct product_task *t, size_t first, size_t last) {
    static void (*const rows[])(const struct product_task *, size_t, size_t) = {
        float32_rows, float16_rows, bfloat16_rows, q8_0_rows, q4_0_rows, q4_1_rows, q6_K_rows,
    };
    rows[storage](t, first, last);
}

// ---- int8 vectors of a search index. Sixteen products at a time in int32: exact for 2^17 columns.

INLINE int32_t int_sum_of(__m256i v) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

INLINE __m256i madd_bytes(const int8_t *a, const int8_t *b) {
    return _mm256_madd_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)a)),
                             _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)b)));
}

static void int8_scan(const int8_t *vectors, const float *scales, size_t rows, size_t columns,
                      const int8_t *query, float *scores) {
    for (size_t i = 0; i < rows; i++) {
        const int8_t *row = vectors + i * columns;
        __m256i even = _mm256_setzero_si256(), odd = even;
        size_t k = 0;
        for (; k + 32 <= columns; k += 32) {
            even = _mm256_add_epi32(even, madd_bytes(row + k, query + k));
            odd = _mm256_add_epi32(odd, madd_bytes(row + k + 16, query + k + 16));
        }
        int32_t sum = int_sum_of(_mm256_add_epi32(even, odd));
        for (; k < columns; k++) sum += (int32_t)row[k] * query[k];
        scores[i] = scales[i] * (float)sum;
    }
}

const struct kernel_set ck_avx2 = {"avx2", prepare, product, int8_scan};
#pragma clang attribute pop
#endif
