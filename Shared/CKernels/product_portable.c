// The products in plain C: what any processor runs, and the statement of what the other files compute.
#include "kernels.h"

static void prepare(enum ck_storage storage, const float *x, size_t columns, float *out) {
    (void)storage;
    memcpy(out, x, columns * sizeof(float));
    float *sums = out + columns;
    for (size_t b = 0; b < columns / 32; b++) {
        float sum = 0;
        for (size_t k = 0; k < 32; k++) sum += x[b * 32 + k];
        sums[b] = sum;
    }
}

// Eight partial sums, as a vector unit would keep them, so that the compiler can use one.
static inline float dot(const float *restrict w, const float *restrict x, size_t count) {
    float sums[8] = {0};
    size_t k = 0;
    for (; k + 8 <= count; k += 8)
        for (size_t j = 0; j < 8; j++) sums[j] += w[k + j] * x[k + j];
    float total = 0;
    for (size_t j = 0; j < 8; j++) total += sums[j];
    for (; k < count; k++) total += w[k] * x[k];
    return total;
}

static float dot_float16(const uint8_t *row, const float *x, size_t columns) {
    float total = 0;
    for (size_t k = 0; k < columns; k++) {
        uint16_t h;
        memcpy(&h, row + 2 * k, 2);
        total += half_to_float(h) * x[k];
    }
    return total;
}

static float dot_bfloat16(const uint8_t *row, const float *x, size_t columns) {
    float total = 0;
    for (size_t k = 0; k < columns; k++) {
        uint16_t b;
        memcpy(&b, row + 2 * k, 2);
        total += bfloat_to_float(b) * x[k];
    }
    return total;
}

static float dot_float32(const uint8_t *row, const float *x, size_t columns) {
    return dot((const float *)(const void *)row, x, columns);
}

static float dot_q8_0(const uint8_t *row, const float *x, size_t columns) {
    const struct block_q8_0 *blocks = (const void *)row;
    float total = 0;
    for (size_t b = 0; b < columns / 32; b++) {
        float w[32];
        for (size_t k = 0; k < 32; k++) w[k] = blocks[b].quants[k];
        total += half_to_float(blocks[b].scale) * dot(w, x + b * 32, 32);
    }
    return total;
}

static inline float dot_nibbles(const uint8_t *nibbles, const float *x) {
    float w[32];
    for (size_t k = 0; k < 16; k++) {
        w[k] = nibbles[k] & 15;
        w[k + 16] = nibbles[k] >> 4;
    }
    return dot(w, x, 32);
}

static float dot_q4_0(const uint8_t *row, const float *x, size_t columns) {
    const struct block_q4_0 *blocks = (const void *)row;
    const float *sums = x + columns;
    float total = 0;
    for (size_t b = 0; b < columns / 32; b++)
        total += half_to_float(blocks[b].scale) * (dot_nibbles(blocks[b].nibbles, x + b * 32) - 8 * sums[b]);
    return total;
}

static float dot_q4_1(const uint8_t *row, const float *x, size_t columns) {
    const struct block_q4_1 *blocks = (const void *)row;
    const float *sums = x + columns;
    float total = 0;
    for (size_t b = 0; b < columns / 32; b++)
        total += half_to_float(blocks[b].scale) * dot_nibbles(blocks[b].nibbles, x + b * 32)
            + half_to_float(blocks[b].minimum) * sums[b];
    return total;
}

static float dot_q6_K(const uint8_t *row, const float *x, size_t columns) {
    float total = 0;
    for (size_t b = 0; b < columns / 256; b++) {
        float w[256];
        ck_dequantise(CK_Q6_K, row + b * sizeof(struct block_q6_K), 256, w);
        total += dot(w, x + b * 256, 256);
    }
    return total;
}

static void product(enum ck_storage storage, const struct product_task *t, size_t first, size_t last) {
    static float (*const dots[])(const uint8_t *, const float *, size_t) = {
        dot_float32, dot_float16, dot_bfloat16, dot_q8_0, dot_q4_0, dot_q4_1, dot_q6_K,
    };
    for (size_t i = first; i < last; i++)
        for (size_t r = 0; r < t->x_rows; r++)
            t->y[r * t->y_stride + i] =
                dots[storage](t->weights + i * t->row_bytes, t->x + r * t->x_stride, t->columns);
}

CK_CLONES
static void int8_scan(const int8_t *vectors, const float *scales, size_t rows, size_t columns,
                      const int8_t *query, float *scores) {
    for (size_t i = 0; i < rows; i++) {
        const int8_t *row = vectors + i * columns;
        int32_t sum = 0;
        for (size_t k = 0; k < columns; k++) sum += (int32_t)row[k] * query[k];
        scores[i] = scales[i] * (float)sum;
    }
}

const struct kernel_set ck_portable = {"portable", prepare, product, int8_scan};
