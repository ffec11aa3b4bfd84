/* What a chunk's bounds, dictionary, null range and positional index say about a predicate before
 * any row is looked at. */
#include "storage/chunk_filter_internal.h"
#include "storage/chunk_zones.h"

/* ---- Order ---- */

int hy_chunk_compare(const HyChunk *chunk, const void *a, const void *b)
{
    if (chunk->physical == HY_PHYS_STRING)
        return chunk->type.collation ? hy_collation_compare(chunk->type.collation, a, b)
                                     : hy_string_compare(a, b);
    HyUint128 x = hy_fixed_key(chunk->physical, a);
    HyUint128 y = hy_fixed_key(chunk->physical, b);
    return (x > y) - (x < y);
}

bool hy_compare_op_holds(HyCompareOp op, int c)
{
    switch (op) {
    case HY_CMP_EQ:
        return c == 0;
    case HY_CMP_NE:
        return c != 0;
    case HY_CMP_LT:
        return c < 0;
    case HY_CMP_LE:
        return c <= 0;
    case HY_CMP_GT:
        return c > 0;
    case HY_CMP_GE:
        return c >= 0;
    }
    return false;
}

bool hy_chunk_test_payload(const HyChunk *chunk, const HyChunkTest *test, const void *payload)
{
    if (test->kind == HY_CHUNK_COMPARE)
        return hy_compare_op_holds(
            test->op, hy_chunk_compare(chunk, payload, hy_value_payload(&test->values[0])));
    if (test->kind != HY_CHUNK_IN)
        return test->kind == HY_CHUNK_IS_NOT_NULL;
    size_t low = 0;
    size_t high = test->n_values;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = hy_chunk_compare(chunk, payload, hy_value_payload(&test->values[mid]));
        if (c == 0)
            return true;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return false;
}

/* The first entry from `low` on of the ordered dictionary that is not below the value (above: that
 * is above it). Steps of doubling length come first, so that a list of ascending values costs
 * little. */
