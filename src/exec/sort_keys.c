#include "exec/sort_keys.h"
#include "types/compare.h"
#include <stdlib.h>

#define RADIX_ROWS 2048 /* below, merging is as fast */

/* Bits of a value in a fixed key, 0: none. */
static unsigned fixed_bits(HyType type)
{
    switch (hy_type_physical(type)) {
    case HY_PHYS_U8:
        return 8;
    case HY_PHYS_I16:
        return 16;
    case HY_PHYS_I32:
    case HY_PHYS_U32:
    case HY_PHYS_F32:
        return 32;
    case HY_PHYS_I64:
    case HY_PHYS_U64:
    case HY_PHYS_F64:
        return 64;
    default:
        return 0;
    }
}

static unsigned null_bits(const HySortSpec *spec, HyType type)
{
    return spec->trusts_nullability && !type.nullable ? 0 : 8;
}

void hy_sort_spec_init(HySortSpec *spec, const HySortColumn *columns, size_t n)
{
    for (int round = 0; round < 2; round++) {
        *spec = (HySortSpec){
            .columns = columns, .n = n, .is_fixed = true, .trusts_nullability = round == 1};
        for (size_t i = 0; i < n; i++) {
            unsigned bits = fixed_bits(columns[i].type);
            spec->bits += bits + null_bits(spec, columns[i].type);
            spec->is_fixed = spec->is_fixed && bits > 0 && spec->bits <= 128;
        }
        if (spec->is_fixed)
            return;
    }
}

HyStatus hy_sort_run_open(HySortRun *run, const HySortSpec *spec, HyMemory *memory)
{
    *run = (HySortRun){.spec = spec, .memory = memory};
    if (!spec->is_fixed) {
        run->keys = hy_arena_create_in(memory);
        if (!run->keys)
            return hy_error_oom(0);
    }
    return HY_OK;
}

void hy_sort_run_close(HySortRun *run)
{
    hy_growing_free(&run->entries, run->memory);
    hy_arena_destroy(run->keys);
    hy_buffer_free(&run->buffer);
    *run = (HySortRun){0};
}

/* ---- Comparing ---- */

static int compare_bytes(const HySortEntry *a, const HySortEntry *b)
{
    const char *key_a, *key_b;
    uint32_t len_a, len_b;
    memcpy(&key_a, &a->low, sizeof key_a);
    memcpy(&key_b, &b->low, sizeof key_b);
    memcpy(&len_a, key_a, 4);
    memcpy(&len_b, key_b, 4);
    int c = memcmp(key_a + 4, key_b + 4, len_a < len_b ? len_a : len_b);
    return c ? c : (len_a > len_b) - (len_a < len_b);
}

static inline int compare_entries(const HySortEntry *a, const HySortEntry *b, bool is_fixed)
{
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    if (!is_fixed)
        return compare_bytes(a, b);
    return (a->low > b->low) - (a->low < b->low);
}

int hy_sort_compare(const HySortSpec *spec, const HySortEntry *a, const HySortEntry *b)
{
    return compare_entries(a, b, spec->is_fixed);
}

HyStatus hy_sort_entry_own_key(const HySortSpec *spec, HySortEntry *entry, HyArena *arena)
{
    if (spec->is_fixed)
        return HY_OK;
    const char *key;
    uint32_t len;
    memcpy(&key, &entry->low, sizeof key);
    memcpy(&len, key, 4);
    char *copy = hy_arena_alloc(arena, (size_t)len + 4);
    if (!copy)
        return hy_error_oom((size_t)len + 4);
    memcpy(copy, key, (size_t)len + 4);
    memcpy(&entry->low, &copy, sizeof copy);
    return HY_OK;
}

/* ---- Fixed keys ---- */

static uint64_t order_f64(double d)
{
    uint64_t bits;
    if (d != d)
        return UINT64_MAX; /* NaN is the greatest */
    d = d == 0 ? 0.0 : d;
    memcpy(&bits, &d, sizeof bits);
    return bits >> 63 ? ~bits : bits | (UINT64_C(1) << 63);
}

static uint64_t order_f32(float f)
{
    uint32_t bits;
    if (f != f)
        return UINT32_MAX;
    f = f == 0 ? 0.0F : f;
    memcpy(&bits, &f, sizeof bits);
    return bits >> 31 ? (uint32_t)~bits : bits | (UINT32_C(1) << 31);
}

