/* Compiled per instruction set. Every loop is plain C that gcc and clang vectorize. */
#include "storage/chunk_kernel.h"
#include "base/bytes.h"
#include <string.h>
#ifdef __AVX512VL__
#include <immintrin.h>
#endif

#define LOW_BITS   UINT64_C(0x0101010101010101)
#define BIT_SPREAD UINT64_C(0x8040201008040201)
#define BIT_GATHER UINT64_C(0x0102040810204080)

/* ---- Packed codes ---- */

static void unpack_1(uint8_t *restrict out, const uint8_t *restrict in, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++) {
        /* byte k of the product keeps bit 7 - k of the code byte */
        uint64_t spread = (in[i] * LOW_BITS) & UINT64_C(0x0102040810204080);
        spread = ((spread + UINT64_C(0x7F7F7F7F7F7F7F7F)) >> 7) & LOW_BITS;
        hy_store_u64(out + 8 * i, spread);
    }
}

static void unpack_2(uint8_t *restrict out, const uint8_t *restrict in, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++) {
        uint32_t b = in[i];
        hy_store_u32(out + 4 * i, b >> 6 | (b >> 4 & 3) << 8 | (b >> 2 & 3) << 16 | (b & 3) << 24);
    }
}

static void unpack_4(uint8_t *restrict out, const uint8_t *restrict in, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++) {
        out[2 * i] = (uint8_t)(in[i] >> 4);
        out[2 * i + 1] = in[i] & 15;
    }
}

#define DEFINE_PACK(bits)                                                                          \
    static void pack_##bits(uint8_t *restrict out, const uint32_t *restrict codes, size_t n)       \
    {                                                                                              \
        enum { PER = 8 / bits };                                                                   \
        size_t whole = n / PER;                                                                    \
        for (size_t i = 0; i < whole; i++) {                                                       \
            uint32_t byte = 0;                                                                     \
            for (size_t k = 0; k < PER; k++)                                                       \
                byte = byte << bits | codes[i * PER + k];                                          \
            out[i] = (uint8_t)byte;                                                                \
        }                                                                                          \
        if (whole * PER < n) {                                                                     \
            uint32_t byte = 0;                                                                     \
            for (size_t k = 0; k < PER; k++)                                                       \
                byte = byte << bits | (whole * PER + k < n ? codes[whole * PER + k] : 0);          \
            out[whole] = (uint8_t)byte;                                                            \
        }                                                                                          \
    }
DEFINE_PACK(1)
DEFINE_PACK(2)
DEFINE_PACK(4)

/* ---- Widths ---- */

#define DEFINE_CODES(T)                                                                            \
    static void widen_##T(uint32_t *restrict out, const void *restrict in, size_t n)               \
    {                                                                                              \
        const T *codes = in;                                                                       \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = codes[i];                                                                     \
    }                                                                                              \
    static void widen_nulls_##T(uint32_t *restrict out, const void *restrict in, size_t n)         \
    {                                                                                              \
        const T *codes = in;                                                                       \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = (uint32_t)codes[i] - (codes[i] != 0);                                         \
    }                                                                                              \
    static uint32_t max_code_##T(const void *restrict in, size_t n)                                \
    {                                                                                              \
        const T *codes = in;                                                                       \
        T max = 0;                                                                                 \
        for (size_t i = 0; i < n; i++)                                                             \
            max = codes[i] > max ? codes[i] : max;                                                 \
        return max;                                                                                \
    }
DEFINE_CODES(uint8_t)
DEFINE_CODES(uint16_t)
DEFINE_CODES(uint32_t)

#define DEFINE_ADD_BASE(IN, OUT)                                                                   \
    static void add_base_##IN##_##OUT(                                                             \
        void *restrict out, const void *restrict in, size_t n, uint64_t base)                      \
    {                                                                                              \
        const IN *from = in;                                                                       \
        OUT *to = out;                                                                             \
        OUT low = (OUT)base;                                                                       \
        for (size_t i = 0; i < n; i++)                                                             \
            to[i] = (OUT)(low + from[i]);                                                          \
    }
