// The products with AVX2, FMA and F16C.
//
// Every product of a weight row and a row of x is the same sum in the same order, however many rows meet: one
// vector of eight partial sums runs along the columns, FMA by FMA, and is added up at the end. One row of x is
// multiplied with the weights as they are unpacked; several, with weights that were unpacked to floats, four
// rows at a time, in the first-level cache.
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdlib.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "decode_avx2.h"

enum {
    X_ROWS = 3,  // 4 x 3 running sums, 3 vectors of x and one of weights are all 16 registers
    X_BYTES_MAX = 256 * 1024,  // rows of x that meet each unpacked weight: half a second-level cache
};

// ---- Adding up. Both orders of addition are the same for each vector.

INLINE __m128 sums_of(const __m256 v[4]) {
    const __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
    return _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1));
}

// ---- One row of x.

INLINE void one_row(enum ck_storage storage, const struct product_task *t, size_t i, int R) {
    __m256 sums[WEIGHT_ROWS] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    const uint8_t *rows[WEIGHT_ROWS];
    UNROLL for (int a = 0; a < R; a++) rows[a] = t->weights + (i + (size_t)a) * t->row_bytes;
    // Four rows side by side are no stream that the processor would recognise: ask for what comes next ourselves.
    const size_t ahead = 4096;
#define ADD_PRODUCT(a, k, w) sums[a] = _mm256_fmadd_ps(w, _mm256_load_ps(t->x + (k)), sums[a]);
#define PREFETCH(a, offset) _mm_prefetch((const char *)rows[a] + (offset) + ahead, _MM_HINT_T0);
    WALK(storage, rows, R, t->columns, ADD_PRODUCT, PREFETCH)
    const __m128 totals = sums_of(sums);
    if (R == WEIGHT_ROWS) _mm_storeu_ps(t->y + i, totals);
    else _mm_store_ss(t->y + i, totals);
}

INLINE void one_row_product(enum ck_storage storage, const struct product_task *t, size_t first, size_t last) {
    size_t i = first;
    for (; i + WEIGHT_ROWS <= last; i += WEIGHT_ROWS) one_row(storage, t, i, WEIGHT_ROWS);
    for (; i < last; i++) one_row(storage, t, i, 1);
}

// ---- Several rows of x.

INLINE void unpack_row(enum ck_storage storage, const uint8_t *row, size_t columns, float *out) {
#define STORE(a, k, w) _mm256_store_ps(out + (k), w);
#define NO_PREFETCH(a, offset)
    WALK(storage, &row, 1, columns, STORE, NO_PREFETCH)
}

// Rows of floats, `stride` apart.
struct rows { const float *first; size_t stride, count; };

// Four rows w with N rows of x, `columns` (a multiple of eight) long; the first `count` rows w are real.
INLINE void tile(struct rows w, struct rows x, size_t columns, int N, size_t count, float *y, size_t y_stride) {
    __m256 sums[X_ROWS][WEIGHT_ROWS];
    UNROLL for (int b = 0; b < N; b++)
        UNROLL for (int a = 0; a < WEIGHT_ROWS; a++) sums[b][a] = _mm256_setzero_ps();
    for (size_t k = 0; k < columns; k += 8) {
        __m256 from[X_ROWS];
        UNROLL for (int b = 0; b < N; b++) from[b] = _mm256_load_ps(x.first + (size_t)b * x.stride + k);
        UNROLL for (int a = 0; a < WEIGHT_ROWS; a++) {
            const __m256 weight = _mm256_loadu_ps(w.first + (size_t)a * w.stride + k);
            UNROLL for (int b = 0; b < N; b++) sums[b][a] = _mm256_fmadd_ps(weight, from[b], sums[b][a]);
        }
    }
    UNROLL for (int b = 0; b < N; b++) {
        float totals[WEIGHT_ROWS];
        _mm_storeu_ps(totals, sums_of(sums[b]));
        memcpy(y + (size_t)b * y_stride, totals, count * sizeof(float));
    }
}

// Four rows w with all rows of x.
static void tiles(struct rows w, struct rows x, size_t columns, size_t count, float *y, size_t y_stride) {
    for (; x.count >= X_ROWS; x.count -= X_ROWS, x.first += X_ROWS * x.stride, y += X_ROWS * y_stride)
        tile(w, x, columns, 3, count, y, y_stride);
    if (x.count == 2) tile(w, x, columns, 2, count, y, y_stride);
    if (x.count == 1) tile(w, x, columns, 1, count, y, y_stride);
}

