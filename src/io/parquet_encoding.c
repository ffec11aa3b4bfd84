/* Encodings of numbers inside pages. */
#include "io/parquet_internal.h"

/* ---- Runs and bit-packed groups ---- */

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (*at >= end)
            return false;
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = value;
            return true;
        }
    }
    return false;
}

void hy_parquet_hybrid_init(
    HyParquetHybrid *hybrid, const uint8_t *at, const uint8_t *end, unsigned width)
{
    *hybrid = (HyParquetHybrid){.at = at, .end = end, .width = width};
}

static bool packed_run(HyParquetHybrid *hybrid, uint64_t n_groups)
{
    uint64_t room = (uint64_t)(hybrid->end - hybrid->at);
    uint64_t bytes;
    if (__builtin_mul_overflow(n_groups, hybrid->width, &bytes))
        return false;
    hybrid->is_packed = true;
    hybrid->bits = hybrid->at;
    hybrid->bit = 0;
    hybrid->n_left = n_groups * 8;
    if (bytes > room) { /* some writers cut the last group short */
        bytes = room;
        hybrid->n_left = room * 8 / hybrid->width;
    }
    hybrid->at += bytes;
    return hybrid->n_left > 0;
}

static bool next_run(HyParquetHybrid *hybrid)
{
    uint64_t head;
    if (!read_varint(&hybrid->at, hybrid->end, &head))
        return false;
    if (head & 1)
        return packed_run(hybrid, head >> 1 < UINT64_MAX / 64 ? head >> 1 : 0);
    size_t bytes = (hybrid->width + 7) / 8;
    if ((size_t)(hybrid->end - hybrid->at) < bytes)
        return false;
    hybrid->value = 0;
    memcpy(&hybrid->value, hybrid->at, bytes);
    hybrid->at += bytes;
    hybrid->is_packed = false;
    hybrid->n_left = head >> 1;
    return hybrid->n_left > 0 && (uint64_t)hybrid->value >> hybrid->width == 0;
}

/* Values of up to 32 bits from any bit on; reads up to 8 bytes too many. */
static void unpack(const uint8_t *bits, uint64_t bit, unsigned width, uint32_t *out, size_t n)
{
    const uint64_t mask = (UINT64_C(1) << width) - 1;
    for (size_t i = 0; i < n; i++, bit += width)
        out[i] = (uint32_t)(hy_load_u64(bits + (bit >> 3)) >> (bit & 7) & mask);
}

bool hy_parquet_hybrid_read(HyParquetHybrid *hybrid, uint32_t *out, size_t n)
{
    if (hybrid->width == 0) {
        memset(out, 0, n * sizeof *out);
        return true;
    }
    while (n > 0) {
        if (hybrid->n_left == 0 && !next_run(hybrid))
            return false;
        size_t k = hybrid->n_left < n ? (size_t)hybrid->n_left : n;
        if (hybrid->is_packed) {
            unpack(hybrid->bits, hybrid->bit, hybrid->width, out, k);
            hybrid->bit += k * hybrid->width;
        } else {
            for (size_t i = 0; i < k; i++)
                out[i] = hybrid->value;
        }
        hybrid->n_left -= k;
        out += k;
        n -= k;
    }
    return true;
}

/* Up to 57 bits. */
static void or_bits(uint64_t *map, size_t start, uint64_t bits, size_t n)
{
    size_t shift = start & 63;
    map[start >> 6] |= bits << shift;
    if (shift + n > 64)
        map[(start >> 6) + 1] |= bits >> (64 - shift);
}

static size_t copy_bits(const uint8_t *bits, uint64_t bit, uint64_t *map, size_t start, size_t n)
{
    size_t n_set = 0;
    for (size_t done = 0; done < n;) {
        size_t k = n - done < 56 ? n - done : 56;
        uint64_t at = bit + done;
        uint64_t word = hy_load_u64(bits + (at >> 3)) >> (at & 7);
        word &= (UINT64_C(1) << k) - 1;
        or_bits(map, start + done, word, k);
        n_set += (size_t)__builtin_popcountll(word);
        done += k;
    }
    return n_set;
}