#define ENCODE(T, EXPR)                                                                            \
    do {                                                                                           \
        const T *restrict values_ = v->data;                                                       \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T x = values_[i];                                                                \
            out[i] = (EXPR);                                                                       \
        }                                                                                          \
    } while (0)

/* Values of a flat vector as unsigned integers of the same order. */
static void encode(const HyVector *v, size_t n, uint64_t *restrict out)
{
    switch (hy_type_physical(v->type)) {
    case HY_PHYS_U8:
        ENCODE(uint8_t, x);
        break;
    case HY_PHYS_I16:
        ENCODE(int16_t, (uint16_t)((uint16_t)x ^ UINT16_C(0x8000)));
        break;
    case HY_PHYS_I32:
        ENCODE(int32_t, (uint32_t)x ^ UINT32_C(0x80000000));
        break;
    case HY_PHYS_U32:
        ENCODE(uint32_t, x);
        break;
    case HY_PHYS_I64:
        ENCODE(int64_t, (uint64_t)x ^ (UINT64_C(1) << 63));
        break;
    case HY_PHYS_U64:
        ENCODE(uint64_t, x);
        break;
    case HY_PHYS_F32:
        ENCODE(float, order_f32(x));
        break;
    case HY_PHYS_F64:
        ENCODE(double, order_f64(x));
        break;
    default:
        break; /* not fixed */
    }
}

static void shift_in(
    HySortEntry *restrict entries, const uint64_t *restrict values, size_t n, unsigned bits)
{
    if (bits == 64)
        for (size_t i = 0; i < n; i++) {
            entries[i].high = entries[i].low;
            entries[i].low = values[i];
        }
    else
        for (size_t i = 0; i < n; i++) {
            entries[i].high = entries[i].high << bits | entries[i].low >> (64 - bits);
            entries[i].low = entries[i].low << bits | values[i];
        }
}

static HyStatus add_fixed_column(const HySortSpec *spec, size_t k, HySortEntry *entries,
    const HyVector *key, size_t n, uint64_t *values, HyArena *scratch)
{
    const HySortColumn *column = &spec->columns[k];
    HyVector v;
    HY_TRY(hy_vector_flatten(scratch, key, n, &v));
    unsigned bits = fixed_bits(column->type);
    uint64_t mask = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    if (null_bits(spec, column->type) > 0) {
        uint64_t null = column->nulls_first ? 0 : 2;
        for (size_t i = 0; i < n; i++)
            values[i] = v.validity && !hy_bitmap_get(v.validity, i) ? null : 1;
        shift_in(entries, values, n, 8);
    }
    encode(&v, n, values);
    if (column->is_descending)
        for (size_t i = 0; i < n; i++)
            values[i] = ~values[i] & mask;
    if (v.validity)
        for (size_t i = 0; i < n; i++)
            values[i] = hy_bitmap_get(v.validity, i) ? values[i] : 0;
    shift_in(entries, values, n, bits);
    return HY_OK;
}

/* ---- Keys of any length ---- */

static HyStatus add_key(HySortRun *run, HySortEntry *entry, const HyVector *keys, size_t row)
{
    const HySortSpec *spec = run->spec;
    HyBuffer *buffer = &run->buffer;
    buffer->len = 0;
    for (size_t k = 0; k < spec->n; k++) {
        size_t width = hy_physical_size(hy_type_physical(keys[k].type));
        const char *payload =
            (const char *)hy_vector_values(&keys[k]) + hy_vector_index(&keys[k], row) * width;
        HY_TRY(hy_sort_key_append(spec->columns[k].type, payload, hy_vector_is_null(&keys[k], row),
            spec->columns[k].is_descending, spec->columns[k].nulls_first, buffer));
    }
    uint32_t len = (uint32_t)buffer->len;
    char *key = hy_arena_alloc(run->keys, len + 4);
    if (!key)
        return hy_error_oom(len + 4);
    memcpy(key, &len, 4);
    if (len)
        memcpy(key + 4, buffer->data, len);
    uint64_t head = 0;
    for (uint32_t i = 0; i < 8; i++)
        head = head << 8 | (i < len ? (uint8_t)key[4 + i] : 0);
    entry->high = head;
    memcpy(&entry->low, &key, sizeof key);
    return HY_OK;
}

