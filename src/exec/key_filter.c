#include "exec/key_filter.h"
#include "base/hash.h"

/* Beyond this many build rows the join is hardly selective, and the filter leaves the cache. */
#define MAX_ROWS (UINT64_C(1) << 22)
/* A bitmap may have this many bits per build row or per probe row, and these in any case. It takes
 * a tenth of the time of a Bloom filter to test, and nobody passes by mistake. */
#define BITS_PER_ROW   64
#define BITS_PER_PROBE 4
#define FREE_BITS      (UINT64_C(1) << 17)
#define MAX_BITMAP     (UINT64_C(1) << 28)
#define BLOOM_PER_WORD 4 /* keys per word: 16 bits each */

bool hy_key_filter_fits(HyType type)
{
    switch (hy_type_physical(type)) {
    case HY_PHYS_I16:
    case HY_PHYS_I32:
    case HY_PHYS_U32:
    case HY_PHYS_I64:
        return true;
    default:
        return false;
    }
}

void hy_key_filter_free(HyKeyFilter *filter)
{
    hy_growing_free(&filter->words, filter->memory);
    filter->is_ready = false;
}

/* One word of the Bloom filter, and three bits in it. */
static inline uint64_t bloom_word(uint64_t hash, unsigned bits)
{
    return bits ? hash >> (64 - bits) : 0;
}
static inline uint64_t bloom_mask(uint64_t hash)
{
    return UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63) |
           UINT64_C(1) << (hash >> 12 & 63);
}

#define FOR_PHYSICAL(type, CALL)                                                                   \
    switch (hy_type_physical(type)) {                                                              \
    case HY_PHYS_I16:                                                                              \
        CALL(int16_t);                                                                             \
        break;                                                                                     \
    case HY_PHYS_I32:                                                                              \
        CALL(int32_t);                                                                             \
        break;                                                                                     \
    case HY_PHYS_U32:                                                                              \
        CALL(uint32_t);                                                                            \
        break;                                                                                     \
    default:                                                                                       \
        CALL(int64_t);                                                                             \
        break;                                                                                     \
    }

/* ---- Making ---- */

static void widen(HyKeyFilter *filter, const HyVector *v, size_t n)
{
#define WIDEN(T)                                                                                   \
    do {                                                                                           \
        const T *values = v->data;                                                                 \
        for (size_t i = 0; i < n; i++) {                                                           \
            if (v->validity && !hy_bitmap_get(v->validity, i))                                     \
                continue;                                                                          \
            filter->min = values[i] < filter->min ? values[i] : filter->min;                       \
            filter->max = values[i] > filter->max ? values[i] : filter->max;                       \
        }                                                                                          \
    } while (0)
    FOR_PHYSICAL(v->type, WIDEN)
}

static void add(HyKeyFilter *filter, const HyVector *v, size_t n)
{
    uint64_t *words = filter->words.data;
#define ADD(T)                                                                                     \
    do {                                                                                           \
        const T *values = v->data;                                                                 \
        for (size_t i = 0; i < n; i++) {                                                           \
            if (v->validity && !hy_bitmap_get(v->validity, i))                                     \
                continue;                                                                          \
            if (filter->is_bitmap) {                                                               \
                uint64_t at = (uint64_t)values[i] - (uint64_t)filter->min;                         \
                words[at / 64] |= UINT64_C(1) << (at % 64);                                        \
            } else {                                                                               \
                uint64_t hash = hy_hash_u64((uint64_t)values[i]);                                  \
                words[bloom_word(hash, filter->bits)] |= bloom_mask(hash);                         \
            }                                                                                      \
        }                                                                                          \
    } while (0)
    FOR_PHYSICAL(v->type, ADD)
}

/* *is_made false: there is no room for it. */
static HyStatus reserve(HyKeyFilter *filter, size_t n_rows, bool *is_made)
{
    uint64_t range = (uint64_t)filter->max - (uint64_t)filter->min;
    filter->is_bitmap = range < MAX_BITMAP && (range < FREE_BITS || range / BITS_PER_ROW < n_rows ||
                                                  range / BITS_PER_PROBE < filter->probe_rows);
    size_t n_words;
    if (filter->is_bitmap) {
        n_words = (size_t)((range + 1) / 64 + 1); /* one bit is behind the range */
    } else {
        filter->bits = 0;
        while ((n_rows >> filter->bits) > BLOOM_PER_WORD)
            filter->bits++;
        n_words = (size_t)1 << filter->bits;
    }
    *is_made = !hy_memory_exceeds(filter->memory, n_words * sizeof(uint64_t), 50);
    if (!*is_made)
        return HY_OK;
    HY_TRY(hy_growing_reserve(&filter->words, filter->memory, n_words * sizeof(uint64_t)));
    memset(filter->words.data, 0, n_words * sizeof(uint64_t));
    return HY_OK;
}

HyStatus hy_key_filter_make(HyKeyFilter *filter, const HyRowset *rows, HyMemory *memory)
{
    size_t n_rows = hy_rowset_row_count(rows), n_pieces = hy_rowset_piece_count(rows);
    bool is_made = true;
    hy_key_filter_free(filter);
    filter->memory = memory;
    if (n_rows > MAX_ROWS)
        return HY_OK;
    filter->min = INT64_MAX;
    filter->max = INT64_MIN;
    for (size_t p = 0; p < n_pieces; p++) {
        const HyBatch *piece = hy_rowset_piece(rows, p);
        widen(filter, &piece->cols[filter->build_column], piece->n_rows);
    }
    if (filter->min <= filter->max) {
        HY_TRY(reserve(filter, n_rows, &is_made));
        for (size_t p = 0; p < n_pieces && is_made; p++) {
            const HyBatch *piece = hy_rowset_piece(rows, p);
            add(filter, &piece->cols[filter->build_column], piece->n_rows);
        }
    }
    filter->is_ready = is_made;
    return HY_OK;
}

/* ---- Testing ---- */

static size_t drop_nulls(const uint64_t *validity, size_t n, uint32_t *sel)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++) {
        sel[n_kept] = sel[i];
        n_kept += hy_bitmap_get(validity, sel[i]);
    }
    return n_kept;
}

size_t hy_key_filter_select(
    const HyKeyFilter *filter, const HyVector *keys, size_t n, uint32_t *restrict sel)
{
    size_t k = 0;
    if (filter->min > filter->max)
        return 0;
    const uint64_t *restrict words = filter->words.data;
    uint64_t min = (uint64_t)filter->min, range = (uint64_t)filter->max - min;
#define SELECT(T)                                                                                  \
    do {                                                                                           \
        const T *restrict values = keys->data;                                                     \
        if (filter->is_bitmap)                                                                     \
            for (size_t i = 0; i < n; i++) {                                                       \
                uint64_t at = (uint64_t)values[i] - min;                                           \
                at = at <= range ? at : range + 1; /* no branch: a bit that is never set */        \
                sel[k] = (uint32_t)i;                                                              \
                k += words[at / 64] >> (at % 64) & 1;                                              \
            }                                                                                      \
        else                                                                                       \
            for (size_t i = 0; i < n; i++) {                                                       \
                uint64_t hash = hy_hash_u64((uint64_t)values[i]);                                  \
                uint64_t mask = bloom_mask(hash);                                                  \
                sel[k] = (uint32_t)i;                                                              \
                k += (words[bloom_word(hash, filter->bits)] & mask) == mask;                       \
            }                                                                                      \
    } while (0)
    FOR_PHYSICAL(keys->type, SELECT)
    return keys->validity ? drop_nulls(keys->validity, k, sel) : k;
}
