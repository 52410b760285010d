// Chooses the kernels once and shares the weight rows of a product among the threads.
#include "kernels.h"

const struct kernel_set *ck_kernels = &ck_portable;

__attribute__((constructor)) static void choose_kernels(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
        ck_kernels = &ck_avx2;
#endif
}

const char *ck_kernel_name(void) { return ck_kernels->name; }

size_t ck_row_bytes(enum ck_storage storage, size_t columns) {
    switch (storage) {
    case CK_FLOAT32: return columns * 4;
    case CK_FLOAT16: case CK_BFLOAT16: return columns * 2;
    case CK_Q8_0: return columns / 32 * sizeof(struct block_q8_0);
    case CK_Q4_0: return columns / 32 * sizeof(struct block_q4_0);
    case CK_Q4_1: return columns / 32 * sizeof(struct block_q4_1);
    case CK_Q6_K: return columns / 256 * sizeof(struct block_q6_K);
    }
    return 0;
}

// Whole vectors of eight, so that each row is aligned like the first.
size_t ck_scratch_count(size_t columns) { return (columns + 7) / 8 * 8; }

struct shared_product {
    struct product_task task;
    enum ck_storage storage;
    size_t rows, chunk_rows;
};

static void run_chunk(void *context, size_t index) {
    const struct shared_product *shared = context;
    const size_t first = index * shared->chunk_rows;
    const size_t last = first + shared->chunk_rows < shared->rows ? first + shared->chunk_rows : shared->rows;
    ck_kernels->product(shared->storage, &shared->task, first, last);
}

// Weight rows in one share. About 32 KB of them are read in a microsecond or two: long against waking a thread
// that spins, short against a thread that was descheduled in the middle of its share. Many rows of x make a share
// of as many products long enough with fewer.
static size_t share_rows(size_t row_bytes, size_t x_rows) {
    const size_t rows = 32768 / (row_bytes + 1) / (x_rows < 8 ? 1 : 4);
    return rows < 16 ? 16 : rows / 4 * 4;
}

void ck_product(enum ck_storage storage, const uint8_t *weights, size_t rows, size_t columns,
                const float *x, size_t x_rows, float *scratch, float *y) {
    const size_t stride = ck_scratch_count(columns);
    for (size_t r = 0; r < x_rows; r++) {
        memcpy(scratch + r * stride, x + r * columns, columns * sizeof(float));
        for (size_t k = columns; k < stride; k++) scratch[r * stride + k] = 0;
    }
    struct shared_product shared = {
        .task = {weights, ck_row_bytes(storage, columns), columns, scratch, x_rows, stride, y, rows},
        .storage = storage, .rows = rows,
    };
    shared.chunk_rows = share_rows(shared.task.row_bytes, x_rows);
    ck_parallel((rows + shared.chunk_rows - 1) / shared.chunk_rows, run_chunk, &shared);
}

void ck_portable_product(enum ck_storage storage, const uint8_t *weights, size_t rows, size_t columns,
                         const float *x, size_t x_rows, float *y) {
    for (size_t r = 0; r < x_rows; r++) {
        const struct product_task task = {
            weights, ck_row_bytes(storage, columns), columns, x + r * columns, 1, 0, y + r * rows, rows,
        };
        ck_portable.product(storage, &task, 0, rows);
    }
}

void ck_int8_scan(const int8_t *vectors, const float *scales, size_t rows, size_t columns, const int8_t *query,
                  float *scores) {
    ck_kernels->int8_scan(vectors, scales, rows, columns, query, scores);
}