HyStatus hy_sort_run_add(
    HySortRun *run, const HyVector *keys, size_t n, uint64_t first_ref, HyArena *scratch)
{
    size_t wanted = (run->n + n) * sizeof(HySortEntry);
    if (wanted > run->entries.bytes)
        HY_TRY(hy_growing_reserve(&run->entries, run->memory,
            wanted > 2 * run->entries.bytes ? wanted : 2 * run->entries.bytes));
    HySortEntry *entries = hy_sort_run_entries(run) + run->n;
    for (size_t i = 0; i < n; i++)
        entries[i] = (HySortEntry){.ref = first_ref + i};
    if (run->spec->is_fixed) {
        uint64_t *values = hy_arena_alloc(scratch, n * sizeof *values);
        if (!values)
            return hy_error_oom(n * sizeof *values);
        for (size_t k = 0; k < run->spec->n; k++)
            HY_TRY(add_fixed_column(run->spec, k, entries, &keys[k], n, values, scratch));
    } else {
        for (size_t i = 0; i < n; i++)
            HY_TRY(add_key(run, &entries[i], keys, i));
    }
    run->n += n;
    return HY_OK;
}

/* ---- Sorting ---- */

static inline void insertion_sort(HySortEntry *e, size_t n, bool is_fixed)
{
    for (size_t i = 1; i < n; i++) {
        HySortEntry x = e[i];
        size_t k = i;
        for (; k > 0 && compare_entries(&e[k - 1], &x, is_fixed) > 0; k--)
            e[k] = e[k - 1];
        e[k] = x;
    }
}

/* Cancellation is looked at whenever so many entries were moved. */
#define CHECK_ROWS ((size_t)1 << 16)

/* Merges up to CHECK_ROWS entries; *i and *k say how far it came. */
static inline HySortEntry *merge_some(const HySortEntry *a, size_t n_a, size_t *i,
    const HySortEntry *b, size_t n_b, size_t *k, HySortEntry *out, bool is_fixed)
{
    size_t at_a = *i, at_b = *k;
    const HySortEntry *end = out + CHECK_ROWS;
    while (at_a < n_a && at_b < n_b && out < end)
        *out++ = compare_entries(&a[at_a], &b[at_b], is_fixed) <= 0 ? a[at_a++] : b[at_b++];
    *i = at_a;
    *k = at_b;
    return out;
}

static inline HyStatus merge_two(const HySortEntry *a, size_t n_a, const HySortEntry *b, size_t n_b,
    const HyCancel *cancel, HySortEntry *out, bool is_fixed)
{
    size_t i = 0, k = 0;
    while (i < n_a && k < n_b) {
        out = merge_some(a, n_a, &i, b, n_b, &k, out, is_fixed);
        if (n_a + n_b > CHECK_ROWS)
            HY_TRY(hy_cancel_check(cancel));
    }
    if (i < n_a)
        memcpy(out, a + i, (n_a - i) * sizeof *out);
    else if (k < n_b)
        memcpy(out, b + k, (n_b - k) * sizeof *out);
    return HY_OK;
}

/* Bottom-up merge sort with runs of 16; `other` has room for n. */
static inline HyStatus merge_sort(
    HySortEntry *e, HySortEntry *other, size_t n, const HyCancel *cancel, bool is_fixed)
{
    for (size_t i = 0; i < n; i += 16) {
        insertion_sort(e + i, n - i < 16 ? n - i : 16, is_fixed);
        if (i % CHECK_ROWS == 0)
            HY_TRY(hy_cancel_check(cancel));
    }
    HySortEntry *from = e, *to = other;
    for (size_t width = 16; width < n; width *= 2) {
        for (size_t i = 0; i < n; i += 2 * width) {
            size_t n_a = n - i < width ? n - i : width;
            size_t left = n - i - n_a;
            HY_TRY(merge_two(from + i, n_a, from + i + n_a, left < width ? left : width, cancel,
                to + i, is_fixed));
            if (i % CHECK_ROWS == 0)
                HY_TRY(hy_cancel_check(cancel));
        }
        HySortEntry *swap = from;
        from = to;
        to = swap;
    }
    if (from != e)
        memcpy(e, from, n * sizeof *e);
    return HY_OK;
}