static void set_bits(uint64_t *map, size_t start, size_t n)
{
    for (size_t done = 0; done < n;) {
        size_t k = n - done < 56 ? n - done : 56;
        or_bits(map, start + done, (UINT64_C(1) << k) - 1, k);
        done += k;
    }
}

bool hy_parquet_hybrid_read_bits(
    HyParquetHybrid *hybrid, uint64_t *map, size_t start, size_t n, size_t *n_set)
{
    while (n > 0) {
        if (hybrid->n_left == 0 && !next_run(hybrid))
            return false;
        size_t k = hybrid->n_left < n ? (size_t)hybrid->n_left : n;
        if (hybrid->is_packed) {
            *n_set += copy_bits(hybrid->bits, hybrid->bit, map, start, k);
            hybrid->bit += k;
        } else if (hybrid->value) {
            set_bits(map, start, k);
            *n_set += k;
        }
        hybrid->n_left -= k;
        start += k;
        n -= k;
    }
    return true;
}

/* ---- Differences ---- */

typedef struct DeltaHead {
    uint64_t block_values;
    uint64_t n_minis; /* in a block */
    uint64_t n_values;
    int64_t first;
} DeltaHead;

static int64_t zigzag(uint64_t v)
{
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

static bool read_head(const uint8_t **at, const uint8_t *end, DeltaHead *head)
{
    uint64_t first;
    if (!read_varint(at, end, &head->block_values) || !read_varint(at, end, &head->n_minis) ||
        !read_varint(at, end, &head->n_values) || !read_varint(at, end, &first))
        return false;
    head->first = zigzag(first);
    return head->block_values > 0 && head->block_values <= 1u << 20 && head->n_minis > 0 &&
           head->n_minis <= 512 && head->block_values % (head->n_minis * 8) == 0;
}

bool hy_parquet_delta_count(const uint8_t *at, const uint8_t *end, uint64_t *out)
{
    DeltaHead head;
    if (!read_head(&at, end, &head))
        return false;
    *out = head.n_values;
    return true;
}

/* n values of up to 64 bits, added up. */
static uint64_t unpack_deltas(
    const uint8_t *bits, unsigned width, uint64_t min_delta, uint64_t last, int64_t *out, size_t n)
{
    const uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    uint64_t bit = 0;
    for (size_t i = 0; i < n; i++, bit += width) {
        uint64_t word = hy_load_u64(bits + (bit >> 3)) >> (bit & 7);
        if (width > 56 && (bit & 7))
            word |= (uint64_t)bits[(bit >> 3) + 8] << (64 - (bit & 7));
        last += (width ? word & mask : 0) + min_delta;
        out[i] = (int64_t)last;
    }
    return last;
}

bool hy_parquet_delta_read(const uint8_t **at, const uint8_t *end, int64_t *out, size_t n)
{
    DeltaHead head;
    if (!read_head(at, end, &head) || head.n_values != n)
        return false;
    uint64_t last = (uint64_t)head.first;
    size_t done = 0;
    size_t mini_values = (size_t)(head.block_values / head.n_minis);
    if (n > 0)
        out[done++] = head.first;
    while (done < n) {
        uint64_t min_delta;
        if (!read_varint(at, end, &min_delta) || (uint64_t)(end - *at) < head.n_minis)
            return false;
        const uint8_t *widths = *at;
        *at += head.n_minis;
        for (size_t m = 0; m < head.n_minis && done < n; m++) {
            size_t bytes = mini_values / 8 * widths[m];
            size_t room = (size_t)(end - *at);
            size_t k = n - done < mini_values ? n - done : mini_values;
            if (widths[m] > 64 || (k * widths[m] + 7) / 8 > room)
                return false;
            last = unpack_deltas(*at, widths[m], (uint64_t)zigzag(min_delta), last, out + done, k);
            *at += bytes < room ? bytes : room;
            done += k;
        }
    }
    return true;
}

/* ---- Split streams ---- */

void hy_parquet_unsplit(const uint8_t *src, size_t n, size_t size, uint8_t *dst)
{
    for (size_t byte = 0; byte < size; byte++) {
        const uint8_t *from = src + byte * n;
        for (size_t i = 0; i < n; i++)
            dst[i * size + byte] = from[i];
    }
}
