/* Which encoding a block gets (spec/hyper-file-blocks.md, section 10; spec/hyper-file-size.md,
 * section 4). */
#include "storage/chunk_encode_internal.h"

/* What the genuine writer does not count of a dictionary. */
#define FREE_DICTIONARY_BYTES 16384

static unsigned code_bits(uint32_t n_entries)
{
    unsigned bits = 1;
    while (bits < 32 && n_entries > UINT32_C(1) << bits)
        bits *= 2;
    return bits;
}

typedef struct Sizes {
    const HyChunkEncoding *dict, *trunc, *raw; /* NULL: not possible */
    uint64_t dict_codes, dict_entries, trunc_bytes, raw_bytes;
} Sizes;

static Sizes sizes_of(const HyEncodeJob *job, const HyEncodeFacts *facts)
{
    bool nulls = job->mask != NULL;
    uint64_t n = job->n_rows;
    uint64_t entry = hy_chunk_entry_bytes(job->physical, facts->is_short);
    uint32_t entries = facts->distinct + nulls;
    unsigned bits = code_bits(entries);
    Sizes s = {
        .dict = hy_chunk_encoding_find(HY_SHAPE_DICT, bits, nulls, facts->is_short),
        .raw = hy_chunk_encoding_find(HY_SHAPE_RAW, 0, nulls, facts->is_short),
        .dict_codes = (n * bits + 7) / 8,
        .dict_entries = entries * entry,
        .trunc_bytes = n * facts->trunc_bits / 8,
        .raw_bytes = n * entry,
    };
    if (facts->trunc_bits)
        s.trunc = hy_chunk_encoding_find(HY_SHAPE_TRUNC, facts->trunc_bits, nulls, false);
    return s;
}

/* Least bytes. Of what compression makes of them this is a fair measure: codes and differences of
 * equal width compress alike, and where they differ only one has a dictionary to add. On a tie the
 * truncated form, which needs no dictionary. */
static const HyChunkEncoding *choose_smallest(const HyEncodeFacts *facts, Sizes s)
{
    const HyChunkEncoding *best = s.raw;
    uint64_t bytes = s.raw_bytes;
    if (!facts->has_both_zeros && s.dict_codes + s.dict_entries <= bytes) {
        best = s.dict;
        bytes = s.dict_codes + s.dict_entries;
    }
    return s.trunc && s.trunc_bytes <= bytes ? s.trunc : best;
}

static const HyChunkEncoding *choose_genuine(const HyEncodeJob *job, Sizes s)
{
    if (s.dict->bits < 8) {
        bool is_byte = s.trunc && s.trunc->bits == 8;
        return is_byte && job->n_rows <= s.dict_codes + s.dict_entries ? s.trunc : s.dict;
    }
    uint64_t excess =
        s.dict_entries > FREE_DICTIONARY_BYTES ? s.dict_entries - FREE_DICTIONARY_BYTES : 0;
    uint64_t dict_bytes = s.dict_codes + excess;
    const HyChunkEncoding *best = s.raw;
    uint64_t bytes = s.raw_bytes;
    if (s.trunc && s.trunc->bits > 8 && s.trunc_bytes <= bytes) {
        best = s.trunc;
        bytes = s.trunc_bytes;
    }
    if (dict_bytes <= bytes) {
        best = s.dict;
        bytes = dict_bytes;
    }
    return s.trunc && s.trunc->bits == 8 && s.trunc_bytes <= bytes ? s.trunc : best;
}

static HyStatus check_wanted(const HyEncodeJob *job, const HyEncodeFacts *facts)
{
    const HyChunkEncoding *e = job->wanted;
    uint32_t entries = facts->distinct + e->nulls;
    if (e->is_short && !facts->is_short)
        return hy_encode_refused(job, "some value does not fit a short entry");
    if (e->shape == HY_SHAPE_SINGLE && facts->distinct != 1)
        return hy_encode_refused(job, "there are several values");
    if (e->shape == HY_SHAPE_DICT && code_bits(entries) > e->bits)
        return hy_encode_refused(job, "too many distinct values");
    if (e->shape == HY_SHAPE_TRUNC && (!facts->trunc_bits || facts->trunc_bits > e->bits))
        return hy_encode_refused(job, "the values lie too far apart");
    return HY_OK;
}

HyStatus hy_encode_choose(
    const HyEncodeJob *job, const HyEncodeFacts *facts, const HyChunkEncoding **out)
{
    *out = job->wanted;
    if (job->wanted)
        return check_wanted(job, facts);
    bool is_genuine = job->effort == HY_EFFORT_GENUINE;
    HyEncodeFacts allowed = *facts;
    if (allowed.trunc_bits) {
        /* Older versions know neither differences of 64 bits nor truncated types of 16 bytes. */
        const HyChunkEncoding *trunc =
            hy_chunk_encoding_find(HY_SHAPE_TRUNC, facts->trunc_bits, job->mask != NULL, false);
        bool is_narrower = job->width == 1 || facts->trunc_bits < 8 * job->width;
        if (!is_narrower || !hy_chunk_encoding_fits(job->type, trunc) ||
            (is_genuine && !facts->is_genuine_trunc) ||
            (job->version < 3 && (facts->trunc_bits == 64 || job->width == 16)))
            allowed.trunc_bits = 0;
    }
    if (facts->distinct == 1 && !job->mask && (is_genuine || !facts->has_both_zeros)) {
        *out = hy_chunk_encoding_find(HY_SHAPE_SINGLE, 0, false, false);
        return HY_OK;
    }
    Sizes sizes = sizes_of(job, &allowed);
    *out = is_genuine ? choose_genuine(job, sizes) : choose_smallest(&allowed, sizes);
    return HY_OK;
}
