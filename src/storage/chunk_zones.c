#include "storage/chunk_zones.h"
#include "storage/chunk_filter_internal.h"
#include <stdlib.h>

/* What of a zone can match: codes or keys [low, high]. */
typedef struct ZoneRange {
    uint64_t low, high;
} ZoneRange;

bool hy_zones_fit(HyPhysical physical)
{
    return physical == HY_PHYS_I16 || physical == HY_PHYS_I32 || physical == HY_PHYS_U32 ||
           physical == HY_PHYS_I64 || physical == HY_PHYS_U64;
}

void hy_zones_init(HyZone *zones, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        atomic_init(&zones[i].min, UINT64_MAX);
        atomic_init(&zones[i].max, 0);
    }
}

static void widen(HyZone *zone, uint64_t min, uint64_t max)
{
    if (min < atomic_load_explicit(&zone->min, memory_order_relaxed))
        atomic_store_explicit(&zone->min, min, memory_order_relaxed);
    if (max > atomic_load_explicit(&zone->max, memory_order_relaxed))
        atomic_store_explicit(&zone->max, max, memory_order_relaxed);
}

#define SIGN (UINT64_C(1) << 63)
/* The order of signed numbers as one of unsigned ones. */
#define KEY_SIGNED(v)   ((uint64_t)(int64_t)(v) ^ SIGN)
#define KEY_UNSIGNED(v) ((uint64_t)(v))

#define DEFINE_EXTREMES(name, T, KEY)                                                              \
    static void extremes_##name(const void *column, size_t at, size_t n, ZoneRange *out)           \
    {                                                                                              \
        const T *restrict values = (const T *)column + at;                                         \
        T min = values[0];                                                                         \
        T max = values[0];                                                                         \
        for (size_t i = 1; i < n; i++) {                                                           \
            min = values[i] < min ? values[i] : min;                                               \
            max = values[i] > max ? values[i] : max;                                               \
        }                                                                                          \
        *out = (ZoneRange){KEY(min), KEY(max)};                                                    \
    }
DEFINE_EXTREMES(i16, int16_t, KEY_SIGNED)
DEFINE_EXTREMES(i32, int32_t, KEY_SIGNED)
DEFINE_EXTREMES(i64, int64_t, KEY_SIGNED)
DEFINE_EXTREMES(u8, uint8_t, KEY_UNSIGNED)
DEFINE_EXTREMES(u16, uint16_t, KEY_UNSIGNED)
DEFINE_EXTREMES(u32, uint32_t, KEY_UNSIGNED)
DEFINE_EXTREMES(u64, uint64_t, KEY_UNSIGNED)

typedef void (*ExtremesFn)(const void *column, size_t at, size_t n, ZoneRange *out);

static ExtremesFn extremes_of(HyPhysical physical)
{
    switch (physical) {
    case HY_PHYS_I16:
        return extremes_i16;
    case HY_PHYS_I32:
        return extremes_i32;
    case HY_PHYS_I64:
        return extremes_i64;
    case HY_PHYS_U32:
        return extremes_u32;
    default:
        return extremes_u64;
    }
}

void hy_zones_widen(HyZone *zones, HyPhysical physical, const void *column, uint32_t at, uint32_t n)
{
    ExtremesFn extremes = extremes_of(physical);
    for (uint32_t end = at + n; at < end;) {
        uint32_t limit = (at / HY_ZONE_ROWS + 1) * HY_ZONE_ROWS;
        uint32_t count = (limit < end ? limit : end) - at;
        ZoneRange range;
        extremes(column, at, count, &range);
        widen(&zones[at / HY_ZONE_ROWS], range.low, range.high);
        at += count;
    }
}

void hy_chunk_set_zones(HyChunk *chunk, const HyZone *zones)
{
    atomic_store_explicit(&chunk->zones, zones, memory_order_relaxed);
}

/* ---- Zones of codes ---- */

static bool has_zones_of_codes(const HyChunk *chunk)
{
    return chunk->n_rows > HY_ZONE_ROWS &&
           ((chunk->shape == HY_SHAPE_TRUNC && chunk->physical != HY_PHYS_INTERVAL) ||
               (chunk->shape == HY_SHAPE_DICT && hy_chunk_dictionary_is_ordered(chunk)));
}

/* NULL when out of memory: then there are none. */
static HyZone *make_zones(const HyChunk *chunk)
{
    static const ExtremesFn by_width[] = {extremes_u8, extremes_u16, extremes_u32, extremes_u64};
    size_t n = hy_zone_count(chunk->n_rows);
    HyZone *zones = malloc(n * sizeof *zones);
    if (!zones)
        return NULL;
    hy_zones_init(zones, n);
    for (size_t z = 0; z < n; z++) {
        uint8_t codes[HY_ZONE_ROWS + 8];
        unsigned width;
        ZoneRange range;
        size_t first = z * HY_ZONE_ROWS;
        size_t count = chunk->n_rows - first < HY_ZONE_ROWS ? chunk->n_rows - first : HY_ZONE_ROWS;
        const void *in = hy_chunk_code_bytes(chunk, first, count, codes, &width);
        by_width[width](in, 0, count, &range);
        widen(&zones[z], range.low, range.high);
    }
    return zones;
}

/* They are a cache within a chunk that is constant to everybody else. */
static _Atomic(const HyZone *) *place_of(const HyChunk *chunk)
{
    return &((HyChunk *)(uintptr_t)chunk)->zones;
}

