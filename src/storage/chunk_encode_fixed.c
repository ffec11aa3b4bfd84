/* Encoding of the fixed-width types. Everything is done on differences to the minimum in the order
 * of the type: they are what truncated encodings store, what the positional index is made of, and
 * what is hashed and sorted for a dictionary. Floats go through keys that order as they do
 * (spec/hyper-file-blocks.md, section 6), types of 16 bytes through keys of 128 bits. */
#include "storage/chunk_encode_internal.h"

typedef struct Column {
    const void *values; /* as the job's, nulls replaced by the first value */
    const void *keys;   /* of key_width bytes; the values themselves for integers up to 64 bits */
    size_t key_width;
    HyUint128 min, max; /* keys */
    HyUint128 span;
    void *deltas; /* key - min, of delta_bits */
    unsigned delta_bits;
    HyDistinct distinct;
} Column;

static bool is_float(HyPhysical physical)
{
    return physical == HY_PHYS_F32 || physical == HY_PHYS_F64;
}

/* ---- Analysis ---- */

static HyStatus fill_nulls(HyEncodeJob *job, Column *c)
{
    c->values = job->data;
    if (!job->mask)
        return HY_OK;
    uint8_t *filled;
    HY_SCRATCH(&job->scratch, filled, job->n_rows * job->width);
    const uint8_t *data = job->data;
    const uint8_t *first = data + job->first_valid * job->width;
    if (job->width < 16) {
        uint64_t value = 0;
        memcpy(&value, first, job->width);
        hy_chunk_kernels()->fill[hy_width_index(job->width)](
            filled, data, job->mask, job->n_rows, value);
    } else {
        for (size_t i = 0; i < job->n_rows; i++)
            memcpy(filled + 16 * i, job->mask[i] ? data + 16 * i : first, 16);
    }
    c->values = filled;
    return HY_OK;
}

static HyStatus make_keys(HyEncodeJob *job, Column *c)
{
    c->keys = c->values;
    c->key_width = job->width;
    if (is_float(job->physical)) {
        uint8_t *keys;
        HY_SCRATCH(&job->scratch, keys, job->n_rows * job->width);
        hy_chunk_kernels()->float_key[job->width == 8](keys, c->values, job->n_rows);
        c->keys = keys;
    } else if (job->width == 16) {
        HyUint128 *keys;
        HY_SCRATCH(&job->scratch, keys, job->n_rows);
        const uint8_t *values = c->values;
        for (size_t i = 0; i < job->n_rows; i++)
            keys[i] = hy_fixed_key(job->physical, values + 16 * i);
        c->keys = keys;
    }
    return HY_OK;
}

static void find_bounds(const HyEncodeJob *job, Column *c)
{
    if (c->key_width == 16) {
        const HyUint128 *keys = c->keys;
        c->min = c->max = keys[0];
        for (size_t i = 1; i < job->n_rows; i++) {
            c->min = keys[i] < c->min ? keys[i] : c->min;
            c->max = keys[i] > c->max ? keys[i] : c->max;
        }
        c->span = c->max - c->min;
        return;
    }
    bool is_signed = job->physical == HY_PHYS_I16 || job->physical == HY_PHYS_I32 ||
                     job->physical == HY_PHYS_I64;
    uint64_t min;
    uint64_t max;
    hy_chunk_kernels()->min_max[is_signed][hy_width_index(c->key_width)](
        c->keys, job->n_rows, &min, &max);
    c->min = min;
    c->max = max;
    c->span = (uint64_t)(max - min);
}

static HyStatus make_deltas(HyEncodeJob *job, Column *c)
{
    const HyChunkKernels *kernels = hy_chunk_kernels();
    size_t n = job->n_rows;
    c->delta_bits = c->span <= UINT32_MAX ? 32 : c->span <= UINT64_MAX ? 64 : 128;
    uint8_t *deltas;
    HY_SCRATCH(&job->scratch, deltas, n * (c->delta_bits / 8));
    c->deltas = deltas;
    if (c->key_width < 16) {
        if (c->delta_bits == 32)
            kernels->delta32[hy_width_index(c->key_width)](c->deltas, c->keys, n, (uint64_t)c->min);
        else
            kernels->delta64(c->deltas, c->keys, n, (uint64_t)c->min);
        return HY_OK;
    }
    const HyUint128 *keys = c->keys;
    for (size_t i = 0; i < n; i++) {
        HyUint128 delta = keys[i] - c->min;
        if (c->delta_bits == 32)
            hy_store_u32(deltas + 4 * i, (uint32_t)delta);
        else if (c->delta_bits == 64)
            hy_store_u64(deltas + 8 * i, (uint64_t)delta);
        else
            memcpy(deltas + 16 * i, &delta, 16);
    }
    return HY_OK;
}

