/* Open addressing with linear probing over 8-byte slots that hold half of the hash, so that most
 * probes end without touching keys. A batch is looked up in two steps: slots are found by hash
 * alone, then keys are compared column by column in tight loops; the rare row whose half hash lied
 * is looked up again. */
#include "exec/group_table.h"
#include "types/compare.h"
#include <stdlib.h>

#define FIRST_CAPACITY    64
#define PREFETCH_DISTANCE 16
#define CHECK_GROUPS      (1 << 18)

HyStatus hy_growing_reserve(HyGrowing *array, HyMemory *memory, size_t bytes)
{
    if (bytes <= array->bytes)
        return HY_OK;
    HY_TRY(hy_memory_grow(memory, &array->data, array->bytes, bytes));
    array->bytes = bytes;
    return HY_OK;
}

HyStatus hy_growing_reserve_zeroed(HyGrowing *array, HyMemory *memory, size_t bytes)
{
    if (bytes <= array->bytes)
        return HY_OK;
    HY_TRY(hy_memory_grow_zeroed(memory, &array->data, array->bytes, bytes));
    array->bytes = bytes;
    return HY_OK;
}

void hy_growing_free(HyGrowing *array, HyMemory *memory)
{
    hy_memory_free(memory, array->data, array->bytes);
    *array = (HyGrowing){0};
}

HyStatus hy_group_table_open(
    HyGroupTable *table, const HyType *types, size_t n_keys, HyMemory *memory)
{
    *table = (HyGroupTable){.memory = memory, .n_keys = n_keys, .types = types};
    table->keys = calloc(n_keys + 1, sizeof *table->keys);
    table->validity = calloc(n_keys + 1, sizeof *table->validity);
    table->heap = hy_arena_create_in(memory);
    if (table->keys && table->validity && table->heap)
        return HY_OK;
    hy_group_table_close(table);
    return hy_error_oom(n_keys * sizeof(void *));
}

void hy_group_table_close(HyGroupTable *table)
{
    for (size_t k = 0; k < table->n_keys; k++) {
        if (table->keys)
            hy_growing_free(&table->keys[k], table->memory);
        if (table->validity)
            hy_growing_free(&table->validity[k], table->memory);
    }
    hy_growing_free(&table->hashes, table->memory);
    hy_growing_free(&table->slots, table->memory);
    free(table->keys);
    free(table->validity);
    hy_arena_destroy(table->heap);
    *table = (HyGroupTable){0};
}

size_t hy_group_table_bytes(const HyGroupTable *table)
{
    size_t bytes = table->hashes.bytes + table->slots.bytes;
    for (size_t k = 0; k < table->n_keys; k++)
        bytes += table->keys[k].bytes + table->validity[k].bytes;
    return bytes + (table->heap ? hy_arena_used_bytes(table->heap) : 0);
}

HyStatus hy_group_hash(const HyVector *keys, size_t n_keys, size_t n, uint64_t *hashes)
{
    if (n_keys == 0)
        memset(hashes, 0, n * sizeof *hashes);
    for (size_t k = 0; k < n_keys; k++)
        HY_TRY(hy_vector_hash(&keys[k], n, k == 0, hashes));
    return HY_OK;
}

/* ---- Growing ---- */

static HyStatus grow_validity(HyGroupTable *table, size_t k, size_t capacity)
{
    size_t old = table->validity[k].bytes;
    HY_TRY(hy_growing_reserve(&table->validity[k], table->memory, hy_bitmap_words(capacity) * 8));
    memset((char *)table->validity[k].data + old, 0xff, table->validity[k].bytes - old);
    return HY_OK;
}

static HyStatus grow_arrays(HyGroupTable *table, size_t capacity)
{
    for (size_t k = 0; k < table->n_keys; k++) {
        size_t width = hy_physical_size(hy_type_physical(table->types[k]));
        HY_TRY(hy_growing_reserve(&table->keys[k], table->memory, capacity * width));
        if (table->validity[k].data)
            HY_TRY(grow_validity(table, k, capacity));
    }
    HY_TRY(hy_growing_reserve(&table->hashes, table->memory, capacity * sizeof(uint64_t)));
    table->capacity = capacity;
    return HY_OK;
}

