// Eight bytes a step: by eight tables anywhere, by the crc32 instruction where the processor has it.
#include "CChecksum.h"

#include <string.h>

// Bit 31 is the coefficient of 1, bit 0 that of x^31; x^32 is left out.
static const uint32_t polynomial = 0x82F63B78;

static uint32_t table[8][256];

static uint32_t times_x(uint32_t value) { return value >> 1 ^ (value & 1 ? polynomial : 0); }

static uint64_t load(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

// table[k][b]: what byte b has become after k more bytes of zeros.
static void fill_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++) value = times_x(value);
        table[0][byte] = value;
    }
    for (int k = 1; k < 8; k++) {
        for (int byte = 0; byte < 256; byte++) {
            const uint32_t before = table[k - 1][byte];
            table[k][byte] = before >> 8 ^ table[0][before & 255];
        }
    }
}

uint32_t cc_portable_crc32c(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    crc = ~crc;
    for (; count >= 8; next += 8, count -= 8) {
        const uint64_t value = load(next) ^ crc;
        crc = 0;
        for (int k = 0; k < 8; k++) crc ^= table[7 - k][value >> 8 * k & 255];
    }
    for (; count > 0; next++, count--) crc = crc >> 8 ^ table[0][(crc ^ *next) & 255];
    return ~crc;
}

static uint32_t (*checksum)(uint32_t, const void *, size_t) = cc_portable_crc32c;

uint32_t cc_crc32c(uint32_t crc, const void *bytes, size_t count) { return checksum(crc, bytes, count); }

#if defined(__x86_64__)
#include <immintrin.h>

#define WITH_CRC32 __attribute__((target("sse4.2,pclmul")))

// The instruction takes three cycles, but one can start in each: three neighbouring stretches side by side are
// three times as fast. To join them, the first two checksums are moved past the stretches that follow.
struct stretch {
    size_t byte_count;
    uint64_t past_one, past_two;
};

// The long one costs fewer joints, the short one leaves less to be done one after the other.
static struct stretch long_stretch = {.byte_count = 1024}, short_stretch = {.byte_count = 128};

// x^(8 * byte_count - 33). A product of two such numbers lacks a factor x, and the instruction that reduces it
// multiplies by x^32: together that makes x^(8 * byte_count), as many zero bytes.
static uint64_t past(size_t byte_count) {
    uint32_t value = 0x80000000;
    for (size_t i = 0; i < 8 * byte_count - 33; i++) value = times_x(value);
    return value;
}

static void measure(struct stretch *s) {
    s->past_one = past(s->byte_count);
    s->past_two = past(2 * s->byte_count);
}

WITH_CRC32 static __m128i product(uint64_t a, uint64_t b) {
    return _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)a), _mm_cvtsi64_si128((long long)b), 0);
}

WITH_CRC32 static uint64_t three(uint64_t first, const uint8_t *bytes, const struct stretch *s) {
    uint64_t second = 0, third = 0;
    for (size_t i = 0; i < s->byte_count; i += 8) {
        first = _mm_crc32_u64(first, load(bytes + i));
        second = _mm_crc32_u64(second, load(bytes + s->byte_count + i));
        third = _mm_crc32_u64(third, load(bytes + 2 * s->byte_count + i));
    }
    const __m128i moved = _mm_xor_si128(product(first, s->past_two), product(second, s->past_one));
    return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(moved)) ^ third;
}

WITH_CRC32 static uint32_t fast_crc32c(uint32_t start, const void *bytes, size_t count) {
    const uint8_t *next = bytes, *const end = next + count;
    uint64_t crc = (uint32_t)~start;
    for (; (size_t)(end - next) >= 3 * long_stretch.byte_count; next += 3 * long_stretch.byte_count)
        crc = three(crc, next, &long_stretch);
    for (; (size_t)(end - next) >= 3 * short_stretch.byte_count; next += 3 * short_stretch.byte_count)
        crc = three(crc, next, &short_stretch);
    for (; end - next >= 8; next += 8) crc = _mm_crc32_u64(crc, load(next));
    for (; next < end; next++) crc = _mm_crc32_u8((uint32_t)crc, *next);
    return ~(uint32_t)crc;
}

static void choose_checksum(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("pclmul")) return;
    measure(&long_stretch);
    measure(&short_stretch);
    checksum = fast_crc32c;
}
#else
static void choose_checksum(void) {}
#endif

__attribute__((constructor)) static void prepare(void) {
    fill_table();
    choose_checksum();
}