/* ---- Values in the form of the file ---- */

/* Where a float key stands for several values (NaN, zero), the first of them in the block is
 * stored. */
static bool first_equal(const HyEncodeJob *job, const Column *c, uint64_t key, uint8_t *out)
{
    const uint8_t *keys = c->keys;
    for (size_t i = 0; i < job->n_rows; i++) {
        uint64_t k = 0;
        memcpy(&k, keys + i * job->width, job->width);
        if (k == key) {
            memcpy(out, (const uint8_t *)c->values + i * job->width, job->width);
            return true;
        }
    }
    return false;
}

static void put_float(const HyEncodeJob *job, const Column *c, uint64_t key, uint8_t *out)
{
    unsigned bits = 8 * (unsigned)job->width;
    uint64_t sign = UINT64_C(1) << (bits - 1);
    uint64_t top = sign | (sign - 1);
    uint64_t infinity = bits == 64 ? UINT64_C(0x7FF0000000000000) : UINT64_C(0x7F800000);
    uint64_t word;
    if ((key == top || key == infinity + 2) && first_equal(job, c, key, out))
        return;
    if (key == top - 1)
        word = infinity;
    else if (key == 1)
        word = infinity | sign;
    else if (key >= infinity + 2)
        word = key - infinity - 2;
    else
        word = (infinity + 1 - key) | sign;
    memcpy(out, &word, job->width);
}

static void put_key(const HyEncodeJob *job, const Column *c, HyUint128 key, uint8_t *out)
{
    if (is_float(job->physical)) {
        put_float(job, c, (uint64_t)key, out);
    } else if (job->physical == HY_PHYS_INTERVAL) {
        hy_store_u64(out, (uint64_t)key ^ UINT64_C(1) << 63);
        hy_store_u32(out + 8, (uint32_t)(key >> 64) ^ UINT32_C(1) << 31);
        hy_store_u32(out + 12, (uint32_t)(key >> 96) ^ UINT32_C(1) << 31);
    } else {
        if (job->physical == HY_PHYS_I128)
            key ^= (HyUint128)1 << 127;
        memcpy(out, &key, job->width);
    }
}

static HyUint128 delta_at(const void *deltas, unsigned delta_bits, size_t i)
{
    const uint8_t *at = deltas;
    if (delta_bits == 32)
        return hy_load_u32(at + 4 * i);
    if (delta_bits == 64)
        return hy_load_u64(at + 8 * i);
    return (HyUint128)hy_load_i128(at + 16 * i);
}

static void put_dictionary(
    const HyEncodeJob *job, const Column *c, const void *sorted, bool is_short, uint8_t *out)
{
    uint8_t *at = out;
    size_t entry = hy_chunk_entry_bytes(job->physical, is_short);
    if (job->mask) {
        memset(at, 0, entry);
        at += entry;
    }
    for (uint32_t k = 0; k < c->distinct.count; k++, at += entry) {
        uint8_t value[16];
        put_key(job, c, c->min + delta_at(sorted, c->delta_bits, k), value);
        if (is_short)
            hy_store_f32(at, (float)hy_load_f64(value));
        else
            memcpy(at, value, entry);
    }
}

/* ---- The value that stands for null ---- */

static bool holds_bits(const HyEncodeJob *job, const Column *c, uint64_t bits)
{
    uint8_t differs[1024];
    const HyChunkKernels *kernels = hy_chunk_kernels();
    unsigned width = hy_width_index(job->width);
    for (size_t at = 0; at < job->n_rows; at += sizeof differs) {
        size_t n = job->n_rows - at < sizeof differs ? job->n_rows - at : sizeof differs;
        kernels->differs[width](differs, (const uint8_t *)c->values + at * job->width, n, bits);
        if (kernels->count_zero[0](differs, n))
            return true;
    }
    return false;
}

/* Infinity, the largest finite value, and its halves. */
static bool find_float_mark(const HyEncodeJob *job, const Column *c, uint8_t *out)
{
    float candidate = __builtin_inff();
    for (int step = 0; step < 200; step++) {
        uint64_t bits = 0;
        double wide = (double)candidate;
        if (job->width == 4)
            memcpy(&bits, &candidate, 4);
        else
            memcpy(&bits, &wide, 8);
        if (!holds_bits(job, c, bits)) {
            memcpy(out, &bits, job->width);
            return true;
        }
        candidate = step == 0 ? 0x1.fffffep127f : candidate / 2;
    }
    return false;
}

