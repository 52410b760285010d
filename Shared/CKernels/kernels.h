// What the files of this target share.
#ifndef CK_KERNELS_H
#define CK_KERNELS_H

#include "CKernels.h"
#include <string.h>

// GGML's blocks, as they lie in the file: packed, little-endian.
#pragma pack(push, 1)
struct block_q8_0 { uint16_t scale; int8_t quants[32]; };
struct block_q4_0 { uint16_t scale; uint8_t nibbles[16]; };
struct block_q4_1 { uint16_t scale, minimum; uint8_t nibbles[16]; };
struct block_q6_K { uint8_t low[128], high[64]; int8_t scales[16]; uint16_t scale; };
#pragma pack(pop)

// One weight row times one row of x, for each of `rows` x `x_rows` pairs; see ck_product.
struct product_task {
    const uint8_t *weights;
    size_t row_bytes, columns;
    const float *x;          // rows of x_stride floats, aligned to 32 bytes, zeros behind the columns
    size_t x_rows, x_stride;
    float *y;                // y[r * y_stride + i]
    size_t y_stride;
};

// Queries that meet the same keys, already scaled.
struct attention_rows {
    const float *queries;    // rows of query_stride floats, aligned to 32 bytes
    size_t query_stride, count;
    size_t head_size, cache_stride, positions;
};

struct kernel_set {
    const char *name;
    // Weight rows [first, last).
    void (*product)(enum ck_storage, const struct product_task *, size_t first, size_t last);
    // out[r][p] = query r times key p: [count, positions].
    void (*scores)(const struct attention_rows *, const float *keys, float *out);
    // out[r] = sum of weights[r][p] times value p: [count, head_size].
    void (*sums_of_values)(const struct attention_rows *, const float *weights, const float *values, float *out);
    void (*int8_scan)(const int8_t *, const float *, size_t, size_t, const int8_t *, float *);
};

extern const struct kernel_set *ck_kernels;  // the best for this processor
extern const struct kernel_set ck_portable;
#if defined(__x86_64__)
extern const struct kernel_set ck_avx2;
#endif

// One copy of a plain loop for each instruction set, chosen when the program is loaded: before a sanitizer is ready
// to be called, so not under one.
#if defined(__x86_64__) && !__has_feature(thread_sanitizer) && !__has_feature(address_sanitizer)
#define CK_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define CK_CLONES
#endif

size_t ck_row_bytes(enum ck_storage storage, size_t columns);

static inline float half_to_float(uint16_t h) {
    // Shifts the exponent into place and rescales; subnormals come out right because the product is exact.
    const uint32_t magnitude = (uint32_t)(h & 0x7fff) << 13;
    union { uint32_t u; float f; } v = {magnitude};
    v.f *= 0x1p112f;
    if (magnitude >= 0x0f800000u) v.u = magnitude | 0x7f800000u;  // infinity and NaN
    v.u |= (uint32_t)(h & 0x8000) << 16;
    return v.f;
}

static inline float bfloat_to_float(uint16_t b) {
    union { uint32_t u; float f; } v = {(uint32_t)b << 16};
    return v.f;
}

#endif
