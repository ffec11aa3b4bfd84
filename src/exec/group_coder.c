/* Groups by direct addressing: each key gives a small code (a dictionary's, or an integer's
 * distance from the smallest seen), the codes together an index into an array of group numbers. The
 * array is only a memory of what the table said, so it may be thrown away whenever the domain of a
 * key changes. */
#include "exec/group_table.h"
#include <stdlib.h>

#define MAX_MAP    131072
#define MAX_RANGE  65536
#define MAX_MISSES 8

void hy_group_coder_close(HyGroupCoder *coder)
{
    free(coder->map);
    *coder = (HyGroupCoder){0};
}

#define DEFINE_RANGE(name, T)                                                                      \
    /* of the rows that are not null; false: there are none */                                     \
    static bool range_##name(const HyVector *v, size_t n, int64_t *min, int64_t *max)              \
    {                                                                                              \
        const T *restrict values = v->data;                                                        \
        size_t i = 0;                                                                              \
        while (i < n && v->validity && !hy_bitmap_get(v->validity, i))                             \
            i++;                                                                                   \
        if (i == n)                                                                                \
            return false;                                                                          \
        T lo = values[i], hi = values[i];                                                          \
        if (!v->validity)                                                                          \
            for (; i < n; i++) {                                                                   \
                lo = values[i] < lo ? values[i] : lo;                                              \
                hi = values[i] > hi ? values[i] : hi;                                              \
            }                                                                                      \
        else                                                                                       \
            for (; i < n; i++) {                                                                   \
                T x = hy_bitmap_get(v->validity, i) ? values[i] : lo;                              \
                lo = x < lo ? x : lo;                                                              \
                hi = x > hi ? x : hi;                                                              \
            }                                                                                      \
        *min = (int64_t)lo;                                                                        \
        *max = (int64_t)hi;                                                                        \
        return true;                                                                               \
    }                                                                                              \
    /* codes = codes * size + (v - base + 1), null rows 0 */                                       \
    static void code_##name(                                                                       \
        const HyVector *v, size_t n, int64_t base, uint32_t size, uint32_t *restrict codes)        \
    {                                                                                              \
        const T *restrict values = v->data;                                                        \
        if (!v->validity)                                                                          \
            for (size_t i = 0; i < n; i++)                                                         \
                codes[i] = codes[i] * size + (uint32_t)((uint64_t)values[i] - (uint64_t)base) + 1; \
        else                                                                                       \
            for (size_t i = 0; i < n; i++) {                                                       \
                uint32_t code = (uint32_t)((uint64_t)values[i] - (uint64_t)base) + 1;              \
                codes[i] = codes[i] * size + (hy_bitmap_get(v->validity, i) ? code : 0);           \
            }                                                                                      \
    }
DEFINE_RANGE(u8, uint8_t)
DEFINE_RANGE(i16, int16_t)
DEFINE_RANGE(i32, int32_t)
DEFINE_RANGE(u32, uint32_t)
DEFINE_RANGE(i64, int64_t)

/* The range of a batch's integers that are not null (0 to 0 when all are); false: other types. */
static bool integer_range(const HyVector *v, size_t n, int64_t *min, int64_t *max)
{
    *min = *max = 0;
    switch (hy_type_physical(v->type)) {
    case HY_PHYS_U8:
        range_u8(v, n, min, max);
        return true;
    case HY_PHYS_I16:
        range_i16(v, n, min, max);
        return true;
    case HY_PHYS_I32:
        range_i32(v, n, min, max);
        return true;
    case HY_PHYS_U32:
        range_u32(v, n, min, max);
        return true;
    case HY_PHYS_I64:
    case HY_PHYS_U64:
        range_i64(v, n, min, max);
        return true;
    default:
        return false;
    }
}

static void add_codes(const HyVector *v, size_t n, int64_t base, uint32_t size, uint32_t *codes)
{
    switch (hy_type_physical(v->type)) {
    case HY_PHYS_U8:
        code_u8(v, n, base, size, codes);
        break;
    case HY_PHYS_I16:
        code_i16(v, n, base, size, codes);
        break;
    case HY_PHYS_I32:
        code_i32(v, n, base, size, codes);
        break;
    case HY_PHYS_U32:
        code_u32(v, n, base, size, codes);
        break;
    default:
        code_i64(v, n, base, size, codes);
        break;
    }
}

static void add_dictionary_codes(
    const HyVector *v, size_t n, uint32_t size, uint32_t *restrict codes)
{
    const uint32_t *restrict in = v->data;
    if (!v->validity)
        for (size_t i = 0; i < n; i++)
            codes[i] = codes[i] * size + in[i] + 1;
    else
        for (size_t i = 0; i < n; i++)
            codes[i] = codes[i] * size + (hy_bitmap_get(v->validity, i) ? in[i] + 1 : 0);
}

