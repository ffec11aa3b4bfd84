/* Encoding of text: distinct texts by a hash table, each stored once in the heap in sorted order,
 * which also is what compresses best (spec/hyper-file-blocks.md, section 5). */
#include "base/hash.h"
#include "storage/chunk_encode_internal.h"

typedef struct TextSet {
    uint32_t count;
    HyString *words;              /* distinct, in order of first appearance */
    uint32_t *hashes;             /* of words */
    uint32_t *ids;                /* by row; of a null: 0 */
    uint32_t *order;              /* ids in sorted order */
    uint32_t min, max;            /* ids */
    size_t heap_short, heap_long; /* bytes of the heap in either form */
    bool is_short;
} TextSet;

/* ---- Distinct texts ---- */

typedef struct Slot {
    uint32_t hash;
    uint32_t id; /* + 1; 0: free */
} Slot;

#define FIRST_SLOTS 4096u
/* Texts with fewer equals in eight bytes are not sorted further in the heap of a raw block. */
#define RAW_GROUP 16u

static uint32_t text_hash(const HyString *s)
{
    if (s->len > HY_STRING_INLINE)
        return (uint32_t)(hy_hash_bytes(s->ptr, s->len) >> 32);
    uint64_t head;
    uint64_t rest;
    memcpy(&head, s, 8);
    memcpy(&rest, s->rest, 8);
    return (uint32_t)(hy_hash_u64(hy_hash_u64(head) ^ rest) >> 24);
}

static HyStatus new_slots(HyScratch *scratch, uint32_t n, Slot **out)
{
    HY_SCRATCH(scratch, *out, n);
    memset(*out, 0, n * sizeof **out);
    return HY_OK;
}

/* Where nearly every row brings a new text, the table grows at once to what all of them need. */
static HyStatus grow(HyEncodeJob *job, TextSet *set, uint32_t row, Slot **slots, uint32_t *n_slots)
{
    uint32_t n = *n_slots * (set->count > row / 4 ? 8 : 2);
    if (set->count > row / 2)
        while (n < 2 * job->n_rows)
            n *= 2;
    HY_TRY(new_slots(&job->scratch, n, slots));
    for (uint32_t id = 0; id < set->count; id++) {
        uint32_t h = set->hashes[id] & (n - 1);
        while ((*slots)[h].id)
            h = (h + 1) & (n - 1);
        (*slots)[h] = (Slot){set->hashes[id], id + 1};
    }
    *n_slots = n;
    return HY_OK;
}

static HyStatus collect(HyEncodeJob *job, TextSet *set)
{
    const HyString *texts = job->data;
    uint32_t n_slots = FIRST_SLOTS;
    Slot *slots = NULL;
    HY_SCRATCH(&job->scratch, set->words, job->n_rows);
    HY_SCRATCH(&job->scratch, set->hashes, job->n_rows);
    HY_SCRATCH(&job->scratch, set->ids, job->n_rows);
    HY_TRY(new_slots(&job->scratch, n_slots, &slots));
    for (uint32_t i = 0; i < job->n_rows; i++) {
        set->ids[i] = 0;
        if (job->mask && !job->mask[i])
            continue;
        const HyString *s = &texts[i];
        uint32_t hash = text_hash(s);
        uint32_t h = hash & (n_slots - 1);
        while (slots[h].id &&
               (slots[h].hash != hash || !hy_string_equal(&set->words[slots[h].id - 1], s)))
            h = (h + 1) & (n_slots - 1);
        uint32_t id = slots[h].id;
        if (!id) {
            set->words[set->count] = *s;
            set->hashes[set->count] = hash;
            id = ++set->count;
            slots[h] = (Slot){hash, id};
            if (2 * set->count > n_slots)
                HY_TRY(grow(job, set, i, &slots, &n_slots));
        }
        set->ids[i] = id - 1;
    }
    return HY_OK;
}

