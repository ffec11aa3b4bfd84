#include "base/hash.h"
#include "types/collation.h"
#include "types/compare.h"
#include "types/kernels.h"

#define CHUNK_ROWS 256
#define NULL_HASH  UINT64_C(0x9AE16A3B2F90404F)

/* Arrays and text whose equality is not that of its bytes: hash of the sort key. */
static HyStatus hash_by_key(HyType type, const char *values, size_t n, uint64_t *hashes)
{
    HyBuffer key = {0};
    HyStatus st = HY_OK;
    size_t width = hy_physical_size(hy_type_physical(type));
    for (size_t i = 0; i < n; i++) {
        key.len = 0;
        if (type.id == HY_TYPE_ARRAY && ((const HyString *)(const void *)values)[i].len == 0) {
            hashes[i] = 0; /* the payload of a null, which is no array; nobody looks at its hash */
            continue;
        }
        HY_GO(hy_sort_key_append(type, values + i * width, false, false, false, &key));
        hashes[i] = hy_hash_bytes(key.data, key.len);
    }
done:
    hy_buffer_free(&key);
    return st;
}

static bool needs_key(HyType type)
{
    return type.id == HY_TYPE_ARRAY || (type.collation && !hy_collation_is_exact(type.collation));
}

/* Hashes of n values in flat form. */
static HyStatus hash_values(HyType type, const void *values, size_t n, uint64_t *hashes)
{
    if (needs_key(type))
        return hash_by_key(type, values, n, hashes);
    HY_KERNEL_PICK(hy_hash_kernel)(hy_type_physical(type))(values, n, hashes);
    return HY_OK;
}

static void blend(
    const HyVector *v, size_t start, size_t n, bool first, const uint64_t *fresh, uint64_t *hashes)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t h = hy_vector_is_null(v, start + i) ? NULL_HASH : fresh[i];
        hashes[i] = first ? h : hy_hash_combine(hashes[i], h);
    }
}

static void blend_no_nulls(const uint64_t *restrict fresh, size_t n, uint64_t *restrict hashes)
{
    for (size_t i = 0; i < n; i++)
        hashes[i] = hy_hash_combine(hashes[i], fresh[i]);
}

static HyStatus hash_constant(const HyVector *v, size_t n, bool first, uint64_t *hashes)
{
    uint64_t h = NULL_HASH;
    if (!hy_vector_is_null(v, 0))
        HY_TRY(hash_values(v->type, v->data, 1, &h));
    for (size_t i = 0; i < n; i++)
        hashes[i] = first ? h : hy_hash_combine(hashes[i], h);
    return HY_OK;
}

/* Small dictionaries: each entry is hashed once. */
static HyStatus hash_small_dictionary(const HyVector *v, size_t n, bool first, uint64_t *hashes)
{
    uint64_t entries[HY_VECTOR_SIZE];
    const uint32_t *codes = v->data;
    HY_TRY(hash_values(v->type, v->dict->values, v->dict->size, entries));
    for (size_t i = 0; i < n; i++) {
        uint64_t h = hy_vector_is_null(v, i) ? NULL_HASH : entries[codes[i]];
        hashes[i] = first ? h : hy_hash_combine(hashes[i], h);
    }
    return HY_OK;
}

HyStatus hy_vector_hash(const HyVector *v, size_t n, bool first, uint64_t *hashes)
{
    if (v->kind == HY_VECTOR_CONSTANT)
        return hash_constant(v, n, first, hashes);
    if (v->kind == HY_VECTOR_DICTIONARY && v->dict->size <= n && v->dict->size <= HY_VECTOR_SIZE)
        return hash_small_dictionary(v, n, first, hashes);
    if (v->kind == HY_VECTOR_FLAT && first && !v->validity)
        return hash_values(v->type, v->data, n, hashes);

    size_t width = hy_physical_size(hy_type_physical(v->type));
    const char *values = hy_vector_values(v);
    HyString rows[CHUNK_ROWS]; /* 16 bytes each, enough for all types */
    uint64_t fresh[CHUNK_ROWS];
    for (size_t start = 0; start < n; start += CHUNK_ROWS) {
        size_t count = n - start < CHUNK_ROWS ? n - start : CHUNK_ROWS;
        const void *flat = values + start * width;
        if (v->kind == HY_VECTOR_DICTIONARY) {
            for (size_t i = 0; i < count; i++)
                memcpy((char *)rows + i * width, values + hy_vector_index(v, start + i) * width,
                    width);
            flat = rows;
        }
        HY_TRY(hash_values(v->type, flat, count, fresh));
        if (!first && !v->validity)
            blend_no_nulls(fresh, count, hashes + start);
        else
            blend(v, start, count, first, fresh, hashes + start);
    }
    return HY_OK;
}