/* Adapts the domain of one key to the batch. *changed: codes mean something else now. */
static bool fit_key(HyGroupCoder *coder, size_t k, const HyVector *v, size_t n, bool *changed)
{
    if (v->kind == HY_VECTOR_DICTIONARY) {
        if (v->dict->id == 0 || v->dict->size >= MAX_RANGE)
            return false;
        if (coder->keys[k].dict_id != v->dict->id) {
            coder->keys[k].dict_id = v->dict->id;
            coder->keys[k].size = v->dict->size + 1;
            *changed = true;
        }
        return true;
    }
    int64_t min, max;
    if (!integer_range(v, n, &min, &max))
        return false;
    bool is_new = coder->keys[k].dict_id != 0 || coder->keys[k].size == 0;
    if (!is_new) {
        int64_t base = coder->keys[k].base, last = base + (int64_t)coder->keys[k].size - 2;
        if (min >= base && max <= last)
            return true;
        min = min < base ? min : base;
        max = max > last ? max : last;
    }
    if ((uint64_t)max - (uint64_t)min >= MAX_RANGE)
        return false;
    coder->keys[k].dict_id = 0;
    coder->keys[k].base = min;
    coder->keys[k].size = (uint32_t)(max - min) + 2;
    *changed = true;
    return true;
}

/* The map for the present domains, emptied when they changed. */
static bool fit(HyGroupCoder *coder, const HyVector *keys, size_t n_keys, size_t n, HyStatus *st)
{
    bool changed = coder->n_keys != n_keys;
    size_t size = 1;
    *st = HY_OK;
    coder->n_keys = n_keys;
    for (size_t k = 0; k < n_keys; k++) {
        if (!fit_key(coder, k, &keys[k], n, &changed))
            return false;
        size *= coder->keys[k].size;
        if (size > MAX_MAP)
            return false;
    }
    if (!changed)
        return true;
    if (size > coder->map_size) {
        uint32_t *map = realloc(coder->map, size * sizeof *map);
        if (!map) {
            *st = hy_error_oom(size * sizeof *map);
            return false;
        }
        coder->map = map;
        coder->map_size = size;
    }
    memset(coder->map, 0, size * sizeof *coder->map);
    return true;
}

/* Rows whose index the map does not know: asks the table once per new index. */
static HyStatus learn(HyGroupCoder *coder, HyGroupTable *table, const HyVector *keys, size_t n_keys,
    const uint32_t *codes, const uint32_t *unknown, size_t n_unknown, HyArena *scratch)
{
    HyVector picked[HY_ARRAY_LEN(coder->keys)];
    uint64_t *hashes = hy_arena_alloc(scratch, n_unknown * sizeof *hashes);
    uint32_t *groups = hy_arena_alloc(scratch, n_unknown * sizeof *groups);
    if (!hashes || !groups)
        return hy_error_oom(n_unknown * sizeof *hashes);
    for (size_t k = 0; k < n_keys; k++)
        HY_TRY(hy_vector_gather(scratch, &keys[k], unknown, n_unknown, &picked[k]));
    HY_TRY(hy_group_hash(picked, n_keys, n_unknown, hashes));
    HY_TRY(hy_group_table_find(table, picked, n_unknown, hashes, scratch, groups));
    for (size_t i = 0; i < n_unknown; i++)
        coder->map[codes[unknown[i]]] = groups[i] + 1;
    return HY_OK;
}

HyStatus hy_group_coder_find(HyGroupCoder *coder, HyGroupTable *table, const HyVector *in, size_t n,
    HyArena *scratch, uint32_t *groups, bool *done)
{
    size_t n_keys = table->n_keys;
    HyStatus st;
    HyVector keys[HY_ARRAY_LEN(coder->keys)];
    *done = false;
    if (n_keys == 0 || n_keys > HY_ARRAY_LEN(coder->keys) || coder->n_misses > MAX_MISSES)
        return HY_OK;
    for (size_t k = 0; k < n_keys; k++) {
        keys[k] = in[k];
        if (keys[k].kind == HY_VECTOR_CONSTANT)
            HY_TRY(hy_vector_flatten(scratch, &in[k], n, &keys[k]));
    }
    if (!fit(coder, keys, n_keys, n, &st)) {
        memset(coder->keys, 0, sizeof coder->keys); /* the domains are half adapted */
        coder->n_keys = 0;
        coder->n_misses++;
        return st;
    }
    uint32_t *codes = hy_arena_zalloc(scratch, n * sizeof *codes);
    uint32_t *unknown = hy_arena_alloc(scratch, n * sizeof *unknown);
    if (!codes || !unknown)
        return hy_error_oom(n * sizeof *codes);
    for (size_t k = 0; k < n_keys; k++) {
        if (keys[k].kind == HY_VECTOR_DICTIONARY)
            add_dictionary_codes(&keys[k], n, coder->keys[k].size, codes);
        else
            add_codes(&keys[k], n, coder->keys[k].base, coder->keys[k].size, codes);
    }
    size_t n_unknown = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t group = coder->map[codes[i]];
        groups[i] = group - 1;
        unknown[n_unknown] = (uint32_t)i;
        n_unknown += group == 0;
    }
    if (n_unknown > 0) {
        HY_TRY(learn(coder, table, keys, n_keys, codes, unknown, n_unknown, scratch));
        for (size_t i = 0; i < n_unknown; i++)
            groups[unknown[i]] = coder->map[codes[unknown[i]]] - 1;
    }
    *done = true;
    return HY_OK;
}
