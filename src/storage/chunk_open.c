/* Opening chunks: everything that reading relies on is checked here once, so that the loops over
 * rows need no checks (spec/hyper-file-blocks.md, sections 2 to 5). */
#include "io/container.h"
#include "storage/chunk_internal.h"
#include <stdlib.h>

static HyStatus damaged(const char *what, uint64_t offset)
{
    return hy_error_detail(hy_error("XX001", "column block is damaged: %s", what),
        "at offset %llu of the block", (unsigned long long)offset);
}

uint64_t hy_dictionary_next_id(void)
{
    static atomic_uint_least64_t last;
    return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

HyStatus hy_chunk_new(HyType type, HyMemory *memory, HyChunk **out)
{
    void *block = NULL;
    HY_TRY(hy_memory_zalloc(memory, sizeof(HyChunk), &block));
    HyChunk *chunk = block;
    chunk->type = type;
    chunk->physical = hy_type_physical(type);
    chunk->width = hy_physical_size(chunk->physical);
    chunk->memory = memory;
    atomic_init(&chunk->dict_order, HY_ORDER_UNKNOWN);
    *out = chunk;
    return HY_OK;
}

void hy_chunk_destroy(HyChunk *chunk)
{
    if (!chunk)
        return;
    if (chunk->shape != HY_SHAPE_PLAIN)
        free((void *)(uintptr_t)atomic_load_explicit(&chunk->zones, memory_order_relaxed));
    for (size_t i = 0; i < HY_ARRAY_LEN(chunk->owned); i++)
        hy_memory_free(chunk->memory, chunk->owned[i], chunk->owned_len[i]);
    hy_memory_free(chunk->memory, chunk->bytes, chunk->bytes_allocated);
    hy_memory_free(chunk->memory, chunk, sizeof *chunk);
}

/* ---- Values of the frame ---- */

/* A value in the form of the file to that of memory. */
static void load_fixed(const HyChunk *chunk, const uint8_t *from, HyPayload *out)
{
    if (chunk->physical == HY_PHYS_UUID)
        hy_uuid_reverse(out->bytes, from);
    else
        memcpy(out->bytes, from, chunk->width);
}

static HyStatus load_view(const HyChunk *chunk, size_t offset, HyPayload *out)
{
    const uint8_t *view = chunk->bytes + offset;
    uint32_t len = hy_load_u32(view);
    if (len <= HY_STRING_INLINE) {
        out->string = hy_string_view((const char *)view + 4, len);
        return HY_OK;
    }
    uint64_t at = hy_load_u64(view + 8);
    if (at > chunk->heap_len || len > chunk->heap_len - at)
        return damaged("text bound outside the heap", offset);
    out->string = hy_string_view(chunk->heap + at, len);
    return HY_OK;
}

static HyStatus load_value(const HyChunk *chunk, size_t offset, HyPayload *out)
{
    if (chunk->physical == HY_PHYS_STRING)
        return load_view(chunk, offset, out);
    load_fixed(chunk, chunk->bytes + offset, out);
    if (chunk->physical == HY_PHYS_U8 && out->bytes[0] > 1)
        return damaged("boolean that is neither true nor false", offset);
    return HY_OK;
}

/* ---- Dictionaries ---- */

static HyStatus own(HyChunk *chunk, size_t slot, size_t bytes, void **out)
{
    HY_TRY(hy_memory_alloc(chunk->memory, bytes, out));
    chunk->owned[slot] = *out;
    chunk->owned_len[slot] = bytes;
    return HY_OK;
}

static bool long_text_fits(const HyChunk *chunk, uint64_t ref)
{
    uint64_t len = ref & UINT32_MAX;
    return len <= 4 || (ref >> 32) + len <= chunk->heap_len;
}
static bool short_text_fits(const HyChunk *chunk, uint32_t ref)
{
    uint32_t len = ref & 0xFF;
    return len <= 3 || (size_t)(ref >> 8) + len <= chunk->heap_len;
}

static HyStatus text_dictionary(HyChunk *chunk, size_t offset, uint32_t count)
{
    void *memory = NULL;
    HY_TRY(own(chunk, 0, count * sizeof(HyString), &memory));
    HyString *texts = memory;
    bool fits = true;
    for (uint32_t i = 0; i < count; i++) {
        if (chunk->encoding->is_short) {
            uint32_t ref = hy_load_u32(chunk->bytes + offset + 4 * (size_t)i);
            bool ok = short_text_fits(chunk, ref);
            fits &= ok;
            texts[i] = hy_chunk_short_text(chunk, ok ? ref : 0);
        } else {
            uint64_t ref = hy_load_u64(chunk->bytes + offset + 8 * (size_t)i);
            bool ok = long_text_fits(chunk, ref);
            fits &= ok;
            texts[i] = hy_chunk_long_text(chunk, ok ? ref : 0);
        }
    }
    chunk->dict.values = texts;
    return fits ? HY_OK : damaged("text of the dictionary outside the heap", offset);
}

static HyStatus fixed_dictionary(HyChunk *chunk, size_t offset, uint32_t count)
{
    const uint8_t *entries = chunk->bytes + offset;
    void *memory = NULL;
    chunk->dict.values = entries;
    if (chunk->encoding->is_short) {
        HY_TRY(own(chunk, 0, count * sizeof(double), &memory));
        double *values = memory;
        for (uint32_t i = 0; i < count; i++)
            values[i] = (double)hy_load_f32(entries + 4 * (size_t)i);
        chunk->dict.values = values;
    } else if (chunk->physical == HY_PHYS_UUID) {
        HY_TRY(own(chunk, 0, 16 * (size_t)count, &memory));
        for (uint32_t i = 0; i < count; i++)
            hy_uuid_reverse((uint8_t *)memory + 16 * (size_t)i, entries + 16 * (size_t)i);
        chunk->dict.values = memory;
    } else if (chunk->physical == HY_PHYS_U8) {
        for (uint32_t i = 0; i < count; i++)
            if (entries[i] > 1)
                return damaged("boolean that is neither true nor false", offset + i);
    } else if ((size_t)(entries - chunk->bytes) % chunk->width != 0) {
        return damaged("dictionary is not aligned", offset);
    }
    return HY_OK;
}

static HyDictionaryOrder find_order(const HyChunk *chunk)
{
    const uint8_t *values = chunk->dict.values;
    if (chunk->physical == HY_PHYS_STRING) {
        const HyString *texts = chunk->dict.values;
        for (uint32_t i = 1; i < chunk->dict.size; i++) {
            int c = hy_chunk_is_collated(chunk)
                        ? hy_collation_compare(chunk->type.collation, &texts[i - 1], &texts[i])
                        : hy_string_compare(&texts[i - 1], &texts[i]);
            /* texts that a collation holds to be equal stand beside each other */
            if (hy_chunk_is_collated(chunk) ? c > 0 : c >= 0)
                return HY_ORDER_NONE;
        }
        return HY_ORDER_ASCENDING;
    }
    for (uint32_t i = 1; i < chunk->dict.size; i++)
        if (hy_fixed_key(chunk->physical, values + (i - 1) * chunk->width) >=
            hy_fixed_key(chunk->physical, values + i * chunk->width))
            return HY_ORDER_NONE;
    return HY_ORDER_ASCENDING;
}

bool hy_chunk_dictionary_is_ordered(const HyChunk *chunk)
{
    int order = atomic_load_explicit(&chunk->dict_order, memory_order_relaxed);
    if (order == HY_ORDER_UNKNOWN) {
        /* Several threads may find out at once: they find the same. */
        order = find_order(chunk);
        _Atomic int *kept = (_Atomic int *)(uintptr_t)&chunk->dict_order;
        atomic_store_explicit(kept, order, memory_order_relaxed);
    }
    return order == HY_ORDER_ASCENDING;
}

static HyStatus open_dictionary(HyChunk *chunk, size_t offset, uint32_t count)
{
    uint32_t dummy = chunk->encoding->nulls; /* entry 0 stands for null */
    if (count <= dummy) {
        /* No entry but that of null: checked codes are all 0 then. */
        chunk->shape = HY_SHAPE_ALL_NULL;
        return count ? HY_OK : damaged("empty dictionary", offset);
    }
    if (count > HY_BLOCK_ROWS + dummy)
        return damaged("more entries in the dictionary than a block has rows", offset);
    size_t entry = hy_chunk_entry_bytes(chunk->physical, chunk->encoding->is_short);
    offset += dummy * entry;
    chunk->dict.size = count - dummy;
    chunk->dict.id = hy_dictionary_next_id();
    if (chunk->physical == HY_PHYS_STRING)
        HY_TRY(text_dictionary(chunk, offset, count - dummy));
    else
        HY_TRY(fixed_dictionary(chunk, offset, count - dummy));
    chunk->distinct = count - dummy;
    if (!hy_chunk_is_collated(chunk))
        atomic_store_explicit(&chunk->dict_order, find_order(chunk), memory_order_relaxed);
    return HY_OK;
}

/* ---- Rows ---- */

/* Nulls among rows [first, end); for dictionaries and truncated booleans also the largest code. */
static uint32_t scan_rows(const HyChunk *chunk, size_t first, size_t end, uint32_t *max_code)
{
    const HyChunkKernels *kernels = hy_chunk_kernels();
    uint8_t buf[HY_VECTOR_SIZE + 8];
    uint8_t mask[HY_VECTOR_SIZE];
    size_t n_nulls = 0;
    for (size_t at = first; at < end; at += HY_VECTOR_SIZE) {
        size_t n = end - at < HY_VECTOR_SIZE ? end - at : HY_VECTOR_SIZE;
        if (chunk->shape == HY_SHAPE_RAW) {
            if (chunk->physical == HY_PHYS_STRING)
                return 0;
            hy_chunk_valid_mask(chunk, at, n, buf, mask);
            n_nulls += kernels->count_zero[0](mask, n);
            continue;
        }
        unsigned width;
        const void *codes = hy_chunk_code_bytes(chunk, at, n, buf, &width);
        if (chunk->encoding->nulls)
            n_nulls += kernels->count_zero[width](codes, n);
        if (width < 3) {
            uint32_t max = kernels->max_code[width](codes, n);
            *max_code = max > *max_code ? max : *max_code;
        }
    }
    return (uint32_t)n_nulls;
}

/* References inside the heap, and the number of nulls. */
static bool scan_texts(const HyChunk *chunk, size_t first, size_t end, uint32_t *n_nulls)
{
    uint32_t outside = 0;
    uint32_t nulls = 0;
    bool may_be_null = chunk->encoding->nulls;
    size_t heap_len = chunk->heap_len;
    if (chunk->encoding->is_short) {
        for (size_t i = first; i < end; i++) {
            uint32_t ref = hy_load_u32(chunk->values + 4 * i);
            uint32_t is_null = (ref == HY_SHORT_TEXT_NULL) & may_be_null;
            uint32_t is_out = ((ref & 0xFF) > 3) & ((size_t)(ref >> 8) + (ref & 0xFF) > heap_len);
            nulls += is_null;
            outside |= is_out & ~is_null;
        }
    } else {
        for (size_t i = first; i < end; i++) {
            uint64_t ref = hy_load_u64(chunk->values + 8 * i);
            uint32_t is_null = (ref == HY_LONG_TEXT_NULL) & may_be_null;
            uint64_t len = ref & UINT32_MAX;
            uint32_t is_out = (len > 4) & ((ref >> 32) + len > heap_len);
            nulls += is_null;
            outside |= is_out & ~is_null;
        }
    }
    *n_nulls += nulls;
    return !outside;
}

static bool booleans_are_sound(const HyChunk *chunk, uint32_t max_code)
{
    if (chunk->shape == HY_SHAPE_TRUNC)
        return max_code == 0 || chunk->min.bytes[0] + max_code - chunk->encoding->nulls <= 1;
    if (chunk->shape == HY_SHAPE_RAW)
        for (size_t i = 0; i < chunk->n_rows; i++)
            if (chunk->values[i] > 1 &&
                !(chunk->encoding->nulls && chunk->values[i] == chunk->mark.bytes[0]))
                return false;
    return true;
}

/* Counts nulls in the three parts that the stated null range makes; when some lie outside, the
 * range is not believed. */
static HyStatus open_rows(HyChunk *chunk, size_t offset, uint32_t dict_count)
{
    uint32_t first = chunk->null_first;
    uint32_t end = chunk->null_end;
    if (first > end || end > chunk->n_rows)
        first = end = 0;
    size_t borders[4] = {0, first, end, chunk->n_rows};
    uint32_t counts[3] = {0, 0, 0};
    uint32_t max_code = 0;
    bool is_raw_text = chunk->shape == HY_SHAPE_RAW && chunk->physical == HY_PHYS_STRING;
    for (size_t part = 0; part < 3; part++) {
        if (!is_raw_text)
            counts[part] = scan_rows(chunk, borders[part], borders[part + 1], &max_code);
        else if (!scan_texts(chunk, borders[part], borders[part + 1], &counts[part]))
            return damaged("text outside the heap", offset);
    }
    if (chunk->encoding->shape == HY_SHAPE_DICT && max_code >= dict_count)
        return damaged("code behind the end of the dictionary", offset);
    if (chunk->physical == HY_PHYS_U8 && !booleans_are_sound(chunk, max_code))
        return damaged("boolean that is neither true nor false", offset);
    chunk->n_nulls = counts[0] + counts[1] + counts[2];
    chunk->has_nulls = chunk->n_nulls > 0;
    bool is_outside = counts[0] || counts[2];
    chunk->null_first = is_outside || !chunk->has_nulls ? 0 : first;
    chunk->null_end = is_outside ? chunk->n_rows : chunk->has_nulls ? end : 0;
    return HY_OK;
}

/* ---- Frames ---- */

typedef struct Offsets {
    size_t values, codes, heap; /* from the block's start */
} Offsets;

static HyStatus check_offsets(const HyChunk *chunk, Offsets *out)
{
    size_t room = chunk->len - HY_CHUNK_HEADER;
    uint64_t a = hy_load_u64(chunk->bytes + 8);
    uint64_t b = hy_load_u64(chunk->bytes + 16);
    uint64_t c = hy_load_u64(chunk->bytes + 32);
    if (a > b || b > c || c > room)
        return damaged("offsets out of order or behind the end", 8);
    if (a % 16 || b % 16)
        return damaged("offsets not aligned", 8);
    *out = (Offsets){
        HY_CHUNK_HEADER + (size_t)a, HY_CHUNK_HEADER + (size_t)b, HY_CHUNK_HEADER + (size_t)c};
    return HY_OK;
}

static HyStatus open_single(HyChunk *chunk)
{
    uint64_t heap = hy_load_u64(chunk->bytes + 32);
    size_t room = chunk->len - HY_CHUNK_HEADER;
    if (room < 16 || heap > room)
        return damaged("single value behind the end", HY_CHUNK_HEADER);
    chunk->heap = (const char *)chunk->bytes + HY_CHUNK_HEADER + heap;
    chunk->heap_len = room - (size_t)heap;
    HY_TRY(load_value(chunk, HY_CHUNK_HEADER, &chunk->min));
    chunk->max = chunk->min;
    chunk->has_bounds = true;
    chunk->distinct = 1;
    return HY_OK;
}

static void open_base(HyChunk *chunk)
{
    HyUint128 base = 0;
    memcpy(&base, chunk->bytes + HY_CHUNK_HEADER, chunk->width); /* in the form of the file */
    chunk->base = base - chunk->encoding->nulls;
}

static HyStatus open_framed(HyChunk *chunk)
{
    Offsets at = {0, 0, 0};
    HyChunkFrame frame = hy_chunk_frame(chunk->physical, chunk->encoding);
    HY_TRY(check_offsets(chunk, &at));
    if (at.values < frame.values)
        return damaged("values begin inside the index", 8);
    chunk->heap = (const char *)chunk->bytes + at.heap;
    chunk->heap_len = chunk->len - at.heap;

    size_t entry = hy_chunk_entry_bytes(chunk->physical, chunk->encoding->is_short);
    size_t code_bytes = ((size_t)chunk->n_rows * chunk->encoding->bits + 7) / 8;
    uint32_t distinct = hy_load_u32(chunk->bytes + frame.null_range + 8);
    bool is_dict = chunk->shape == HY_SHAPE_DICT;
    if (is_dict && (at.codes - at.values) / entry < distinct)
        return damaged("dictionary runs into the codes", frame.null_range + 8);
    if (is_dict && at.heap - at.codes < code_bytes)
        return damaged("codes run behind their end", at.codes);
    if (!is_dict &&
        at.heap - at.values < (chunk->shape == HY_SHAPE_RAW ? chunk->n_rows * entry : code_bytes))
        return damaged("values run behind their end", at.values);

    HY_TRY(load_value(chunk, HY_CHUNK_HEADER, &chunk->min));
    HY_TRY(load_value(chunk, HY_CHUNK_HEADER + chunk->width, &chunk->max));
    chunk->psma = chunk->bytes + frame.psma;
    chunk->null_first = hy_load_u32(chunk->bytes + frame.null_range);
    chunk->null_end = hy_load_u32(chunk->bytes + frame.null_range + 4);
    chunk->has_bounds = !hy_chunk_is_collated(chunk);
    chunk->has_psma = !hy_chunk_is_collated(chunk);
    chunk->codes = chunk->bytes + (is_dict ? at.codes : at.values);
    chunk->values = chunk->bytes + at.values;
    if (chunk->encoding->shape == HY_SHAPE_TRUNC)
        open_base(chunk);
    if (frame.mark && chunk->encoding->is_short)
        hy_store_f32(chunk->mark.bytes, (float)hy_load_f64(chunk->bytes + frame.mark));
    else if (frame.mark)
        memcpy(chunk->mark.bytes, chunk->bytes + frame.mark, chunk->width);

    HY_TRY(open_rows(chunk, is_dict ? at.codes : at.values, distinct));
    if (is_dict)
        return open_dictionary(chunk, at.values, distinct);
    /* of a raw or truncated block 0 would say that nobody counted */
    chunk->distinct = distinct > chunk->has_nulls ? distinct - chunk->has_nulls : 0;
    return HY_OK;
}

static HyStatus open_block(HyChunk *chunk, uint32_t n_rows)
{
    if (chunk->len < HY_CHUNK_HEADER)
        return damaged("too short for a header", 0);
    uint64_t rows = hy_load_u64(chunk->bytes);
    if (rows != n_rows || n_rows == 0 || n_rows > HY_BLOCK_ROWS)
        return hy_error_detail(hy_error("XX001", "column block is damaged: row count"),
            "%llu rows, expected %u, at offset 0 of the block", (unsigned long long)rows, n_rows);
    chunk->n_rows = n_rows;
    chunk->encoding = hy_chunk_encoding(hy_load_u64(chunk->bytes + 24));
    if (!chunk->encoding)
        return damaged("unknown encoding", 24);
    if (!hy_chunk_encoding_fits(chunk->type, chunk->encoding))
        return damaged("encoding does not go with the column's type", 24);
    chunk->shape = chunk->encoding->shape;
    if (chunk->shape == HY_SHAPE_SINGLE)
        return open_single(chunk);
    if (chunk->shape != HY_SHAPE_ALL_NULL)
        HY_TRY(open_framed(chunk));
    if (chunk->shape == HY_SHAPE_ALL_NULL) {
        chunk->n_nulls = n_rows;
        chunk->has_nulls = true;
        chunk->has_bounds = false;
        chunk->has_psma = false;
        chunk->null_first = 0;
        chunk->null_end = n_rows;
        chunk->min = chunk->max = (HyPayload){.bytes = {0}};
    }
    return HY_OK;
}

static HyStatus open_bytes(HyType type, uint16_t database_version, HyObjectBytes given,
    size_t allocated, uint32_t n_rows, HyChunk **out)
{
    HyChunk *chunk = NULL;
    HyStatus st = hy_chunk_new(type, given.memory, &chunk);
    if (st) {
        hy_memory_free(given.memory, given.data, allocated);
        return st;
    }
    chunk->version = database_version;
    chunk->bytes = given.data;
    chunk->len = given.size;
    chunk->bytes_allocated = allocated;
    HY_GO(open_block(chunk, n_rows));
    *out = chunk;
    chunk = NULL;
done:
    hy_chunk_destroy(chunk);
    return st;
}

HyStatus hy_chunk_open(HyType type, uint16_t database_version, uint8_t *bytes, size_t len,
    uint32_t n_rows, HyMemory *memory, HyChunk **out)
{
    HyObjectBytes given = {.data = bytes, .size = len, .memory = memory};
    return open_bytes(type, database_version, given, len, n_rows, out);
}

HyStatus hy_chunk_open_object(
    HyType type, uint16_t database_version, HyObjectBytes *bytes, uint32_t n_rows, HyChunk **out)
{
    HyObjectBytes given = *bytes;
    *bytes = (HyObjectBytes){0};
    size_t allocated = given.size + HY_OBJECT_PADDING;
    return open_bytes(type, database_version, given, allocated, n_rows, out);
}

HyStatus hy_chunk_plain(
    HyType type, const void *data, const uint64_t *validity, uint32_t n_rows, HyChunk **out)
{
    HyChunk *chunk = NULL;
    HY_TRY(hy_chunk_new(type, NULL, &chunk));
    chunk->shape = HY_SHAPE_PLAIN;
    chunk->values = data;
    chunk->n_rows = n_rows;
    if (validity)
        chunk->n_nulls = n_rows - (uint32_t)hy_bitmap_count(validity, n_rows);
    chunk->has_nulls = chunk->n_nulls > 0;
    chunk->validity = chunk->has_nulls ? validity : NULL;
    chunk->null_end = chunk->has_nulls ? n_rows : 0;
    *out = chunk;
    return HY_OK;
}

static HyValue value_of(const HyChunk *chunk, const HyPayload *payload)
{
    HyValue value = hy_value_null(chunk->type);
    value.is_null = false;
    memcpy(&value.u8, payload->bytes, 16);
    return value;
}

void hy_chunk_info(const HyChunk *chunk, HyChunkInfo *out)
{
    *out = (HyChunkInfo){
        .type = chunk->type,
        .n_rows = chunk->n_rows,
        .n_nulls = chunk->n_nulls,
        .encoding_id = chunk->encoding ? chunk->encoding->id : 0,
        .encoding = chunk->encoding ? chunk->encoding->name : "plain",
        .memory_bytes = sizeof *chunk + chunk->len,
        .has_min_max = chunk->has_bounds,
        .min = hy_value_null(chunk->type),
        .max = hy_value_null(chunk->type),
        .distinct_count = chunk->distinct,
    };
    for (size_t i = 0; i < HY_ARRAY_LEN(chunk->owned); i++)
        out->memory_bytes += chunk->owned_len[i];
    if (chunk->has_bounds) {
        out->min = value_of(chunk, &chunk->min);
        out->max = value_of(chunk, &chunk->max);
    }
}
