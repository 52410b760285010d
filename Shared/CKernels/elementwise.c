// Functions of each element or each row. Plain loops that the compiler turns into vectors, one clone per
// instruction set.
#include "kernels.h"
#include <math.h>
#pragma clang fp reassociate(on) contract(fast)

// exp(x) to about one unit in the last place: 2^n times a polynomial on [-ln2/2, ln2/2] (the minimax
// coefficients of Cephes' expf). Below -87 the result is 0, above 88 it stays finite.
// Reassociation would cancel the rounding trick.
static inline float exponential(float x) {
#pragma clang fp reassociate(off)
    const float bounded = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    const float shifted = bounded * 1.44269504f + 0x1.8p23f;  // adding 1.5 * 2^23 rounds to an integer
    const float n = shifted - 0x1.8p23f;
    const float r = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    union { int32_t i; float f; } power = {((int32_t)n + 127) << 23};
    return x < -87.0f ? 0.0f : p * power.f;
}

CK_CLONES
void ck_rms_norm(const float *x, const float *weight, size_t rows, size_t columns, float epsilon, float *out) {
    for (size_t r = 0; r < rows; r++, x += columns, out += columns) {
        float squares = 0;
        for (size_t k = 0; k < columns; k++) squares += x[k] * x[k];
        const float factor = 1.0f / sqrtf(squares / (float)columns + epsilon);
        for (size_t k = 0; k < columns; k++) out[k] = x[k] * factor * weight[k];
    }
}

CK_CLONES
void ck_layer_norm(const float *x, const float *weight, const float *bias, size_t rows, size_t columns,
                   float epsilon, float *out) {
    for (size_t r = 0; r < rows; r++, x += columns, out += columns) {
        float sum = 0, squares = 0;
        for (size_t k = 0; k < columns; k++) sum += x[k];
        const float mean = sum / (float)columns;
        for (size_t k = 0; k < columns; k++) squares += (x[k] - mean) * (x[k] - mean);
        const float factor = 1.0f / sqrtf(squares / (float)columns + epsilon);
        for (size_t k = 0; k < columns; k++) out[k] = (x[k] - mean) * factor * weight[k] + bias[k];
    }
}

CK_CLONES
static void softmax_row(float *x, size_t columns) {
    float maximum = -INFINITY;
    for (size_t k = 0; k < columns; k++) maximum = x[k] > maximum ? x[k] : maximum;
    float sum = 0;
    for (size_t k = 0; k < columns; k++) sum += x[k] = exponential(x[k] - maximum);
    const float factor = 1.0f / sum;
    for (size_t k = 0; k < columns; k++) x[k] *= factor;
}

void ck_softmax(float *x, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) softmax_row(x + r * columns, columns);
}

CK_CLONES
float ck_sum_exponentials(const float *x, size_t count, float maximum) {
    float sum = 0;
    for (size_t k = 0; k < count; k++) sum += exponential(x[k] - maximum);
    return sum;
}

static inline float silu(float x) { return x / (1.0f + exponential(-x)); }

CK_CLONES
void ck_sigmoid(float *x, size_t count) {
    for (size_t k = 0; k < count; k++) x[k] = 1.0f / (1.0f + exponential(-x[k]));
}

CK_CLONES
void ck_swiglu(const float *gate, const float *up, size_t count, float *out) {
    for (size_t k = 0; k < count; k++) out[k] = silu(gate[k]) * up[k];
}

void ck_swiglu_halves(const float *x, size_t rows, size_t intermediate, float *out) {
    for (size_t r = 0; r < rows; r++)
        ck_swiglu(x + r * 2 * intermediate, x + (r * 2 + 1) * intermediate, intermediate, out + r * intermediate);
}

CK_CLONES
void ck_swiglu_interleaved(const float *x, size_t rows, size_t intermediate, float *out) {
    for (size_t k = 0; k < rows * intermediate; k++) out[k] = silu(x[2 * k]) * x[2 * k + 1];
}

void ck_gelu(float *x, size_t count) {
    for (size_t k = 0; k < count; k++) x[k] = 0.5f * x[k] * (1.0f + erff(x[k] * 0.70710678f));
}

CK_CLONES
void ck_add_scaled(float *restrict y, const float *restrict x, float scale, size_t count) {
    for (size_t k = 0; k < count; k++) y[k] += scale * x[k];
}

CK_CLONES
void ck_scale(float *x, float scale, size_t count) {
    for (size_t k = 0; k < count; k++) x[k] *= scale;
}

CK_CLONES
float ck_dot(const float *a, const float *b, size_t count) {
    float sum = 0;
    for (size_t k = 0; k < count; k++) sum += a[k] * b[k];
    return sum;
}

// Sixteen at a time: is any of them above?
CK_CLONES
size_t ck_find_above(const float *x, size_t count, size_t start, float least) {
    const float bound = isnan(least) ? -INFINITY : least;
    size_t k = start;
    for (; k + 16 <= count; k += 16) {
        int found = 0;
        for (size_t j = 0; j < 16; j++) found |= x[k + j] > bound;
        if (found) break;
    }
    while (k < count && !(x[k] > bound || (isnan(least) && !isnan(x[k])))) k++;
    return k;
}

static void rotate_head(float *x, size_t rotated, const float *c, const float *s, int interleaved) {
    const size_t half = rotated / 2, step = interleaved ? 2 : 1, far = interleaved ? 1 : half;
    for (size_t i = 0; i < half; i++) {
        const float a = x[i * step], b = x[i * step + far];
        x[i * step] = a * c[i] - b * s[i];
        x[i * step + far] = b * c[i] + a * s[i];
    }
}

void ck_rotate(float *x, size_t rows, size_t heads, size_t head_size, size_t row_stride, size_t rotated,
               const float *cosines, const float *sines, int interleaved) {
    for (size_t r = 0; r < rows; r++)
        for (size_t h = 0; h < heads; h++)
            rotate_head(x + r * row_stride + h * head_size, rotated, cosines + r * rotated / 2,
                        sines + r * rotated / 2, interleaved);
}
