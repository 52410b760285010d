// Attention of some query rows over a cache. The rows of all heads that share a key-value head meet each key and
// each value together. A row's sums run over its own positions in their order: those that it does not see
// count as zeros, so its bits do not depend on the rows beside it.
#include "kernels.h"

static size_t query_stride(const struct ck_attention *a) { return (a->head_size + 7) / 8 * 8; }

size_t ck_attention_scratch_count(const struct ck_attention *a) {
    return a->rows * a->heads * (query_stride(a) + a->head_size + a->position_count);
}

static void gather_queries(const struct ck_attention *a, float *to) {
    for (size_t r = 0; r < a->rows; r++)
        for (size_t h = 0; h < a->heads; h++, to += query_stride(a)) {
            const float *query = a->queries + r * a->query_stride + h * a->head_size;
            for (size_t k = 0; k < a->head_size; k++) to[k] = query[k] * a->scale;
        }
}

static void normalise(const struct ck_attention *a, float *scores) {
    for (size_t r = 0; r < a->rows; r++)
        for (size_t h = 0; h < a->heads; h++, scores += a->position_count) {
            const size_t last = a->is_causal ? a->first_position + r + 1 : a->position_count;
            const size_t first = a->window && last > a->window ? last - a->window : 0;
            memset(scores, 0, first * sizeof(float));
            ck_softmax(scores + first, 1, last - first);
            memset(scores + last, 0, (a->position_count - last) * sizeof(float));
        }
}

static void scatter(const struct ck_attention *a, const float *from) {
    for (size_t r = 0; r < a->rows; r++, from += a->heads * a->head_size)
        memcpy(a->out + r * a->out_stride, from, a->heads * a->head_size * sizeof(float));
}

void ck_attend(const struct ck_attention *a, float *scratch) {
    const size_t count = a->rows * a->heads;
    float *scores = scratch + count * query_stride(a), *sums = scores + count * a->position_count;
    const struct attention_rows rows = {scratch, query_stride(a), count, a->head_size, a->cache_stride, a->position_count};
    const struct kernel_set *kernels = a->head_size % 8 ? &ck_portable : ck_kernels;
    gather_queries(a, scratch);
    kernels->scores(&rows, a->keys, scores);
    normalise(a, scores);
    kernels->sums_of_values(&rows, scores, a->values, sums);
    scatter(a, sums);
}