static void place(uint64_t *slots, uint64_t mask, uint64_t hash, size_t group)
{
    uint64_t at = hash & mask;
    while (slots[at])
        at = (at + 1) & mask;
    slots[at] = (hash & UINT64_C(0xFFFFFFFF00000000)) | (group + 1);
}

static HyStatus grow_slots(HyGroupTable *table, size_t n_slots)
{
    HyGrowing slots = {0};
    HY_TRY(hy_growing_reserve_zeroed(&slots, table->memory, n_slots * sizeof(uint64_t)));
    const uint64_t *hashes = table->hashes.data;
    HyStatus st = HY_OK;
    for (size_t g = 0; g < table->n_groups && !st; g++) {
        place(slots.data, n_slots - 1, hashes[g], g);
        if (g % CHECK_GROUPS == CHECK_GROUPS - 1)
            st = hy_cancel_check(table->cancel);
    }
    if (st) {
        hy_growing_free(&slots, table->memory);
        return st;
    }
    hy_growing_free(&table->slots, table->memory);
    table->slots = slots;
    table->n_slots = n_slots;
    return HY_OK;
}

/* Room for n more groups, with the slots at most two thirds full. */
HyStatus hy_group_table_reserve(HyGroupTable *table, size_t n)
{
    size_t wanted = table->n_groups + n;
    if (wanted >= UINT32_MAX - 1)
        return hy_error("54000", "too many groups");
    if (wanted > table->capacity) {
        size_t capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY;
        while (capacity < wanted)
            capacity *= 2;
        HY_TRY(grow_arrays(table, capacity));
    }
    if (wanted * 3 > table->n_slots * 2) {
        size_t n_slots = table->n_slots ? table->n_slots : 2 * FIRST_CAPACITY;
        while (wanted * 3 > n_slots * 2)
            n_slots *= 2;
        HY_TRY(grow_slots(table, n_slots));
    }
    return HY_OK;
}

/* ---- Comparing ---- */

typedef struct Key {
    HyVector v; /* flat or constant */
    bool is_constant;
} Key;

static bool is_binary_text(HyType type)
{
    return !type.collation && type.id != HY_TYPE_ARRAY && type.id != HY_TYPE_JSON &&
           type.id != HY_TYPE_GEOGRAPHY;
}

#define COMPARE_COLUMN(T, EQUAL)                                                                   \
    do {                                                                                           \
        const T *restrict mine_ = table->keys[k].data;                                             \
        const T *restrict theirs_ = v->data;                                                       \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T *a = &mine_[groups[i]];                                                        \
            const T *b = &theirs_[is_constant ? 0 : i];                                            \
            differs[i] |= !(EQUAL);                                                                \
        }                                                                                          \
    } while (0)

/* differs[i] |= key k of group groups[i] is not v[i]; payloads of nulls may give anything. */
static void compare_payloads(const HyGroupTable *table, size_t k, const HyVector *v, size_t n,
    const uint32_t *groups, uint8_t *restrict differs)
{
    bool is_constant = v->kind == HY_VECTOR_CONSTANT;
    HyType type = table->types[k];
    switch (hy_type_physical(type)) {
    case HY_PHYS_U8:
        COMPARE_COLUMN(uint8_t, *a == *b);
        break;
    case HY_PHYS_I16:
        COMPARE_COLUMN(uint16_t, *a == *b);
        break;
    case HY_PHYS_I32:
    case HY_PHYS_U32:
        COMPARE_COLUMN(uint32_t, *a == *b);
        break;
    case HY_PHYS_I64:
    case HY_PHYS_U64:
        COMPARE_COLUMN(uint64_t, *a == *b);
        break;
    case HY_PHYS_I128:
        COMPARE_COLUMN(HyInt128, *a == *b);
        break;
    case HY_PHYS_F32:
        COMPARE_COLUMN(float, *a == *b || (*a != *a && *b != *b));
        break;
    case HY_PHYS_F64:
        COMPARE_COLUMN(double, *a == *b || (*a != *a && *b != *b));
        break;
    case HY_PHYS_INTERVAL:
    case HY_PHYS_UUID:
        COMPARE_COLUMN(HyString, memcmp(a, b, 16) == 0);
        break;
    case HY_PHYS_STRING:
        if (is_binary_text(type))
            COMPARE_COLUMN(HyString, hy_string_equal(a, b));
        else
            COMPARE_COLUMN(HyString, hy_compare_payload(type, a, b) == 0);
        break;
    }
}