DEFINE_ADD_BASE(uint8_t, uint8_t)
DEFINE_ADD_BASE(uint8_t, uint16_t)
DEFINE_ADD_BASE(uint8_t, uint32_t)
DEFINE_ADD_BASE(uint8_t, uint64_t)
DEFINE_ADD_BASE(uint16_t, uint16_t)
DEFINE_ADD_BASE(uint16_t, uint32_t)
DEFINE_ADD_BASE(uint16_t, uint64_t)
DEFINE_ADD_BASE(uint32_t, uint32_t)
DEFINE_ADD_BASE(uint32_t, uint64_t)
DEFINE_ADD_BASE(uint64_t, uint64_t)

/* ---- Masks ---- */

/* count_zero counts 128 rows at a time in the width of the elements, which a byte can still hold.
 */
#define DEFINE_MASKS(T)                                                                            \
    static void differs_##T(                                                                       \
        uint8_t *restrict mask, const void *restrict in, size_t n, uint64_t value)                 \
    {                                                                                              \
        const T *from = in;                                                                        \
        T v = (T)value;                                                                            \
        for (size_t i = 0; i < n; i++)                                                             \
            mask[i] = from[i] != v;                                                                \
    }                                                                                              \
    static void and_differs_##T(                                                                   \
        uint8_t *restrict mask, const void *restrict in, size_t n, uint64_t value)                 \
    {                                                                                              \
        const T *from = in;                                                                        \
        T v = (T)value;                                                                            \
        for (size_t i = 0; i < n; i++)                                                             \
            mask[i] &= (uint8_t)(from[i] != v);                                                    \
    }                                                                                              \
    static void or_equals_##T(                                                                     \
        uint8_t *restrict mask, const void *restrict in, size_t n, uint64_t value)                 \
    {                                                                                              \
        const T *from = in;                                                                        \
        T v = (T)value;                                                                            \
        for (size_t i = 0; i < n; i++)                                                             \
            mask[i] |= (uint8_t)(from[i] == v);                                                    \
    }                                                                                              \
    static void in_range_##T(uint8_t *restrict mask, const void *restrict in, size_t n,            \
        uint64_t low, uint64_t span, uint8_t invert)                                               \
    {                                                                                              \
        const T *from = in;                                                                        \
        T lo = (T)low;                                                                             \
        T width = (T)span;                                                                         \
        for (size_t i = 0; i < n; i++)                                                             \
            mask[i] = (uint8_t)((T)(from[i] - lo) <= width) ^ invert;                              \
    }                                                                                              \
    static size_t count_zero_##T(const void *restrict in, size_t n)                                \
    {                                                                                              \
        const T *from = in;                                                                        \
        size_t count = 0;                                                                          \
        for (size_t start = 0; start < n; start += 128) {                                          \
            size_t end = n - start < 128 ? n : start + 128;                                        \
            T part = 0;                                                                            \
            for (size_t i = start; i < end; i++)                                                   \
                part = (T)(part + (from[i] == 0));                                                 \
            count += part;                                                                         \
        }                                                                                          \
        return count;                                                                              \
    }                                                                                              \
    static void fill_##T(void *restrict out, const void *restrict in,                              \
        const uint8_t *restrict mask, size_t n, uint64_t value)                                    \
    {                                                                                              \
        const T *from = in;                                                                        \
        T *to = out;                                                                               \
        T v = (T)value;                                                                            \
        for (size_t i = 0; i < n; i++)                                                             \
            to[i] = mask[i] ? from[i] : v;                                                         \
    }
DEFINE_MASKS(uint8_t)
DEFINE_MASKS(uint16_t)
DEFINE_MASKS(uint32_t)
DEFINE_MASKS(uint64_t)