INLINE void many_row_product(enum ck_storage storage, const struct product_task *t, size_t first, size_t last) {
    const size_t stride = t->x_stride;
    float *w = aligned_alloc(64, (WEIGHT_ROWS * stride * sizeof(float) + 63) / 64 * 64);
    if (!w) __builtin_trap();
    memset(w, 0, WEIGHT_ROWS * stride * sizeof(float));
    const size_t fitting = X_BYTES_MAX / (stride * sizeof(float)) / X_ROWS * X_ROWS;
    const size_t x_rows = fitting < 4 * X_ROWS ? 4 * X_ROWS : fitting;
    for (size_t r = 0; r < t->x_rows; r += x_rows)
        for (size_t i = first; i < last; i += WEIGHT_ROWS) {
            const size_t count = last - i < WEIGHT_ROWS ? last - i : WEIGHT_ROWS;
            for (size_t a = 0; a < count; a++)
                unpack_row(storage, t->weights + (i + a) * t->row_bytes, t->columns, w + a * stride);
            const size_t left = t->x_rows - r;
            const struct rows x = {t->x + r * stride, stride, left < x_rows ? left : x_rows};
            tiles((struct rows){w, stride, count}, x, stride, count, t->y + r * t->y_stride + i, t->y_stride);
        }
    free(w);
}

#define ROWS(NAME, STORAGE)                                                                          \
    static void NAME(const struct product_task *t, size_t first, size_t last) {                      \
        if (t->x_rows == 1) one_row_product(STORAGE, t, first, last);                                \
        else many_row_product(STORAGE, t, first, last);                                              \
    }
ROWS(float32_rows, CK_FLOAT32)
ROWS(float16_rows, CK_FLOAT16)
ROWS(bfloat16_rows, CK_BFLOAT16)
ROWS(q8_0_rows, CK_Q8_0)
ROWS(q4_0_rows, CK_Q4_0)
ROWS(q4_1_rows, CK_Q4_1)
ROWS(q6_K_rows, CK_Q6_K)

static void product(enum ck_storage storage, const struct product_task *t, size_t first, size_t last) {
    static void (*const rows[])(const struct product_task *, size_t, size_t) = {
        float32_rows, float16_rows, bfloat16_rows, q8_0_rows, q4_0_rows, q4_1_rows, q6_K_rows,
    };
    rows[storage](t, first, last);
}

// ---- Attention: queries with keys, and sums of values.

static void scores(const struct attention_rows *a, const float *keys, float *out) {
    const struct rows queries = {a->queries, a->query_stride, a->count};
    size_t p = 0;
    for (; p + WEIGHT_ROWS <= a->positions; p += WEIGHT_ROWS)
        tiles((struct rows){keys + p * a->cache_stride, a->cache_stride, 4}, queries, a->head_size, 4, out + p, a->positions);
    // The last three or fewer keys: their neighbours may not exist, so each stands in for all four.
    for (; p < a->positions; p++)
        tiles((struct rows){keys + p * a->cache_stride, 0, 4}, queries, a->head_size, 1, out + p, a->positions);
}

// N queries' sums of `width` vectors of eight columns; position after position.
INLINE void mix(const struct attention_rows *a, const float *weights, const float *values, int N, int width, float *out) {
    __m256 sums[X_ROWS][4];
    UNROLL for (int b = 0; b < N; b++)
        UNROLL for (int v = 0; v < width; v++) sums[b][v] = _mm256_setzero_ps();
    for (size_t p = 0; p < a->positions; p++) {
        __m256 value[4];
        UNROLL for (int v = 0; v < width; v++) value[v] = _mm256_loadu_ps(values + p * a->cache_stride + 8 * (size_t)v);
        UNROLL for (int b = 0; b < N; b++) {
            const __m256 weight = _mm256_broadcast_ss(weights + (size_t)b * a->positions + p);
            UNROLL for (int v = 0; v < width; v++) sums[b][v] = _mm256_fmadd_ps(weight, value[v], sums[b][v]);
        }
    }
    UNROLL for (int b = 0; b < N; b++)
        UNROLL for (int v = 0; v < width; v++)
            _mm256_storeu_ps(out + (size_t)b * a->head_size + 8 * (size_t)v, sums[b][v]);
}

INLINE void mix_columns(const struct attention_rows *a, const float *weights, const float *values, int N, float *out) {
    size_t k = 0;
    for (; k + 32 <= a->head_size; k += 32) mix(a, weights, values + k, N, 4, out + k);
    for (; k < a->head_size; k += 8) mix(a, weights, values + k, N, 1, out + k);
}

static void sums_of_values(const struct attention_rows *a, const float *weights, const float *values, float *out) {
    size_t r = 0;
    for (; r + 3 <= a->count; r += 3) mix_columns(a, weights + r * a->positions, values, 3, out + r * a->head_size);
    for (; r < a->count; r++) mix_columns(a, weights + r * a->positions, values, 1, out + r * a->head_size);
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

const struct kernel_set ck_avx2 = {"avx2", product, scores, sums_of_values, int8_scan};
#pragma clang attribute pop
#endif