/* The first number from `bottom` on that no row has, counted in the values' own numbers of `width`
 * bytes. */
static HyStatus find_gap(
    HyEncodeJob *job, const Column *c, HyUint128 bottom, HyUint128 *gap, bool *found)
{
    uint64_t *seen;
    size_t window = (size_t)c->distinct.count + 1; /* one more than there are values */
    HyUint128 top = job->width == 16 ? ~(HyUint128)0 : ((HyUint128)1 << (8 * job->width)) - 1;
    HY_SCRATCH(&job->scratch, seen, hy_bitmap_words(window));
    hy_bitmap_fill(seen, window, false);
    for (size_t i = 0; i < job->n_rows; i++) {
        HyUint128 v = 0;
        memcpy(&v, (const uint8_t *)c->keys + i * c->key_width, c->key_width);
        v = (v - bottom) & top;
        if (v < window)
            hy_bitmap_set(seen, (size_t)v);
    }
    for (size_t i = 0; i < window && i <= top; i++)
        if (!hy_bitmap_get(seen, i)) {
            *gap = (bottom + i) & top;
            *found = true;
            return HY_OK;
        }
    *found = false;
    return HY_OK;
}

/* The largest number of the type as the file has it, else the smallest that is free; intervals: the
 * smallest that is free. The genuine writer's choice. */
static HyStatus find_mark(HyEncodeJob *job, const Column *c, uint8_t *out, bool *found)
{
    if (is_float(job->physical)) {
        *found = find_float_mark(job, c, out);
        return HY_OK;
    }
    *found = true;
    if (job->width == 16) {
        HyUint128 key = ~(HyUint128)0;
        if (job->physical == HY_PHYS_INTERVAL || c->max == key)
            HY_TRY(find_gap(job, c, 0, &key, found));
        put_key(job, c, key, out);
        return HY_OK;
    }
    bool is_signed = (job->physical == HY_PHYS_I16 || job->physical == HY_PHYS_I32 ||
                         job->physical == HY_PHYS_I64) &&
                     job->type.id != HY_TYPE_DATE && job->type.id != HY_TYPE_TIME;
    unsigned bits = 8 * (unsigned)job->width;
    uint64_t sign = UINT64_C(1) << (bits - 1);
    uint64_t mark = is_signed ? sign - 1 : sign | (sign - 1);
    if (holds_bits(job, c, mark)) {
        HyUint128 gap = 0;
        HY_TRY(find_gap(job, c, is_signed ? sign : 0, &gap, found));
        mark = (uint64_t)gap;
    }
    memcpy(out, &mark, job->width);
    return HY_OK;
}

/* ---- Values by row ---- */

static HyStatus put_raw(
    HyEncodeJob *job, const Column *c, const uint8_t *mark, bool is_short, uint8_t *out)
{
    size_t n = job->n_rows;
    const uint8_t *values = c->values;
    if (job->physical == HY_PHYS_UUID) {
        for (size_t i = 0; i < n; i++)
            if (!job->mask || job->mask[i])
                hy_uuid_reverse(out + 16 * i, values + 16 * i);
            else
                memcpy(out + 16 * i, mark, 16);
        return HY_OK;
    }
    if (job->mask && job->width == 16) {
        for (size_t i = 0; i < n; i++)
            memcpy(out + 16 * i, job->mask[i] ? values + 16 * i : mark, 16);
        return HY_OK;
    }
    if (job->mask) {
        uint64_t value = 0;
        memcpy(&value, mark, job->width);
        uint8_t *marked = out;
        if (is_short)
            HY_SCRATCH(&job->scratch, marked, n * job->width);
        hy_chunk_kernels()->fill[hy_width_index(job->width)](marked, values, job->mask, n, value);
        values = marked;
    }
    if (is_short)
        for (size_t i = 0; i < n; i++)
            hy_store_f32(out + 4 * i, (float)hy_load_f64(values + 8 * i));
    else if (!job->mask)
        memcpy(out, values, n * job->width);
    return HY_OK;
}