#define DEFINE_FLOAT_TEST(name, IN, T, test, op)                                                   \
    static void float_##name##_##test(                                                             \
        uint8_t *restrict mask, const void *restrict in, size_t n, double value, uint8_t invert)   \
    {                                                                                              \
        const IN *from = in;                                                                       \
        T v = (T)value;                                                                            \
        for (size_t i = 0; i < n; i++)                                                             \
            mask[i] = (uint8_t)((T)from[i] op v) ^ invert;                                         \
    }
#define DEFINE_FLOAT_TESTS(name, IN, T)                                                            \
    DEFINE_FLOAT_TEST(name, IN, T, lt, <)                                                          \
    DEFINE_FLOAT_TEST(name, IN, T, le, <=)                                                         \
    DEFINE_FLOAT_TEST(name, IN, T, eq, ==)
DEFINE_FLOAT_TESTS(single, float, float)
DEFINE_FLOAT_TESTS(double, double, double)
DEFINE_FLOAT_TESTS(short, float, double)

static void mask_to_bits(uint64_t *restrict bits, const uint8_t *restrict mask, size_t n)
{
    size_t whole = n / 64;
    for (size_t w = 0; w < whole; w++) {
        uint64_t word = 0;
        for (size_t k = 0; k < 8; k++)
            word |= (hy_load_u64(mask + 64 * w + 8 * k) * BIT_GATHER >> 56) << (8 * k);
        bits[w] = word;
    }
    if (n % 64) {
        uint64_t word = 0;
        for (size_t i = 64 * whole; i < n; i++)
            word |= (uint64_t)mask[i] << (i % 64);
        bits[whole] = word;
    }
}

static void bits_to_mask(
    uint8_t *restrict mask, const uint64_t *restrict bits, size_t first, size_t n)
{
    size_t shift = first % 64;
    const uint64_t *words = bits + first / 64;
    size_t whole = n / 64;
    for (size_t w = 0; w < whole; w++) {
        uint64_t word = words[w] >> shift;
        if (shift)
            word |= words[w + 1] << (64 - shift);
        for (size_t k = 0; k < 8; k++) {
            uint64_t spread = ((word >> (8 * k) & 0xFF) * LOW_BITS) & BIT_SPREAD;
            spread = ((spread + UINT64_C(0x7F7F7F7F7F7F7F7F)) >> 7) & LOW_BITS;
            hy_store_u64(mask + 64 * w + 8 * k, spread);
        }
    }
    for (size_t i = 64 * whole; i < n; i++)
        mask[i] = words[(shift + i) / 64] >> ((shift + i) % 64) & 1;
}

static void and_mask(uint8_t *restrict mask, const uint8_t *restrict other, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mask[i] &= other[i];
}

/* ---- Writing ---- */

#define DEFINE_MIN_MAX(T)                                                                          \
    static void min_max_##T(const void *restrict in, size_t n, uint64_t *min, uint64_t *max)       \
    {                                                                                              \
        const T *from = in;                                                                        \
        T lo = from[0];                                                                            \
        T hi = from[0];                                                                            \
        for (size_t i = 0; i < n; i++) {                                                           \
            lo = from[i] < lo ? from[i] : lo;                                                      \
            hi = from[i] > hi ? from[i] : hi;                                                      \
        }                                                                                          \
        *min = (uint64_t)lo;                                                                       \
        *max = (uint64_t)hi;                                                                       \
    }
DEFINE_MIN_MAX(uint8_t)
DEFINE_MIN_MAX(uint16_t)
DEFINE_MIN_MAX(uint32_t)
DEFINE_MIN_MAX(uint64_t)
DEFINE_MIN_MAX(int8_t)
DEFINE_MIN_MAX(int16_t)
DEFINE_MIN_MAX(int32_t)
DEFINE_MIN_MAX(int64_t)