static bool group_is_null(const HyGroupTable *table, size_t k, uint32_t group)
{
    return table->validity[k].data && !hy_bitmap_get(table->validity[k].data, group);
}

static void compare_key(const HyGroupTable *table, size_t k, const HyVector *v, size_t n,
    const uint32_t *groups, uint8_t *restrict scratch, uint8_t *restrict differs)
{
    if (!table->validity[k].data && !v->validity) {
        compare_payloads(table, k, v, n, groups, differs);
        return;
    }
    memset(scratch, 0, n);
    compare_payloads(table, k, v, n, groups, scratch);
    for (size_t i = 0; i < n; i++) {
        bool null_a = group_is_null(table, k, groups[i]), null_b = hy_vector_is_null(v, i);
        differs[i] |= (uint8_t)(null_a || null_b ? null_a != null_b : scratch[i]);
    }
}

/* One row against one group. */
static bool row_equals(const HyGroupTable *table, const HyVector *keys, size_t row, uint32_t group)
{
    for (size_t k = 0; k < table->n_keys; k++) {
        bool null_a = group_is_null(table, k, group), null_b = hy_vector_is_null(&keys[k], row);
        if (null_a != null_b)
            return false;
        if (null_a)
            continue;
        size_t width = hy_physical_size(hy_type_physical(table->types[k]));
        const char *a = (const char *)table->keys[k].data + group * width;
        const char *b =
            (const char *)hy_vector_values(&keys[k]) + hy_vector_index(&keys[k], row) * width;
        if (hy_compare_payload(table->types[k], a, b) != 0)
            return false;
    }
    return true;
}

/* ---- Finding ---- */

/* Copies the keys of rows sel[0..n) behind the groups that have some. */
static HyStatus add_keys(HyGroupTable *table, const HyVector *keys, const uint32_t *sel, size_t n,
    size_t first, HyArena *scratch)
{
    for (size_t k = 0; k < table->n_keys; k++) {
        HyVector picked;
        HY_TRY(hy_vector_gather(scratch, &keys[k], sel, n, &picked));
        if (picked.validity && !table->validity[k].data)
            HY_TRY(grow_validity(table, k, table->capacity));
        HyVector mine = {.type = table->types[k],
            .kind = HY_VECTOR_FLAT,
            .data = table->keys[k].data,
            .validity = table->validity[k].data};
        HY_TRY(hy_vector_copy(&mine, first, &picked, 0, n, table->heap));
    }
    return HY_OK;
}

static HyStatus add_one(
    HyGroupTable *table, const HyVector *keys, uint32_t row, uint64_t hash, HyArena *scratch)
{
    HY_TRY(hy_group_table_reserve(table, 1));
    HY_TRY(add_keys(table, keys, &row, 1, table->n_groups, scratch));
    ((uint64_t *)table->hashes.data)[table->n_groups] = hash;
    place(table->slots.data, table->n_slots - 1, hash, table->n_groups);
    table->n_groups++;
    return HY_OK;
}

/* The group of one row by full comparison, or UINT32_MAX. */
static uint32_t find_exact(
    const HyGroupTable *table, const HyVector *keys, size_t row, uint64_t hash)
{
    const uint64_t *slots = table->slots.data;
    uint64_t mask = table->n_slots - 1;
    if (table->n_slots == 0)
        return UINT32_MAX;
    for (uint64_t at = hash & mask; slots[at]; at = (at + 1) & mask) {
        uint32_t group = (uint32_t)slots[at] - 1;
        if ((slots[at] >> 32) == (hash >> 32) && row_equals(table, keys, row, group))
            return group;
    }
    return UINT32_MAX;
}