static void measure(TextSet *set)
{
    uint32_t max_len = 0;
    for (uint32_t id = 0; id < set->count; id++) {
        uint32_t len = set->words[id].len;
        max_len = len > max_len ? len : max_len;
        set->heap_short += len > 3 ? len : 0;
        set->heap_long += len > 4 ? len : 0;
    }
    set->is_short = max_len <= 255 && set->heap_short < HY_CHUNK_MAX_HEAP_SHORT;
}

/* ---- Order ---- */

static int compare_words(const HyCollation *collation, const HyString *a, const HyString *b)
{
    int c = collation ? hy_collation_compare(collation, a, b) : 0;
    return c ? c : hy_string_compare(a, b);
}

/* Runs of equal keys, which only some collations have, by the bytes of the texts. */
static HyStatus sort_ties(HyEncodeJob *job, TextSet *set, const HyString *keys)
{
    HyString *run;
    uint32_t *run_order;
    uint32_t *ids;
    HY_SCRATCH(&job->scratch, run, set->count);
    HY_SCRATCH(&job->scratch, run_order, set->count);
    HY_SCRATCH(&job->scratch, ids, set->count);
    for (uint32_t i = 0; i < set->count;) {
        uint32_t *order = set->order + i;
        uint32_t n = 1;
        while (i + n < set->count && hy_string_equal(&keys[order[0]], &keys[order[n]]))
            n++;
        for (uint32_t k = 0; n > 1 && k < n; k++) {
            ids[k] = order[k];
            run[k] = set->words[order[k]];
        }
        if (n > 1) {
            HyScratch scratch;
            hy_scratch_init(&scratch, job->memory, n);
            HyStatus st = hy_text_sort(&scratch, run, n, 2, run_order);
            hy_scratch_free(&scratch);
            HY_TRY(st);
        }
        for (uint32_t k = 0; n > 1 && k < n; k++)
            order[k] = ids[run_order[k]];
        i += n;
    }
    return HY_OK;
}

static HyStatus sort_by_keys(
    HyEncodeJob *job, TextSet *set, const HyBuffer *bytes, const size_t *ends)
{
    HyString *keys;
    HY_SCRATCH(&job->scratch, keys, set->count);
    for (uint32_t id = 0; id < set->count; id++) {
        size_t begin = id ? ends[id - 1] : 0;
        keys[id] = hy_string_view(bytes->data + begin, ends[id] - begin);
    }
    HY_TRY(hy_text_sort(&job->scratch, keys, set->count, 2, set->order));
    return sort_ties(job, set, keys);
}

static HyStatus sort_collated(HyEncodeJob *job, TextSet *set)
{
    HyBuffer bytes = {0};
    size_t *ends;
    HY_SCRATCH(&job->scratch, ends, set->count);
    HyStatus st = hy_buffer_reserve(&bytes, 1);
    for (uint32_t id = 0; !st && id < set->count; id++) {
        const HyString *s = &set->words[id];
        st = hy_collation_key(job->type.collation, hy_string_data(s), s->len, &bytes);
        ends[id] = bytes.len;
    }
    if (!st)
        st = sort_by_keys(job, set, &bytes, ends);
    hy_buffer_free(&bytes);
    return st;
}

static void find_bounds(TextSet *set, const HyCollation *collation)
{
    for (uint32_t id = 1; id < set->count; id++) {
        const HyString *s = &set->words[id];
        if (compare_words(collation, s, &set->words[set->min]) < 0)
            set->min = id;
        if (compare_words(collation, s, &set->words[set->max]) > 0)
            set->max = id;
    }
}

/* A dictionary has the order of the column. The heap of a raw block need not, unless the genuine
 * writer's bytes are wanted: there nearly sorted texts compress as well, and no collation is asked.
 */