static const HyZone *zones_of(const HyChunk *chunk)
{
    return atomic_load_explicit(place_of(chunk), memory_order_acquire);
}

void hy_chunk_need_zones(const HyChunk *chunk)
{
    if (zones_of(chunk) || !has_zones_of_codes(chunk))
        return;
    const HyZone *none = NULL;
    HyZone *made = make_zones(chunk);
    if (made && !atomic_compare_exchange_strong(place_of(chunk), &none, made))
        free(made); /* someone else was first */
}

/* ---- Tests ---- */

static bool dictionary_range(const HyChunk *chunk, const HyChunkTest *test, ZoneRange *out)
{
    if (test->kind != HY_CHUNK_COMPARE)
        return false;
    HyCodeRange codes = hy_chunk_dictionary_range(chunk, test->op, &test->values[0]);
    if (codes.invert || codes.begin >= codes.end)
        return false;
    uint32_t shift = chunk->encoding->nulls;
    *out = (ZoneRange){codes.begin + shift, codes.end - 1 + shift};
    return true;
}

/* Keys (hy_fixed_key) that pass. */
static bool fixed_range(const HyChunk *chunk, const HyChunkTest *test, HyKeyRange *out)
{
    const HyValue *last = &test->values[test->n_values - 1];
    HyUint128 key = hy_fixed_key(chunk->physical, hy_value_payload(&test->values[0]));
    *out = hy_key_range(test->kind == HY_CHUNK_IN ? HY_CMP_EQ : test->op, key);
    if (test->kind == HY_CHUNK_IN)
        out->high = hy_fixed_key(chunk->physical, hy_value_payload(last));
    return !out->invert && !out->is_empty;
}

static bool truncated_range(const HyChunk *chunk, HyKeyRange keys, ZoneRange *out)
{
    unsigned bits = chunk->encoding->bits;
    unsigned shift = chunk->encoding->nulls;
    uint64_t top = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    HyUint128 min = hy_fixed_key(chunk->physical, chunk->min.bytes);
    HyUint128 largest = min + (top - shift);
    hy_key_range_clamp(&keys, min, largest < min ? ~(HyUint128)0 : largest);
    if (keys.is_empty)
        return false;
    *out = (ZoneRange){(uint64_t)(keys.low - min) + shift, (uint64_t)(keys.high - min) + shift};
    return true;
}

static bool plain_range(const HyChunk *chunk, HyKeyRange keys, ZoneRange *out)
{
    bool is_unsigned = chunk->physical == HY_PHYS_U32 || chunk->physical == HY_PHYS_U64;
    HyUint128 least = is_unsigned ? 0 : ((HyUint128)1 << 127) - SIGN;
    hy_key_range_clamp(&keys, least, least + UINT64_MAX);
    if (keys.is_empty)
        return false;
    *out = (ZoneRange){(uint64_t)(keys.low - least), (uint64_t)(keys.high - least)};
    return true;
}

/* False: the test says nothing about zones. */
static bool range_of(const HyChunk *chunk, const HyChunkTest *test, ZoneRange *out)
{
    HyKeyRange keys;
    if ((test->kind != HY_CHUNK_COMPARE && test->kind != HY_CHUNK_IN) || test->n_values == 0 ||
        test->values[0].is_null || test->values[test->n_values - 1].is_null)
        return false;
    if (chunk->shape == HY_SHAPE_DICT)
        return dictionary_range(chunk, test, out);
    if (!fixed_range(chunk, test, &keys))
        return false;
    return chunk->shape == HY_SHAPE_TRUNC ? truncated_range(chunk, keys, out)
                                          : plain_range(chunk, keys, out);
}

static bool excludes(const HyZone *zone, const ZoneRange *range)
{
    return atomic_load_explicit(&zone->max, memory_order_relaxed) < range->low ||
           atomic_load_explicit(&zone->min, memory_order_relaxed) > range->high;
}

void hy_chunk_narrow_zones(
    const HyChunk *chunk, const HyChunkTest *test, uint32_t *first, uint32_t *end)
{
    ZoneRange range;
    if (*first >= *end)
        return;
    const HyZone *zones = zones_of(chunk);
    if (!zones || !range_of(chunk, test, &range))
        return;
    while (*first < *end && excludes(&zones[*first / HY_ZONE_ROWS], &range)) {
        uint32_t next = (*first / HY_ZONE_ROWS + 1) * HY_ZONE_ROWS;
        *first = next < *end ? next : *end;
    }
    while (*first < *end && excludes(&zones[(*end - 1) / HY_ZONE_ROWS], &range)) {
        uint32_t start = (*end - 1) / HY_ZONE_ROWS * HY_ZONE_ROWS;
        *end = start > *first ? start : *first;
    }
}

bool hy_chunk_zones_exclude(
    const HyChunk *chunk, const HyChunkTest *test, uint32_t first, uint32_t n)
{
    const HyZone *zones = zones_of(chunk);
    ZoneRange range;
    if (!zones || n == 0 || !range_of(chunk, test, &range))
        return false;
    for (uint32_t z = first / HY_ZONE_ROWS; z <= (first + n - 1) / HY_ZONE_ROWS; z++) {
        if (!excludes(&zones[z], &range))
            return false;
    }
    return true;
}
