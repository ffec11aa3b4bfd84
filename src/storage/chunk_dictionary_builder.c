/* Distinct numbers of a block and their codes. The number of distinct values is wanted of every
 * block, so nothing is given up early; what is cheap is chosen by the range of the values instead.
 */
#include "base/hash.h"
#include "storage/chunk_encode_internal.h"

#define MARKS_SPAN       (UINT32_C(1) << 16)
#define BITS_SPAN        (UINT32_C(1) << 22)
#define FIRST_TABLE_BITS 11

static HyStatus new_slots(HyScratch *scratch, unsigned shift, uint32_t **out)
{
    size_t n = (size_t)1 << (64 - shift);
    HY_SCRATCH(scratch, *out, n);
    memset(*out, 0, n * sizeof **out);
    return HY_OK;
}

/* The next size of a table that `count` values filled half after `row` rows: where nearly every row
 * brought a new value, at once large enough for all of them. */
static unsigned grown_shift(unsigned shift, uint32_t count, uint32_t row, uint32_t n)
{
    unsigned bits = 64 - shift + (count > row / 4 ? 3 : 1);
    if (count > row / 2)
        while (bits < 19 && (UINT32_C(1) << bits) < 2 * n)
            bits++;
    return 64 - bits;
}

#define T       uint32_t
#define NAME    u32
#define HASH(v) hy_hash_u64(v)
#include "storage/chunk_distinct_template.h"

#define T       uint64_t
#define NAME    u64
#define HASH(v) hy_hash_u64(v)
#include "storage/chunk_distinct_template.h"

#define T       HyUint128
#define NAME    u128
#define HASH(v) hy_hash_combine((uint64_t)(v), (uint64_t)((v) >> 64))
#include "storage/chunk_distinct_template.h"

static HyStatus count_marks(HyDistinct *d, uint32_t span)
{
    const uint32_t *deltas = d->deltas;
    size_t size = (size_t)span + 1;
    HY_SCRATCH(d->scratch, d->marks, size);
    memset(d->marks, 0, size);
    for (uint32_t i = 0; i < d->n; i++)
        d->marks[deltas[i]] = 1;
    d->count = (uint32_t)(size - hy_chunk_kernels()->count_zero[0](d->marks, size));
    d->n_words = size;
    return HY_OK;
}

static HyStatus count_bits(HyDistinct *d, uint32_t span)
{
    const uint32_t *deltas = d->deltas;
    size_t n_bits = (size_t)span + 1;
    d->n_words = hy_bitmap_words(n_bits);
    HY_SCRATCH(d->scratch, d->bits, d->n_words);
    memset(d->bits, 0, 8 * d->n_words);
    for (uint32_t i = 0; i < d->n; i++)
        hy_bitmap_set(d->bits, deltas[i]);
    d->count = (uint32_t)hy_bitmap_count(d->bits, n_bits);
    return HY_OK;
}

HyStatus hy_distinct_count(HyDistinct *d, HyUint128 span)
{
    if (d->delta_bits == 32 && span < MARKS_SPAN) {
        d->method = HY_DISTINCT_MARKS;
        return count_marks(d, (uint32_t)span);
    }
    /* a bitmap must not cost more to clear and count than the rows */
    if (d->delta_bits == 32 && span < BITS_SPAN && span / 64 < (HyUint128)4 * d->n) {
        d->method = HY_DISTINCT_BITS;
        return count_bits(d, (uint32_t)span);
    }
    d->method = HY_DISTINCT_HASH;
    if (d->delta_bits == 32)
        return count_u32(d);
    return d->delta_bits == 64 ? count_u64(d) : count_u128(d);
}

static void codes_of_marks(const HyDistinct *d, uint16_t *ranks, uint32_t *sorted, uint32_t *codes)
{
    const uint32_t *deltas = d->deltas;
    uint32_t k = 0;
    for (size_t v = 0; v < d->n_words; v++) {
        ranks[v] = (uint16_t)k;
        if (d->marks[v])
            sorted[k++] = (uint32_t)v;
    }
    for (uint32_t i = 0; i < d->n; i++)
        codes[i] = ranks[deltas[i]];
}

static void codes_of_bits(const HyDistinct *d, uint32_t *ranks, uint32_t *sorted, uint32_t *codes)
{
    const uint32_t *deltas = d->deltas;
    uint32_t k = 0;
    for (size_t w = 0; w < d->n_words; w++) {
        ranks[w] = k;
        for (uint64_t word = d->bits[w]; word; word &= word - 1)
            sorted[k++] = (uint32_t)(64 * w) + (uint32_t)__builtin_ctzll(word);
    }
    hy_chunk_kernels()->bit_ranks(codes, deltas, d->n, d->bits, ranks);
}

HyStatus hy_distinct_codes(HyDistinct *d, void **sorted, uint32_t **codes)
{
    HY_SCRATCH(d->scratch, *codes, d->n);
    if (d->method == HY_DISTINCT_HASH) {
        if (d->delta_bits == 32)
            return codes_u32(d, sorted, *codes);
        return d->delta_bits == 64 ? codes_u64(d, sorted, *codes) : codes_u128(d, sorted, *codes);
    }
    uint32_t *values;
    HY_SCRATCH(d->scratch, values, d->count);
    *sorted = values;
    if (d->method == HY_DISTINCT_MARKS) {
        uint16_t *ranks;
        HY_SCRATCH(d->scratch, ranks, d->n_words);
        codes_of_marks(d, ranks, values, *codes);
    } else {
        uint32_t *ranks;
        HY_SCRATCH(d->scratch, ranks, d->n_words);
        codes_of_bits(d, ranks, values, *codes);
    }
    return HY_OK;
}
