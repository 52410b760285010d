// The products in plain C: what any processor runs, and the statement of what the other files compute.
#include "kernels.h"

enum { SEGMENT = 256 };  // columns unpacked at a time; a multiple of every block

// Eight running sums, as a vector unit would keep them, so that the compiler can use one.
static float dot(enum ck_storage storage, const uint8_t *row, const float *x, size_t columns) {
    float sums[8] = {0}, w[SEGMENT];
    for (size_t first = 0; first < columns; first += SEGMENT) {
        const size_t count = columns - first < SEGMENT ? columns - first : SEGMENT;
        ck_dequantise(storage, row + ck_row_bytes(storage, first), count, w);
        size_t k = 0;
        for (; k + 8 <= count; k += 8)
            for (size_t j = 0; j < 8; j++) sums[j] += w[k + j] * x[first + k + j];
        for (; k < count; k++) sums[k % 8] += w[k] * x[first + k];
    }
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

static void product(enum ck_storage storage, const struct product_task *t, size_t first, size_t last) {
    for (size_t i = first; i < last; i++)
        for (size_t r = 0; r < t->x_rows; r++)
            t->y[r * t->y_stride + i] =
                dot(storage, t->weights + i * t->row_bytes, t->x + r * t->x_stride, t->columns);
}

static void scores(const struct attention_rows *a, const float *keys, float *out) {
    for (size_t r = 0; r < a->count; r++)
        for (size_t p = 0; p < a->positions; p++)
            out[r * a->positions + p] = dot(CK_FLOAT32, (const uint8_t *)(keys + p * a->cache_stride),
                                            a->queries + r * a->query_stride, a->head_size);
}

static void sums_of_values(const struct attention_rows *a, const float *weights, const float *values, float *out) {
    memset(out, 0, a->count * a->head_size * sizeof(float));
    for (size_t r = 0; r < a->count; r++)
        for (size_t p = 0; p < a->positions; p++) {
            const float weight = weights[r * a->positions + p], *value = values + p * a->cache_stride;
            for (size_t k = 0; k < a->head_size; k++) out[r * a->head_size + k] += weight * value[k];
        }
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

const struct kernel_set ck_portable = {"portable", product, scores, sums_of_values, int8_scan};