static HyStatus sort_words(HyEncodeJob *job, TextSet *set, const HyChunkEncoding *encoding)
{
    const HyCollation *collation = job->version >= 1 ? job->type.collation : NULL;
    HY_SCRATCH(&job->scratch, set->order, set->count);
    if (encoding->shape != HY_SHAPE_DICT && job->effort != HY_EFFORT_GENUINE) {
        HY_TRY(hy_text_sort(&job->scratch, set->words, set->count, RAW_GROUP, set->order));
        find_bounds(set, collation);
        return HY_OK;
    }
    if (collation)
        HY_TRY(sort_collated(job, set));
    else
        HY_TRY(hy_text_sort(&job->scratch, set->words, set->count, 2, set->order));
    set->min = set->order[0];
    set->max = set->order[set->count - 1];
    return HY_OK;
}

/* ---- Bytes ---- */

/* Fills the heap: minimum and maximum, then the others in order; offsets by id. */
static void put_heap(const TextSet *set, uint32_t inline_len, uint8_t *heap, uint32_t *offsets)
{
    size_t at = 0;
    const uint32_t bounds[2] = {set->min, set->max};
    for (uint32_t k = 0; k < set->count + 2; k++) {
        uint32_t id = k < 2 ? bounds[k] : set->order[k - 2];
        if ((k > 1 && (id == set->min || id == set->max)) || (k == 1 && id == set->min))
            continue;
        if (k + 8 < set->count)
            __builtin_prefetch(&set->words[set->order[k + 8]]);
        if (k + 4 < set->count)
            __builtin_prefetch(hy_string_data(&set->words[set->order[k + 4]]));
        const HyString *s = &set->words[id];
        offsets[id] = (uint32_t)at;
        if (s->len <= inline_len)
            continue;
        memcpy(heap + at, hy_string_data(s), s->len);
        at += s->len;
    }
}

static void put_view(const TextSet *set, uint32_t id, const uint32_t *offsets, uint8_t *out)
{
    const HyString *s = &set->words[id];
    hy_store_u32(out, s->len);
    if (s->len <= HY_STRING_INLINE) {
        memcpy(out + 4, s->prefix, 4);
        memcpy(out + 8, s->rest, 8);
    } else {
        hy_store_u32(out + 4, 0);
        hy_store_u64(out + 8, offsets[id]);
    }
}

static uint64_t long_ref(const HyString *s, uint32_t offset)
{
    uint32_t rest = offset;
    if (s->len <= 4)
        memcpy(&rest, s->prefix, 4);
    return s->len | (uint64_t)rest << 32;
}
static uint32_t short_ref(const HyString *s, uint32_t offset)
{
    uint32_t rest = offset;
    if (s->len <= 3)
        memcpy(&rest, s->prefix, 4);
    return s->len | rest << 8;
}

static void put_dictionary(const HyEncodeJob *job, const TextSet *set, bool is_short,
    const uint32_t *offsets, uint8_t *out)
{
    size_t entry = is_short ? 4 : 8;
    if (job->mask) {
        memset(out, 0, entry);
        out += entry;
    }
    for (uint32_t k = 0; k < set->count; k++) {
        uint32_t id = set->order[k];
        if (is_short)
            hy_store_u32(out + 4 * (size_t)k, short_ref(&set->words[id], offsets[id]));
        else
            hy_store_u64(out + 8 * (size_t)k, long_ref(&set->words[id], offsets[id]));
    }
}

/* References by id first, so that the pass over the rows only copies. */
static HyStatus put_raw(
    HyEncodeJob *job, const TextSet *set, bool is_short, uint32_t *offsets, uint8_t *out)
{
    const uint8_t *mask = job->mask;
    if (is_short) {
        uint32_t *refs = offsets;
        for (uint32_t id = 0; id < set->count; id++)
            refs[id] = short_ref(&set->words[id], offsets[id]);
        for (size_t i = 0; i < job->n_rows; i++)
            hy_store_u32(out + 4 * i, !mask || mask[i] ? refs[set->ids[i]] : HY_SHORT_TEXT_NULL);
        return HY_OK;
    }
    uint64_t *refs;
    HY_SCRATCH(&job->scratch, refs, set->count);
    for (uint32_t id = 0; id < set->count; id++)
        refs[id] = long_ref(&set->words[id], offsets[id]);
    for (size_t i = 0; i < job->n_rows; i++)
        hy_store_u64(out + 8 * i, !mask || mask[i] ? refs[set->ids[i]] : HY_LONG_TEXT_NULL);
    return HY_OK;
}

