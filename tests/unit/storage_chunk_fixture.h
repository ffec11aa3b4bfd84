/* Random columns of every type for the tests of chunks. */
#ifndef HY_TESTS_STORAGE_CHUNK_FIXTURE_H
#define HY_TESTS_STORAGE_CHUNK_FIXTURE_H

#include "base/bytes.h"
#include "storage/chunk.h"
#include "types/collation.h"
#include "types/interval.h"
#include "unit_test.h"
#include <math.h>

typedef struct Rng {
    uint64_t state;
} Rng;

static inline uint64_t rng_next(Rng *rng)
{
    uint64_t x = (rng->state += UINT64_C(0x9E3779B97F4A7C15));
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}
static inline uint64_t rng_below(Rng *rng, uint64_t n)
{
    return rng_next(rng) % n;
}

/* How the values of a column lie. */
typedef enum Spread {
    SPREAD_ONE,
    SPREAD_TWO,
    SPREAD_FEW,   /* up to 12 distinct values, anywhere in the type */
    SPREAD_NEAR,  /* up to 200 neighbours */
    SPREAD_RANGE, /* up to 60,000 apart */
    SPREAD_WIDE,  /* up to 2^31 apart */
    SPREAD_FULL,  /* all of the type, with extremes */
    SPREAD_COUNT
} Spread;

typedef enum Nulls {
    NULLS_NONE,
    NULLS_FEW,
    NULLS_MOST,
    NULLS_ALL_BUT_ONE,
    NULLS_ALL,
    NULLS_COUNT
} Nulls;

typedef struct Column {
    HyType type;
    size_t width;
    uint32_t n;
    uint32_t n_nulls;
    uint8_t *data;
    uint64_t *validity; /* NULL without nulls */
    char *strings;
} Column;

static inline uint64_t spread_number(Rng *rng, Spread spread)
{
    switch (spread) {
    case SPREAD_ONE:
        return 7;
    case SPREAD_TWO:
        return rng_below(rng, 2);
    case SPREAD_FEW:
        return rng_below(rng, 12) * UINT64_C(0x1357924680ACE135);
    case SPREAD_NEAR:
        return rng_below(rng, 200);
    case SPREAD_RANGE:
        return rng_below(rng, 60000);
    case SPREAD_WIDE:
        return rng_below(rng, UINT64_C(1) << 31);
    default:
        break;
    }
    static const uint64_t extremes[] = {0, 1, UINT64_MAX, UINT64_C(1) << 63,
        (UINT64_C(1) << 63) - 1, UINT32_MAX, UINT64_C(1) << 31, 0x7FFF, 0x8000};
    return rng_below(rng, 8) ? rng_next(rng) : extremes[rng_below(rng, HY_ARRAY_LEN(extremes))];
}

static inline double spread_double(Rng *rng, Spread spread, bool is_short)
{
    static const double special[] = {0.0, -0.0, 1.0, -1.0, 1e300, -1e-300, 5e-324};
    if (spread == SPREAD_ONE)
        return 2.5;
    if (spread == SPREAD_FULL && rng_below(rng, 4) == 0) {
        uint64_t which = rng_below(rng, HY_ARRAY_LEN(special) + 3);
        if (which < 3)
            return which == 0 ? (double)NAN : which == 1 ? (double)INFINITY : -(double)INFINITY;
        double v = special[which - 3];
        return is_short ? (double)(float)v : v;
    }
    int64_t i = (int64_t)(spread_number(rng, spread) >> 16) - 100;
    double v = (double)i / (is_short ? 4.0 : 10.0);
    return is_short ? (double)(float)v : v;
}

/* Lengths around every limit of the forms of text. */
static inline size_t spread_length(Rng *rng, Spread spread)
{
    static const size_t limits[] = {0, 1, 2, 3, 4, 5, 11, 12, 13, 254, 255};
    if (spread == SPREAD_FULL && rng_below(rng, 50) == 0)
        return 256 + rng_below(rng, 100);
    return rng_below(rng, 2) ? limits[rng_below(rng, HY_ARRAY_LEN(limits))] : rng_below(rng, 24);
}

static inline HyString spread_string(Rng *rng, Spread spread, char **at, bool is_binary)
{
    uint64_t number = spread_number(rng, spread);
    Rng own = {number * 77}; /* the same number gives the same text */
    size_t len = spread == SPREAD_ONE ? 20 : spread_length(&own, spread);
    char *text = *at;
    for (size_t i = 0; i < len; i++)
        text[i] = (char)(is_binary ? rng_next(&own) & 0xFF
                         : i < 6   ? 'a'
                                   : 'a' + rng_below(&own, 26));
    *at += len;
    return hy_string_view(text, len);
}

