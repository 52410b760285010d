// Attention of few query rows over a cache: each key and value is read once for all the heads that share it.
// (Many rows go through matrix products; see LinearAlgebra/Attention.swift.)
#include "kernels.h"
#include <math.h>
#pragma clang fp reassociate(on) contract(fast)

CK_CLONES
static void score_positions(const struct ck_attention *a, const float *query, size_t first, size_t last,
                            size_t score_stride, float *scores) {
    for (size_t p = first; p < last; p++) {
        const float *key = a->keys + p * a->cache_stride;
        for (size_t h = 0; h < a->heads; h++) {
            const float *q = query + h * a->head_size;
            float sum = 0;
            for (size_t k = 0; k < a->head_size; k++) sum += q[k] * key[k];
            scores[h * score_stride + p - first] = sum * a->scale;
        }
    }
}

CK_CLONES
static void sum_values(const struct ck_attention *a, size_t first, size_t last, size_t score_stride,
                       const float *scores, float *out) {
    memset(out, 0, a->heads * a->value_size * sizeof(float));
    for (size_t p = first; p < last; p++) {
        const float *value = a->values + p * a->cache_stride;
        for (size_t h = 0; h < a->heads; h++) {
            const float weight = scores[h * score_stride + p - first];
            float *to = out + h * a->value_size;
            for (size_t k = 0; k < a->value_size; k++) to[k] += weight * value[k];
        }
    }
}

void ck_attend(const struct ck_attention *a, float *scratch) {
    const size_t score_stride = a->position_count;
    for (size_t r = 0; r < a->rows; r++) {
        const size_t last = a->is_causal ? a->first_position + r + 1 : a->position_count;
        const size_t first = a->window && last > a->window ? last - a->window : 0;
        score_positions(a, a->queries + r * a->query_stride, first, last, score_stride, scratch);
        for (size_t h = 0; h < a->heads; h++) ck_softmax(scratch + h * score_stride, 1, last - first);
        sum_values(a, first, last, score_stride, scratch, a->out + r * a->out_stride);
    }
}