/* Infinities differ from the general rule and NaN of any sign is one value. */
#define DEFINE_FLOAT_KEY(name, U, INF, SIGN)                                                       \
    static void name(void *restrict out, const void *restrict in, size_t n)                        \
    {                                                                                              \
        const U *bits = in;                                                                        \
        U *keys = out;                                                                             \
        for (size_t i = 0; i < n; i++) {                                                           \
            U magnitude = bits[i] & (U)~SIGN;                                                      \
            U is_negative = (bits[i] & SIGN) != 0 && magnitude != 0;                               \
            U key = is_negative ? INF + 1 - magnitude : INF + 2 + magnitude;                       \
            U special = magnitude > INF ? (U) ~(U)0 : is_negative ? 1 : (U) ~(U)1;                 \
            keys[i] = magnitude >= INF ? special : key;                                            \
        }                                                                                          \
    }
DEFINE_FLOAT_KEY(float_key_32, uint32_t, UINT32_C(0x7F800000), UINT32_C(0x80000000))
DEFINE_FLOAT_KEY(float_key_64, uint64_t, UINT64_C(0x7FF0000000000000), UINT64_C(0x8000000000000000))

/* By the bits, so that no conversion out of range is ever done: the low 29 bits of the fraction are
 * zero and the exponent is that of a normal single, or the value is zero, infinite or NaN; singles
 * below the normal range are exact if the bits that fall off are zero. */
static uint8_t is_short(const double *restrict in, size_t n)
{
    uint8_t inexact = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = hy_load_u64(in + i);
        uint64_t exponent = bits >> 52 & 0x7FF;
        uint64_t fraction = bits & UINT64_C(0xFFFFFFFFFFFFF);
        uint64_t drop = 29; /* bits of the fraction that a single does not have */
        drop += exponent < 897 ? 897 - exponent : 0;
        drop = drop > 52 ? 52 : drop;
        uint8_t lost = (fraction & ((UINT64_C(1) << drop) - 1)) != 0;
        uint8_t is_small = exponent < 874 && (bits & UINT64_C(0x7FFFFFFFFFFFFFFF)) != 0;
        uint8_t is_large = exponent > 1150 && exponent < 2047;
        uint8_t is_nan = exponent == 2047; /* or infinity */
        inexact |= (uint8_t)((lost | is_small | is_large) & !is_nan);
    }
    return !inexact;
}

#define DEFINE_DELTA32(T)                                                                          \
    static void delta32_##T(                                                                       \
        uint32_t *restrict out, const void *restrict in, size_t n, uint64_t min)                   \
    {                                                                                              \
        const T *from = in;                                                                        \
        T low = (T)min;                                                                            \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = (uint32_t)(T)(from[i] - low);                                                 \
    }
DEFINE_DELTA32(uint8_t)
DEFINE_DELTA32(uint16_t)
DEFINE_DELTA32(uint32_t)
DEFINE_DELTA32(uint64_t)

static void delta64(uint64_t *restrict out, const void *restrict in, size_t n, uint64_t min)
{
    const uint64_t *from = in;
    for (size_t i = 0; i < n; i++)
        out[i] = from[i] - min;
}

#define DEFINE_NARROW(IN, OUT)                                                                     \
    static void narrow_##IN##_##OUT(                                                               \
        void *restrict out, const void *restrict in, const uint8_t *restrict mask, size_t n)       \
    {                                                                                              \
        const IN *from = in;                                                                       \
        OUT *to = out;                                                                             \
        if (!mask) {                                                                               \
            for (size_t i = 0; i < n; i++)                                                         \
                to[i] = (OUT)from[i];                                                              \
            return;                                                                                \
        }                                                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            to[i] = (OUT)(((OUT)from[i] + (OUT)1) & (OUT)(0 - (OUT)mask[i]));                      \
    }
DEFINE_NARROW(uint32_t, uint8_t)
DEFINE_NARROW(uint32_t, uint16_t)
DEFINE_NARROW(uint32_t, uint32_t)
DEFINE_NARROW(uint32_t, uint64_t)
DEFINE_NARROW(uint64_t, uint8_t)
DEFINE_NARROW(uint64_t, uint16_t)
DEFINE_NARROW(uint64_t, uint32_t)
DEFINE_NARROW(uint64_t, uint64_t)