static inline unsigned key_byte(const HySortEntry *e, unsigned byte)
{
    return (unsigned)((byte < 8 ? e->low >> (8 * byte) : e->high >> (8 * (byte - 8))) & 255);
}

static HyStatus count_bytes(const HySortEntry *e, size_t n, unsigned first_byte, unsigned end_byte,
    const HyCancel *cancel, size_t (*counts)[256])
{
    for (size_t first = 0; first < n; first += CHECK_ROWS) {
        size_t end = n - first < CHECK_ROWS ? n : first + CHECK_ROWS;
        HY_TRY(hy_cancel_check(cancel));
        for (size_t i = first; i < end; i++)
            for (unsigned byte = first_byte; byte < end_byte; byte++)
                counts[byte][key_byte(&e[i], byte)]++;
    }
    return HY_OK;
}

/* By bytes [first_byte, end_byte) of the keys, least significant first; those that all share are
 * skipped. */
static HyStatus radix_sort(HySortEntry *e, HySortEntry *other, size_t n, unsigned first_byte,
    unsigned end_byte, const HyCancel *cancel, size_t (*counts)[256])
{
    HySortEntry *from = e, *to = other;
    HY_TRY(count_bytes(e, n, first_byte, end_byte, cancel, counts));
    for (unsigned byte = first_byte; byte < end_byte; byte++) {
        size_t *count = counts[byte];
        if (count[key_byte(&from[0], byte)] == n)
            continue;
        size_t at = 0;
        for (unsigned v = 0; v < 256; v++) {
            size_t c = count[v];
            count[v] = at;
            at += c;
        }
        for (size_t first = 0; first < n; first += CHECK_ROWS) {
            size_t end = n - first < CHECK_ROWS ? n : first + CHECK_ROWS;
            HY_TRY(hy_cancel_check(cancel));
            for (size_t i = first; i < end; i++)
                to[count[key_byte(&from[i], byte)]++] = from[i];
        }
        HySortEntry *swap = from;
        from = to;
        to = swap;
    }
    if (from != e)
        memcpy(e, from, n * sizeof *e);
    return HY_OK;
}

static HyStatus find_disorder(
    const HySortSpec *spec, const HySortEntry *e, size_t n, const HyCancel *cancel, bool *is_sorted)
{
    *is_sorted = false;
    for (size_t i = 1; i < n; i++) {
        if (hy_sort_compare(spec, &e[i - 1], &e[i]) > 0)
            return HY_OK;
        if (i % CHECK_ROWS == 0)
            HY_TRY(hy_cancel_check(cancel));
    }
    *is_sorted = true;
    return HY_OK;
}

/* Heads are in order: sorts those that are equal by their whole keys. */
static HyStatus sort_ties(HySortEntry *e, HySortEntry *other, size_t n, const HyCancel *cancel)
{
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && e[end].high == e[i].high; end++)
            ;
        if (end - i > 1)
            HY_TRY(merge_sort(e + i, other, end - i, cancel, false));
    }
    return HY_OK;
}

HyStatus hy_sort_entries(
    const HySortSpec *spec, HySortEntry *e, HySortEntry *other, size_t n, const HyCancel *cancel)
{
    bool is_sorted;
    HY_TRY(find_disorder(spec, e, n, cancel, &is_sorted));
    if (is_sorted)
        return HY_OK;
    if (n < RADIX_ROWS)
        return merge_sort(e, other, n, cancel, spec->is_fixed);
    size_t(*counts)[256] = calloc(16, sizeof *counts);
    if (!counts)
        return hy_error_oom(16 * sizeof *counts);
    HyStatus st;
    if (spec->is_fixed) {
        st = radix_sort(e, other, n, 0, (spec->bits + 7) / 8, cancel, counts);
    } else {
        st = radix_sort(e, other, n, 8, 16, cancel, counts);
        if (!st)
            st = sort_ties(e, other, n, cancel);
    }
    free(counts);
    return st;
}

HyStatus hy_sort_run_sort(HySortRun *run, const HyCancel *cancel)
{
    void *other;
    size_t bytes = run->n * sizeof(HySortEntry);
    if (run->n < 2)
        return HY_OK;
    HY_TRY(hy_memory_alloc(run->memory, bytes, &other));
    HyStatus st = hy_sort_entries(run->spec, hy_sort_run_entries(run), other, run->n, cancel);
    hy_memory_free(run->memory, other, bytes);
    return st;
}
