#include "base/crc32c.h"
#include "base/bytes.h"
#include <pthread.h>

#ifdef __x86_64__
#include <immintrin.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

#define POLYNOMIAL UINT32_C(0x82F63B78)

/* The portable form, "slicing by 8" (Kounavis and Berry, 2005): table[k][b] is the effect of byte b
 * that is followed by k further bytes, so that eight bytes are eight independent look-ups. */

static uint32_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void fill_table(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
        table[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t byte = 0; byte < 256; byte++)
            table[k][byte] = (table[k - 1][byte] >> 8) ^ table[0][table[k - 1][byte] & 0xff];
}

uint32_t hy_crc32c_portable(uint32_t crc, const void *data, size_t len)
{
    pthread_once(&table_once, fill_table);
    const uint8_t *p = data;
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t v = hy_load_u64(p) ^ crc;
        crc = table[7][v & 0xff] ^ table[6][(v >> 8) & 0xff] ^ table[5][(v >> 16) & 0xff] ^
              table[4][(v >> 24) & 0xff] ^ table[3][(v >> 32) & 0xff] ^ table[2][(v >> 40) & 0xff] ^
              table[1][(v >> 48) & 0xff] ^ table[0][v >> 56];
    }
    for (; len > 0; p++, len--)
        crc = (crc >> 8) ^ table[0][(crc ^ *p) & 0xff];
    return crc;
}

#ifdef __x86_64__

/* The crc32 instruction has a latency of three cycles but starts one per cycle: three stretches of
 * the input are therefore run side by side. The register is a polynomial over GF(2); appending n
 * zero bytes multiplies it by x^(8n). So  crc(A B C) = A * x^(8*2n) + B * x^(8n) + C  for stretches
 * of n bytes, where A carries the start value.
 *
 * With bits reflected, crc32(0, clmul(a, b)) = a * b * x^33 mod P (32 because the instruction
 * multiplies its input by x^32, one more because a product of two 32-bit factors has 63 bits). The
 * constants are therefore x^(8n - 33). */

#define LONG_STRETCH  ((size_t)2048)
#define SHORT_STRETCH ((size_t)128)

/* a * b mod P, bits reflected (x^0 is the highest). */
static uint32_t multiply(uint32_t a, uint32_t b)
{
    uint32_t product = 0;
    for (int bit = 31; bit >= 0; bit--) {
        if ((a >> bit) & 1)
            product ^= b;
        b = (b >> 1) ^ (b & 1 ? POLYNOMIAL : 0);
    }
    return product;
}

static uint32_t power_of_x(size_t exponent)
{
    uint32_t result = UINT32_C(1) << 31;
    uint32_t square = UINT32_C(1) << 30;
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1)
            result = multiply(result, square);
        square = multiply(square, square);
    }
    return result;
}

typedef struct Stretch {
    size_t bytes;
    uint32_t by_one; /* x^(8 bytes - 33) */
    uint32_t by_two; /* x^(16 bytes - 33) */
} Stretch;

static Stretch long_stretch;
static Stretch short_stretch;

#define SSE42 __attribute__((target("sse4.2,pclmul")))

SSE42 static inline uint32_t shift(uint32_t crc, uint32_t by)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)crc), _mm_cvtsi32_si128((int)by), 0);
    return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

SSE42 static inline uint32_t three_stretches(uint32_t crc, const uint8_t *p, const Stretch *stretch)
{
    size_t n = stretch->bytes;
    uint64_t a = crc;
    uint64_t b = 0;
    uint64_t c = 0;
    for (const uint8_t *end = p + n; p < end; p += 8) {
        a = _mm_crc32_u64(a, hy_load_u64(p));
        b = _mm_crc32_u64(b, hy_load_u64(p + n));
        c = _mm_crc32_u64(c, hy_load_u64(p + 2 * n));
    }
    return shift((uint32_t)a, stretch->by_two) ^ shift((uint32_t)b, stretch->by_one) ^ (uint32_t)c;
}

SSE42 static uint32_t crc32c_sse42(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *p = data;
    for (; len >= 3 * LONG_STRETCH; p += 3 * LONG_STRETCH, len -= 3 * LONG_STRETCH)
        crc = three_stretches(crc, p, &long_stretch);
    for (; len >= 3 * SHORT_STRETCH; p += 3 * SHORT_STRETCH, len -= 3 * SHORT_STRETCH)
        crc = three_stretches(crc, p, &short_stretch);
    for (; len >= 8; p += 8, len -= 8)
        crc = (uint32_t)_mm_crc32_u64(crc, hy_load_u64(p));
    for (; len > 0; p++, len--)
        crc = _mm_crc32_u8(crc, *p);
    return crc;
}

static uint32_t (*implementation)(uint32_t, const void *, size_t) = hy_crc32c_portable;

static Stretch make_stretch(size_t bytes)
{
    return (Stretch){.bytes = bytes,
        .by_one = power_of_x(8 * bytes - 33),
        .by_two = power_of_x(16 * bytes - 33)};
}

__attribute__((constructor)) static void choose_at_load(void)
{
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("pclmul"))
        return;
    long_stretch = make_stretch(LONG_STRETCH);
    short_stretch = make_stretch(SHORT_STRETCH);
    implementation = crc32c_sse42;
}

uint32_t hy_crc32c(uint32_t start, const void *data, size_t len)
{
    return implementation(start, data, len);
}

#elif defined(__ARM_FEATURE_CRC32)

uint32_t hy_crc32c(uint32_t start, const void *data, size_t len)
{
    const uint8_t *p = data;
    for (; len >= 8; p += 8, len -= 8)
        start = __crc32cd(start, hy_load_u64(p));
    for (; len > 0; p++, len--)
        start = __crc32cb(start, *p);
    return start;
}

#else

uint32_t hy_crc32c(uint32_t start, const void *data, size_t len)
{
    return hy_crc32c_portable(start, data, len);
}

#endif
