// The arithmetic that must run at the speed of the memory: products with quantised weights, attention,
// elementwise functions, and the pool of threads that shares their rows out.
//
// Every function has a twin in plain Swift under Tests/LinearAlgebraTests that it must equal. Nothing
// here checks shapes: LinearAlgebra does before it calls.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// How the elements of a weight matrix are stored. The block formats are those of GGML.
enum ck_storage {
    CK_FLOAT32 = 0,
    CK_FLOAT16 = 1,
    CK_BFLOAT16 = 2,
    CK_Q8_0 = 3,
    CK_Q4_0 = 4,
    CK_Q4_1 = 5,
    CK_Q6_K = 6,
};

// Beyond this, cores do not share one memory bus well: run more processes instead.
#define CK_THREADS_MAX 64

// The name of the instruction set that the products use: "avx2" or "portable". Two machines with the
// same name compute the same bits.
const char *ck_kernel_name(void);
// The product of [x_rows, columns] with [rows, columns] transposed: y[r][i] = sum_k x[r][k] w[i][k], in float32.
// A result depends on its own two rows only: not on x_rows, nor on the number of threads.
// `scratch` holds x_rows * ck_scratch_count(columns) floats, at an address that is a multiple of 32.
size_t ck_scratch_count(size_t columns);
void ck_product(enum ck_storage storage, const uint8_t *weights, size_t rows, size_t columns,
                const float *x, size_t x_rows, float *scratch, float *y);

// The same with the portable kernels, on this thread. For tests.
void ck_portable_product(enum ck_storage storage, const uint8_t *weights, size_t rows, size_t columns,
                         const float *x, size_t x_rows, float *y);

// `count` elements, a whole number of blocks, as floats.
void ck_dequantise(enum ck_storage storage, const uint8_t *blocks, size_t count, float *out);

// Each row of x becomes x / rms(x) * weight, or (x - mean) / deviation * weight + bias.
void ck_rms_norm(const float *x, const float *weight, size_t rows, size_t columns, float epsilon, float *out);
void ck_layer_norm(const float *x, const float *weight, const float *bias, size_t rows, size_t columns,
                   float epsilon, float *out);
// Each row becomes exp(x - max) / sum.
void ck_softmax(float *x, size_t rows, size_t columns);
void ck_sigmoid(float *x, size_t count);
// out = silu(gate) * up; gate and up are columns [0, n) and [n, 2n) of each row, or alternate.
void ck_swiglu_halves(const float *x, size_t rows, size_t intermediate, float *out);
void ck_swiglu_interleaved(const float *x, size_t rows, size_t intermediate, float *out);
void ck_swiglu(const float *gate, const float *up, size_t count, float *out);
void ck_gelu(float *x, size_t count);
void ck_add_scaled(float *y, const float *x, float scale, size_t count);
void ck_scale(float *x, float scale, size_t count);
float ck_dot(const float *a, const float *b, size_t count);
// The first index from `start` on whose number is greater than `least` (any number is greater than NaN), or count.
size_t ck_find_above(const float *x, size_t count, size_t start, float least);
float ck_sum_exponentials(const float *x, size_t count, float maximum);

// Rotates each head of each row by the angles of its position. `cosines`, `sines`: [rows, rotated / 2].
// Halves: element i pairs with i + rotated / 2. Interleaved: 2i pairs with 2i + 1.
void ck_rotate(float *x, size_t rows, size_t heads, size_t head_size, size_t row_stride, size_t rotated,
               const float *cosines, const float *sines, int interleaved);

// Attention of some query rows of one sequence over its cache, one key-value head.
struct ck_attention {
    const float *queries;    // row r, head h at queries + r * query_stride + h * head_size
    float *out;              // same layout
    const float *keys;       // position p at keys + p * cache_stride
    const float *values;
    size_t query_stride, cache_stride, head_size, out_stride;
    size_t heads;            // query heads that share this key-value head
    size_t rows, first_position;  // row r stands at position first_position + r
    size_t position_count;   // positions that the last row sees
    size_t window;           // sees at most so many positions, itself included; 0 = all
    int is_causal;           // sees up to itself; else all position_count
    float scale;
};
// `scratch` holds so many floats, at an address that is a multiple of 32.
size_t ck_attention_scratch_count(const struct ck_attention *a);
void ck_attend(const struct ck_attention *a, float *scratch);

// scores[i] = scales[i] * sum_k rows[i][k] * query[k], all int8; the sum is exact.
void ck_int8_scan(const int8_t *vectors, const float *scales, size_t rows, size_t columns,
                  const int8_t *query, float *scores);

// Threads. `body` is called once for each index below `count`, by the caller and by the pool's threads;
// returns when all calls have returned. A call while another is running does all its work itself.
void ck_parallel(size_t count, void (*body)(void *context, size_t index), void *context);
void ck_set_threads(size_t count);
size_t ck_threads(void);

#endif