static HyStatus put_values(
    HyEncodeJob *job, Column *c, const HyChunkEncoding *encoding, const uint8_t *mark)
{
    HyBlockParts parts;
    size_t n = job->n_rows;
    size_t entry = hy_chunk_entry_bytes(job->physical, encoding->is_short);
    size_t code_bytes = (n * encoding->bits + 7) / 8;
    uint32_t distinct = c->distinct.count + (job->mask != NULL);
    HyBlockSizes sizes = {.values = n * entry};
    if (encoding->shape == HY_SHAPE_DICT)
        sizes = (HyBlockSizes){.values = distinct * entry, .codes = code_bytes};
    else if (encoding->shape == HY_SHAPE_TRUNC)
        sizes.values = code_bytes;
    else if (encoding->shape == HY_SHAPE_SINGLE)
        sizes.values = 0;
    HY_TRY(hy_block_begin(job, encoding, sizes, &parts));
    put_key(job, c, c->min, parts.bounds);
    if (encoding->shape == HY_SHAPE_SINGLE)
        return HY_OK;
    put_key(job, c, c->max, parts.bounds + job->width);
    hy_psma_build(
        parts.psma, c->deltas, c->delta_bits, job->mask, n, hy_chunk_psma_slots(job->physical));
    hy_store_u32(parts.null_range + 8, distinct);
    if (encoding->shape == HY_SHAPE_DICT) {
        void *sorted = NULL;
        uint32_t *codes = NULL;
        HY_TRY(hy_distinct_codes(&c->distinct, &sorted, &codes));
        put_dictionary(job, c, sorted, encoding->is_short, parts.values);
        return hy_block_put_codes(job, encoding, &parts, codes);
    }
    if (encoding->shape == HY_SHAPE_TRUNC) {
        hy_chunk_kernels()->narrow[c->delta_bits == 64][hy_width_index(encoding->bits / 8)](
            parts.values, c->deltas, job->mask, n);
        return HY_OK;
    }
    if (job->mask)
        memcpy(parts.mark, mark, job->width);
    return put_raw(job, c, mark, encoding->is_short, parts.values);
}

/* ---- Facts ---- */

/* Intervals: only of one number of days and months and with microseconds that are not negative;
 * others would be ordered otherwise than their differences. Smallints on both sides of zero the
 * genuine writer never truncates. */
static void truncation_facts(const HyEncodeJob *job, const Column *c, HyEncodeFacts *facts)
{
    HyUint128 span = c->span;
    if (is_float(job->physical) || c->delta_bits == 128)
        return;
    if (job->physical == HY_PHYS_INTERVAL &&
        (c->min >> 64 != c->max >> 64 || (uint64_t)c->min >> 63 == 0))
        return;
    span += job->mask != NULL;
    unsigned bits = 8;
    while (bits < 64 && span >> bits)
        bits *= 2;
    facts->trunc_bits = span >> bits ? 0 : bits;
    facts->is_genuine_trunc = job->physical != HY_PHYS_I16 || (int64_t)(uint64_t)c->min >= 0 ||
                              (int64_t)(uint64_t)c->max < 0;
}

static HyStatus gather_facts(HyEncodeJob *job, Column *c, HyEncodeFacts *facts)
{
    *facts = (HyEncodeFacts){.distinct = c->distinct.count};
    truncation_facts(job, c, facts);
    if (!is_float(job->physical))
        return HY_OK;
    uint64_t negative_zero = UINT64_C(1) << (8 * job->width - 1);
    facts->has_both_zeros = holds_bits(job, c, negative_zero) && holds_bits(job, c, 0);
    if (job->physical == HY_PHYS_F64)
        facts->is_short = hy_chunk_kernels()->is_short(c->values, job->n_rows);
    return HY_OK;
}

HyStatus hy_encode_fixed(HyEncodeJob *job)
{
    Column c;
    memset(&c, 0, sizeof c);
    HY_TRY(fill_nulls(job, &c));
    HY_TRY(make_keys(job, &c));
    find_bounds(job, &c);
    HY_TRY(make_deltas(job, &c));
    c.distinct = (HyDistinct){
        .scratch = &job->scratch, .deltas = c.deltas, .delta_bits = c.delta_bits, .n = job->n_rows};
    HY_TRY(hy_distinct_count(&c.distinct, c.span));

    HyEncodeFacts facts;
    const HyChunkEncoding *encoding = NULL;
    uint8_t mark[16] = {0};
    HY_TRY(gather_facts(job, &c, &facts));
    HY_TRY(hy_encode_choose(job, &facts, &encoding));
    if (encoding->shape == HY_SHAPE_RAW && job->mask) {
        bool found = false;
        HY_TRY(find_mark(job, &c, mark, &found));
        if (!found && job->wanted)
            return hy_encode_refused(job, "no value is free to stand for null");
        if (!found)
            encoding = hy_chunk_encoding_find(HY_SHAPE_DICT, 32, true, facts.is_short);
    }
    return put_values(job, &c, encoding, mark);
}