static inline void put_spread(Column *c, size_t row, Rng *rng, Spread spread, char **at)
{
    uint64_t number = spread_number(rng, spread);
    int64_t centred = spread >= SPREAD_WIDE ? (int64_t)number : (int64_t)number - 30;
    uint8_t *out = c->data + row * c->width;
    HyInt128 wide;
    HyInterval interval = {centred, 0, 0};
    HyString s;
    switch (hy_type_physical(c->type)) {
    case HY_PHYS_U8:
        *out = number & 1;
        break;
    case HY_PHYS_F32:
        hy_store_f32(out, (float)spread_double(rng, spread, true));
        break;
    case HY_PHYS_F64:
        /* wide and full ones also lie between the singles */
        hy_store_f64(out, spread_double(rng, spread, spread < SPREAD_WIDE));
        break;
    case HY_PHYS_INTERVAL:
        if (spread == SPREAD_FULL)
            interval =
                (HyInterval){(int64_t)rng_next(rng), (int32_t)rng_next(rng), (int32_t)number};
        else
            interval = (HyInterval){spread == SPREAD_FEW ? centred : (int64_t)number, 3, 1};
        memcpy(out, &interval, 16);
        break;
    case HY_PHYS_I128:
        wide =
            spread == SPREAD_FULL ? (HyInt128)((HyUint128)rng_next(rng) << 64 | number) : centred;
        memcpy(out, &wide, 16);
        break;
    case HY_PHYS_UUID:
        memset(out, 5, 16);
        hy_store_u64(out + (spread == SPREAD_NEAR ? 0 : 8), __builtin_bswap64(number));
        break;
    case HY_PHYS_STRING:
        s = spread_string(rng, spread, at, c->type.id == HY_TYPE_BYTEA);
        memcpy(out, &s, 16);
        break;
    case HY_PHYS_I16:
    case HY_PHYS_I32:
    case HY_PHYS_U32:
    case HY_PHYS_I64:
    case HY_PHYS_U64:
        memcpy(out, &centred, c->width);
        break;
    }
}

static inline bool spread_null(Rng *rng, Nulls nulls, uint32_t row, uint32_t keep)
{
    switch (nulls) {
    case NULLS_FEW:
        return row > 2 && rng_below(rng, 20) == 0;
    case NULLS_MOST:
        return rng_below(rng, 10) != 0;
    case NULLS_ALL_BUT_ONE:
        return row != keep;
    case NULLS_ALL:
        return true;
    default:
        return false;
    }
}

static inline Column make_column(HyType type, uint32_t n, Spread spread, Nulls nulls, uint64_t seed)
{
    Rng rng = {seed};
    Column c = {.type = type, .width = hy_physical_size(hy_type_physical(type)), .n = n};
    c.type.nullable = nulls != NULLS_NONE;
    c.data = aligned_alloc(64, (n * c.width + 127) & ~(size_t)63);
    c.strings = malloc((size_t)n * 400 + 16);
    c.validity = calloc(hy_bitmap_words(n) + 1, 8);
    char *at = c.strings;
    uint32_t keep = (uint32_t)rng_below(&rng, n);
    for (uint32_t i = 0; i < n; i++) {
        put_spread(&c, i, &rng, spread, &at);
        bool is_null = spread_null(&rng, nulls, i, keep);
        c.n_nulls += is_null;
        hy_bitmap_put(c.validity, i, !is_null);
    }
    return c;
}

static inline void free_column(Column *c)
{
    free(c->data);
    free(c->validity);
    free(c->strings);
}

static inline const HyType *all_types(size_t *count)
{
    static HyType types[22];
    static const HyTypeId ids[] = {HY_TYPE_BOOL, HY_TYPE_INT2, HY_TYPE_INT4, HY_TYPE_INT8,
        HY_TYPE_FLOAT4, HY_TYPE_FLOAT8, HY_TYPE_TEXT, HY_TYPE_VARCHAR, HY_TYPE_CHAR, HY_TYPE_CHAR1,
        HY_TYPE_BYTEA, HY_TYPE_DATE, HY_TYPE_TIME, HY_TYPE_TIMESTAMP, HY_TYPE_TIMESTAMPTZ,
        HY_TYPE_INTERVAL, HY_TYPE_JSON, HY_TYPE_UUID, HY_TYPE_OID, HY_TYPE_GEOGRAPHY};
    size_t n = 0;
    for (size_t i = 0; i < HY_ARRAY_LEN(ids); i++)
        types[n++] = hy_type(ids[i]);
    types[n++] = hy_type_numeric(12, 2);
    types[n++] = hy_type_numeric(38, 5);
    *count = n;
    return types;
}

static const uint8_t encoding_ids[] = {0x01, 0x02, 0x03, 0x07, 0x08, 0x09, 0x0A, 0x0D, 0x0E, 0x0F,
    0x13, 0x14, 0x15, 0x16, 0x18, 0x19, 0x1A, 0x1E, 0x1F, 0x20, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29,
    0x2A, 0x2B, 0x2C, 0x2D, 0x2E, 0x2F, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35};

/* Columns take all numbers of their physical form, whether they are values of the type or not. */
static inline void fail_fault(void *ctx, const char *text)
{
    if (strncmp(text, "row ", 4) != 0)
        fail_msg("%s: %s", (const char *)ctx, text);
}

#endif