static void bit_ranks(uint32_t *restrict out, const uint32_t *restrict values, size_t n,
    const uint64_t *restrict bits, const uint32_t *restrict ranks)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t v = values[i];
        uint64_t below = bits[v / 64] & ((UINT64_C(1) << (v % 64)) - 1);
        out[i] = ranks[v / 64] + (uint32_t)__builtin_popcountll(below);
    }
}

static uint32_t mask_to_rows(uint32_t *restrict rows, const uint8_t *restrict mask, uint32_t n)
{
    uint32_t k = 0, i = 0;
#ifdef __AVX512VL__
    __m512i at = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    /* Whole registers are stored: there is room as long as rows remain to be looked at. */
    for (; i + 16 <= n; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(mask + i));
        __mmask16 set = _mm_test_epi8_mask(bytes, bytes);
        _mm512_storeu_si512(rows + k, _mm512_maskz_compress_epi32(set, at));
        at = _mm512_add_epi32(at, _mm512_set1_epi32(16));
        k += (uint32_t)__builtin_popcount(set);
    }
#else
    for (; i + 8 <= n; i += 8) {
        uint64_t group = hy_load_u64(mask + i);
        if (group == UINT64_C(0x0101010101010101)) {
            for (uint32_t j = 0; j < 8; j++)
                rows[k + j] = i + j;
            k += 8;
            continue;
        }
        for (; group; group &= group - 1)
            rows[k++] = i + (uint32_t)__builtin_ctzll(group) / 8;
    }
#endif
    for (; i < n; i++) {
        rows[k] = i;
        k += mask[i];
    }
    return k;
}

#define BY_WIDTH3(name)                                                                            \
    {                                                                                              \
        name##_uint8_t, name##_uint16_t, name##_uint32_t                                           \
    }
#define BY_WIDTH4(name)                                                                            \
    {                                                                                              \
        name##_uint8_t, name##_uint16_t, name##_uint32_t, name##_uint64_t                          \
    }
#define FLOAT_TESTS(name)                                                                          \
    {                                                                                              \
        float_##name##_lt, float_##name##_le, float_##name##_eq                                    \
    }

static const HyChunkKernels kernels = {
    .unpack = {unpack_1, unpack_2, unpack_4},
    .pack = {pack_1, pack_2, pack_4},
    .widen = BY_WIDTH3(widen),
    .widen_nulls = BY_WIDTH3(widen_nulls),
    .add_base = {BY_WIDTH4(add_base_uint8_t),
        {NULL, add_base_uint16_t_uint16_t, add_base_uint16_t_uint32_t, add_base_uint16_t_uint64_t},
        {NULL, NULL, add_base_uint32_t_uint32_t, add_base_uint32_t_uint64_t},
        {NULL, NULL, NULL, add_base_uint64_t_uint64_t}},
    .differs = BY_WIDTH4(differs),
    .and_differs = BY_WIDTH4(and_differs),
    .or_equals = BY_WIDTH4(or_equals),
    .in_range = BY_WIDTH4(in_range),
    .float_test = {FLOAT_TESTS(single), FLOAT_TESTS(double), FLOAT_TESTS(short)},
    .mask_to_bits = mask_to_bits,
    .bits_to_mask = bits_to_mask,
    .mask_to_rows = mask_to_rows,
    .and_mask = and_mask,
    .count_zero = BY_WIDTH4(count_zero),
    .max_code = BY_WIDTH3(max_code),
    .min_max = {BY_WIDTH4(min_max),
        {min_max_int8_t, min_max_int16_t, min_max_int32_t, min_max_int64_t}},
    .fill = BY_WIDTH4(fill),
    .float_key = {float_key_32, float_key_64},
    .is_short = is_short,
    .delta32 = BY_WIDTH4(delta32),
    .delta64 = delta64,
    .bit_ranks = bit_ranks,
    .narrow = {BY_WIDTH4(narrow_uint32_t), BY_WIDTH4(narrow_uint64_t)},
};

const HyChunkKernels *HY_KERNEL(hy_chunk_kernels)(void)
{
    return &kernels;
}