static uint32_t dictionary_bound_from(
    const HyChunk *chunk, const HyValue *value, bool above, uint32_t low, uint32_t step)
{
    const uint8_t *entries = chunk->dict.values;
    uint32_t high = chunk->dict.size;
    for (; step < high - low; step *= 2) {
        int c =
            hy_chunk_compare(chunk, entries + (low + step) * chunk->width, hy_value_payload(value));
        if (c > 0 || (!above && c == 0)) {
            high = low + step;
            break;
        }
        low += step + 1;
    }
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int c = hy_chunk_compare(chunk, entries + mid * chunk->width, hy_value_payload(value));
        if (c < 0 || (above && c == 0))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static uint32_t dictionary_bound(const HyChunk *chunk, const HyValue *value, bool above)
{
    return dictionary_bound_from(chunk, value, above, 0, chunk->dict.size);
}

HyCodeRange hy_chunk_dictionary_next(const HyChunk *chunk, const HyValue *value, uint32_t from)
{
    uint32_t begin = dictionary_bound_from(chunk, value, false, from, 1);
    return (HyCodeRange){begin, dictionary_bound_from(chunk, value, true, begin, 1), false};
}

HyCodeRange hy_chunk_dictionary_range(const HyChunk *chunk, HyCompareOp op, const HyValue *value)
{
    uint32_t size = chunk->dict.size;
    switch (op) {
    case HY_CMP_EQ:
    case HY_CMP_NE:
        return (HyCodeRange){dictionary_bound(chunk, value, false),
            dictionary_bound(chunk, value, true), op == HY_CMP_NE};
    case HY_CMP_LT:
        return (HyCodeRange){0, dictionary_bound(chunk, value, false), false};
    case HY_CMP_LE:
        return (HyCodeRange){0, dictionary_bound(chunk, value, true), false};
    case HY_CMP_GT:
        return (HyCodeRange){dictionary_bound(chunk, value, true), size, false};
    case HY_CMP_GE:
        return (HyCodeRange){dictionary_bound(chunk, value, false), size, false};
    }
    return (HyCodeRange){0, 0, false};
}

/* ---- Match ---- */

static HyChunkMatch of_counts(uint32_t matching, uint32_t all)
{
    return matching == 0 ? HY_MATCH_NONE : matching == all ? HY_MATCH_ALL : HY_MATCH_SOME;
}

static HyChunkMatch match_dictionary(const HyChunk *chunk, const HyChunkTest *test)
{
    uint32_t size = chunk->dict.size;
    uint32_t n = 0;
    if (test->kind == HY_CHUNK_COMPARE) {
        HyCodeRange range = hy_chunk_dictionary_range(chunk, test->op, &test->values[0]);
        n = range.end - range.begin;
        return of_counts(range.invert ? size - n : n, size);
    }
    HyCodeRange range = {0, 0, false};
    for (size_t i = 0; i < test->n_values; i++) {
        range = hy_chunk_dictionary_next(chunk, &test->values[i], range.end);
        n += range.end - range.begin;
    }
    return of_counts(n, size);
}

static HyChunkMatch match_bounds(const HyChunk *chunk, const HyChunkTest *test)
{
    bool is_one = hy_chunk_compare(chunk, chunk->min.bytes, chunk->max.bytes) == 0;
    if (test->kind == HY_CHUNK_IN) {
        for (size_t i = 0; i < test->n_values; i++) {
            const void *value = hy_value_payload(&test->values[i]);
            if (hy_chunk_compare(chunk, value, chunk->min.bytes) >= 0)
                return hy_chunk_compare(chunk, value, chunk->max.bytes) > 0 ? HY_MATCH_NONE
                       : is_one                                             ? HY_MATCH_ALL
                                                                            : HY_MATCH_SOME;
        }
        return HY_MATCH_NONE;
    }
    const void *value = hy_value_payload(&test->values[0]);
    int low = hy_chunk_compare(chunk, chunk->min.bytes, value);
    int high = hy_chunk_compare(chunk, chunk->max.bytes, value);
    bool is_inside = low <= 0 && high >= 0;
    switch (test->op) {
    case HY_CMP_EQ:
        return !is_inside ? HY_MATCH_NONE : is_one ? HY_MATCH_ALL : HY_MATCH_SOME;
    case HY_CMP_NE:
        return !is_inside ? HY_MATCH_ALL : is_one ? HY_MATCH_NONE : HY_MATCH_SOME;
    case HY_CMP_LT:
        return high < 0 ? HY_MATCH_ALL : low >= 0 ? HY_MATCH_NONE : HY_MATCH_SOME;
    case HY_CMP_LE:
        return high <= 0 ? HY_MATCH_ALL : low > 0 ? HY_MATCH_NONE : HY_MATCH_SOME;
    case HY_CMP_GT:
        return low > 0 ? HY_MATCH_ALL : high <= 0 ? HY_MATCH_NONE : HY_MATCH_SOME;
    case HY_CMP_GE:
        return low >= 0 ? HY_MATCH_ALL : high < 0 ? HY_MATCH_NONE : HY_MATCH_SOME;
    }
    return HY_MATCH_SOME;
}

static HyChunkMatch match_values(const HyChunk *chunk, const HyChunkTest *test)
{
    if (test->n_values == 0 || (test->kind == HY_CHUNK_COMPARE && test->values[0].is_null))
        return HY_MATCH_NONE;
    if (chunk->n_nulls == chunk->n_rows)
        return HY_MATCH_NONE;
    if (chunk->shape == HY_SHAPE_SINGLE)
        return hy_chunk_test_payload(chunk, test, chunk->min.bytes) ? HY_MATCH_ALL : HY_MATCH_NONE;
    if (chunk->shape == HY_SHAPE_DICT && hy_chunk_dictionary_is_ordered(chunk))
        return match_dictionary(chunk, test);
    return chunk->has_bounds ? match_bounds(chunk, test) : HY_MATCH_SOME;
}

HyChunkMatch hy_chunk_match(const HyChunk *chunk, const HyChunkTest *test)
{
    uint32_t n = chunk->n_rows;
    switch (test->kind) {
    case HY_CHUNK_IS_NULL:
        return of_counts(chunk->n_nulls, n);
    case HY_CHUNK_IS_NOT_NULL:
        return of_counts(n - chunk->n_nulls, n);
    case HY_CHUNK_COMPARE:
    case HY_CHUNK_IN:
        break;
    }
    HyChunkMatch match = match_values(chunk, test);
    return match == HY_MATCH_ALL && chunk->has_nulls ? HY_MATCH_SOME : match;
}

/* ---- Narrow ---- */

/* Stays within the range given, whatever a damaged block states. */
static void intersect(uint32_t begin, uint32_t limit, uint32_t *first, uint32_t *end)
{
    begin = begin < *first ? *first : begin > *end ? *end : begin;
    limit = limit < begin ? begin : limit > *end ? *end : limit;
    *first = begin;
    *end = limit;
}

void hy_chunk_narrow(const HyChunk *chunk, const HyChunkTest *test, uint32_t *first, uint32_t *end)
{
    if (test->kind == HY_CHUNK_IS_NULL) {
        intersect(chunk->null_first, chunk->null_end, first, end);
        return;
    }
    bool is_equality =
        test->kind == HY_CHUNK_IN || (test->kind == HY_CHUNK_COMPARE && test->op == HY_CMP_EQ);
    if (!chunk->has_psma || !is_equality) {
        hy_chunk_narrow_zones(chunk, test, first, end);
        return;
    }
    uint32_t begin = UINT32_MAX;
    uint32_t limit = 0;
    for (size_t i = 0; i < test->n_values; i++) {
        if (test->values[i].is_null)
            continue;
        size_t slot = hy_chunk_psma_slot(chunk, hy_value_payload(&test->values[i]));
        uint32_t from = hy_load_u32(chunk->psma + 8 * slot);
        uint32_t to = hy_load_u32(chunk->psma + 8 * slot + 4);
        if (from >= to)
            continue;
        begin = from < begin ? from : begin;
        limit = to > limit ? to : limit;
    }
    intersect(begin < limit ? begin : *first, begin < limit ? limit : *first, first, end);
    hy_chunk_narrow_zones(chunk, test, first, end);
}
