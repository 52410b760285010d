// Blocks to floats: whole rows of an embedding, and the panels that a large product is made of.
#include "kernels.h"

CK_CLONES
static void from_float16(const uint8_t *restrict bytes, size_t count, float *restrict out) {
    for (size_t k = 0; k < count; k++) {
        uint16_t h;
        memcpy(&h, bytes + 2 * k, 2);
        out[k] = half_to_float(h);
    }
}

CK_CLONES
static void from_bfloat16(const uint8_t *restrict bytes, size_t count, float *restrict out) {
    for (size_t k = 0; k < count; k++) {
        uint16_t b;
        memcpy(&b, bytes + 2 * k, 2);
        out[k] = bfloat_to_float(b);
    }
}

CK_CLONES
static void from_q8_0(const struct block_q8_0 *restrict blocks, size_t count, float *restrict out) {
    for (size_t b = 0; b < count; b++) {
        const float scale = half_to_float(blocks[b].scale);
        for (size_t k = 0; k < 32; k++) out[b * 32 + k] = scale * blocks[b].quants[k];
    }
}

CK_CLONES
static void from_q4_0(const struct block_q4_0 *restrict blocks, size_t count, float *restrict out) {
    for (size_t b = 0; b < count; b++) {
        const float scale = half_to_float(blocks[b].scale);
        for (size_t k = 0; k < 16; k++) {
            out[b * 32 + k] = scale * ((int)(blocks[b].nibbles[k] & 15) - 8);
            out[b * 32 + k + 16] = scale * ((int)(blocks[b].nibbles[k] >> 4) - 8);
        }
    }
}

CK_CLONES
static void from_q4_1(const struct block_q4_1 *restrict blocks, size_t count, float *restrict out) {
    for (size_t b = 0; b < count; b++) {
        const float scale = half_to_float(blocks[b].scale), minimum = half_to_float(blocks[b].minimum);
        for (size_t k = 0; k < 16; k++) {
            out[b * 32 + k] = scale * (int)(blocks[b].nibbles[k] & 15) + minimum;
            out[b * 32 + k + 16] = scale * (int)(blocks[b].nibbles[k] >> 4) + minimum;
        }
    }
}

// Two halves of 128; in each, four runs of 32 share 64 low bytes and 32 high bytes.
CK_CLONES
static void from_q6_K(const struct block_q6_K *restrict blocks, size_t count, float *restrict out) {
    for (size_t b = 0; b < count; b++) {
        const float scale = half_to_float(blocks[b].scale);
        for (size_t half = 0; half < 2; half++) {
            const uint8_t *low = blocks[b].low + half * 64, *high = blocks[b].high + half * 32;
            for (size_t run = 0; run < 4; run++) {
                float *to = out + b * 256 + half * 128 + run * 32;
                const int8_t *scales = blocks[b].scales + half * 8 + run * 2;
                for (size_t k = 0; k < 32; k++) {
                    const int low_bits = (low[(run & 1) * 32 + k] >> (run >> 1) * 4) & 15;
                    const int quant = (low_bits | ((high[k] >> run * 2) & 3) << 4) - 32;
                    to[k] = scale * scales[k / 16] * quant;
                }
            }
        }
    }
}

void ck_dequantise(enum ck_storage storage, const uint8_t *blocks, size_t count, float *out) {
    switch (storage) {
    case CK_FLOAT32: memcpy(out, blocks, count * sizeof(float)); break;
    case CK_FLOAT16: from_float16(blocks, count, out); break;
    case CK_BFLOAT16: from_bfloat16(blocks, count, out); break;
    case CK_Q8_0: from_q8_0((const void *)blocks, count / 32, out); break;
    case CK_Q4_0: from_q4_0((const void *)blocks, count / 32, out); break;
    case CK_Q4_1: from_q4_1((const void *)blocks, count / 32, out); break;
    case CK_Q6_K: from_q6_K((const void *)blocks, count / 256, out); break;
    }
}