static HyStatus put_codes(
    HyEncodeJob *job, const TextSet *set, const HyChunkEncoding *encoding, HyBlockParts *parts)
{
    uint32_t *ranks;
    uint32_t *codes;
    HY_SCRATCH(&job->scratch, ranks, set->count);
    HY_SCRATCH(&job->scratch, codes, job->n_rows);
    for (uint32_t k = 0; k < set->count; k++)
        ranks[set->order[k]] = k;
    for (size_t i = 0; i < job->n_rows; i++)
        codes[i] = ranks[set->ids[i]];
    return hy_block_put_codes(job, encoding, parts, codes);
}

static HyBlockSizes sizes_of(
    const HyEncodeJob *job, const TextSet *set, const HyChunkEncoding *encoding)
{
    size_t entry = encoding->is_short ? 4 : 8;
    if (encoding->shape == HY_SHAPE_SINGLE) {
        uint32_t len = set->words[0].len;
        return (HyBlockSizes){.heap = len > HY_STRING_INLINE ? len : 0};
    }
    HyBlockSizes sizes = {.heap = encoding->is_short ? set->heap_short : set->heap_long};
    if (encoding->shape == HY_SHAPE_DICT) {
        sizes.values = (set->count + (job->mask != NULL)) * entry;
        sizes.codes = ((size_t)job->n_rows * encoding->bits + 7) / 8;
    } else {
        sizes.values = job->n_rows * entry;
    }
    return sizes;
}

static HyStatus put_block(HyEncodeJob *job, TextSet *set, const HyChunkEncoding *encoding)
{
    HyBlockParts parts;
    uint32_t *offsets;
    HyBlockSizes sizes = sizes_of(job, set, encoding);
    if (sizes.heap > UINT32_MAX)
        return hy_error("54000", "the texts of a block are larger than 4 GB");
    HY_SCRATCH(&job->scratch, offsets, set->count);
    HY_TRY(hy_block_begin(job, encoding, sizes, &parts));
    if (encoding->shape == HY_SHAPE_SINGLE) {
        put_heap(set, HY_STRING_INLINE, parts.heap, offsets);
        put_view(set, 0, offsets, parts.bounds);
        return HY_OK;
    }
    put_heap(set, encoding->is_short ? 3 : 4, parts.heap, offsets);
    put_view(set, set->min, offsets, parts.bounds);
    put_view(set, set->max, offsets, parts.bounds + 16);
    bool is_collated = job->type.collation && job->version >= 1;
    hy_psma_build_text(parts.psma, job->data, job->mask, job->n_rows,
        hy_chunk_psma_slots(HY_PHYS_STRING), is_collated);
    hy_store_u32(parts.null_range + 8, set->count + (job->mask != NULL));
    if (encoding->shape == HY_SHAPE_RAW)
        return put_raw(job, set, encoding->is_short, offsets, parts.values);
    put_dictionary(job, set, encoding->is_short, offsets, parts.values);
    return put_codes(job, set, encoding, &parts);
}

HyStatus hy_encode_text(HyEncodeJob *job)
{
    TextSet set;
    const HyChunkEncoding *encoding = NULL;
    memset(&set, 0, sizeof set);
    HY_TRY(collect(job, &set));
    measure(&set);
    HyEncodeFacts facts = {.distinct = set.count, .is_short = set.is_short};
    HY_TRY(hy_encode_choose(job, &facts, &encoding));
    HY_TRY(sort_words(job, &set, encoding));
    return put_block(job, &set, encoding);
}