/* First step: groups by half hash; rows that found none become groups, their rows are in `added`.
 */
static size_t find_by_hash(HyGroupTable *table, size_t n, const uint64_t *restrict hashes,
    uint32_t *groups, uint32_t *added)
{
    uint64_t *slots = table->slots.data;
    uint64_t *stored = table->hashes.data;
    uint64_t mask = table->n_slots - 1;
    size_t n_added = 0, next = table->n_groups;
    for (size_t i = 0; i < n; i++) {
        uint64_t hash = hashes[i], at = hash & mask;
        if (i + PREFETCH_DISTANCE < n)
            __builtin_prefetch(&slots[hashes[i + PREFETCH_DISTANCE] & mask]);
        for (;; at = (at + 1) & mask) {
            uint64_t slot = slots[at];
            if (slot == 0) {
                slots[at] = (hash & UINT64_C(0xFFFFFFFF00000000)) | (next + 1);
                stored[next] = hash;
                groups[i] = (uint32_t)next++;
                added[n_added++] = (uint32_t)i;
                break;
            }
            if ((slot >> 32) == (hash >> 32)) {
                groups[i] = (uint32_t)slot - 1;
                break;
            }
        }
    }
    return n_added;
}

HyStatus hy_group_table_find(HyGroupTable *table, const HyVector *keys, size_t n,
    const uint64_t *hashes, HyArena *scratch, uint32_t *groups)
{
    HY_TRY(hy_group_table_reserve(table, n));
    uint32_t *added = hy_arena_alloc(scratch, n * sizeof *added);
    uint8_t *differs = hy_arena_zalloc(scratch, 2 * n);
    HyVector *flat = hy_arena_alloc(scratch, table->n_keys * sizeof *flat);
    if (!added || !differs || !flat)
        return hy_error_oom(n * sizeof *added);
    for (size_t k = 0; k < table->n_keys; k++) {
        flat[k] = keys[k];
        if (keys[k].kind == HY_VECTOR_DICTIONARY)
            HY_TRY(hy_vector_flatten(scratch, &keys[k], n, &flat[k]));
    }
    size_t first = table->n_groups;
    size_t n_added = find_by_hash(table, n, hashes, groups, added);
    if (n_added > 0)
        HY_TRY(add_keys(table, flat, added, n_added, first, scratch));
    table->n_groups += n_added;
    if (n_added == n)
        return HY_OK;
    for (size_t k = 0; k < table->n_keys; k++)
        compare_key(table, k, &flat[k], n, groups, differs + n, differs);
    for (size_t i = 0; i < n; i++) {
        if (!differs[i])
            continue;
        groups[i] = find_exact(table, flat, i, hashes[i]);
        if (groups[i] == UINT32_MAX) {
            groups[i] = (uint32_t)table->n_groups;
            HY_TRY(add_one(table, flat, (uint32_t)i, hashes[i], scratch));
        }
    }
    return HY_OK;
}

HyStatus hy_group_table_lookup(const HyGroupTable *table, const HyVector *keys, size_t n,
    const uint64_t *hashes, uint32_t *groups)
{
    for (size_t i = 0; i < n; i++)
        groups[i] = find_exact(table, keys, i, hashes[i]);
    return HY_OK;
}

/* ---- Keys of groups ---- */

HyVector hy_group_table_key(const HyGroupTable *table, size_t key, size_t first)
{
    size_t width = hy_physical_size(hy_type_physical(table->types[key]));
    HyVector v = {.type = table->types[key],
        .kind = HY_VECTOR_FLAT,
        .data = (char *)table->keys[key].data + first * width};
    if (table->validity[key].data)
        v.validity = (uint64_t *)table->validity[key].data + first / 64;
    return v;
}

HyStatus hy_group_table_gather(const HyGroupTable *table, size_t key, const uint32_t *sel, size_t n,
    HyArena *arena, HyVector *out)
{
    HyVector all = hy_group_table_key(table, key, 0);
    return hy_vector_gather(arena, &all, sel, n, out);
}
