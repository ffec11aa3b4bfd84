/* Checks what a chunk states about itself: its values are encoded again with the same id, and the
 * facts of the new block, which are exact, must lie within those stated. */
#include "storage/chunk_filter_internal.h"
#include <stdio.h>

typedef struct Report {
    void (*fn)(void *ctx, const char *fault);
    void *ctx;
} Report;

static HY_PRINTF(2, 3) void fault(const Report *report, const char *format, ...)
{
    char text[160];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    report->fn(report->ctx, text);
}

static void verify_frame(const HyChunk *chunk, const Report *report)
{
    uint64_t heap = hy_load_u64(chunk->bytes + 32);
    HyChunkShape shape = chunk->encoding->shape;
    if (hy_load_u64(chunk->bytes + 40))
        fault(report, "reserved word of the header is not zero");
    if (heap % 16 || chunk->len % 16)
        fault(report, "heap or end of the block is not aligned");
    if (shape == HY_SHAPE_SINGLE || shape == HY_SHAPE_ALL_NULL) {
        if (hy_load_u64(chunk->bytes + 8) || hy_load_u64(chunk->bytes + 16) ||
            heap != (shape == HY_SHAPE_SINGLE ? 16 : 0))
            fault(report, "offsets in the header of a block without values");
        return;
    }
    if (chunk->physical != HY_PHYS_STRING && HY_CHUNK_HEADER + heap != chunk->len)
        fault(report, "heap offset %#llx is not the end of the block", (unsigned long long)heap);
    bool is_dict = chunk->encoding->shape == HY_SHAPE_DICT;
    if (!is_dict && hy_load_u64(chunk->bytes + 8) != hy_load_u64(chunk->bytes + 16))
        fault(report, "offset of codes without a dictionary");
}

static int compare_bounds(const HyChunk *chunk, const HyPayload *a, const HyPayload *b)
{
    if (hy_chunk_is_collated(chunk) && chunk->version == 0)
        return hy_string_compare(&a->string, &b->string);
    return hy_chunk_compare(chunk, a->bytes, b->bytes);
}

static void verify_against(const HyChunk *chunk, const HyChunk *exact, const Report *report)
{
    HyChunkFrame frame = hy_chunk_frame(chunk->physical, chunk->encoding);
    if (compare_bounds(chunk, &exact->min, &chunk->min) < 0)
        fault(report, "minimum is above some value");
    if (compare_bounds(chunk, &exact->max, &chunk->max) > 0)
        fault(report, "maximum is below some value");
    const uint8_t *stated = chunk->bytes + frame.null_range;
    const uint8_t *needed = exact->bytes + frame.null_range;
    uint32_t begin = hy_load_u32(needed);
    uint32_t end = hy_load_u32(needed + 4);
    if (end && (hy_load_u32(stated) > begin || hy_load_u32(stated + 4) < end))
        fault(report, "null range does not cover rows %u to %u", begin, end - 1);
    else if (end == 0 && hy_load_u64(stated))
        fault(report, "null range without nulls");
    if (chunk->encoding->shape != HY_SHAPE_DICT && chunk->distinct &&
        chunk->distinct != exact->distinct)
        fault(report, "distinct count %u, found %u", chunk->distinct, exact->distinct);
}

/* Of values that are not the type's, and of rows that the index leaves out, one of each is enough.
 * Text with a collation has one entry for all from version 1 on, which hy_chunk_psma_slot does not
 * know. */
static void verify_values(const HyChunk *chunk, const Report *report)
{
    bool is_indexed = chunk->psma != NULL;
    bool is_collated = hy_chunk_is_collated(chunk) && chunk->version > 0;
    const char *unfit = NULL;
    for (uint32_t i = 0; i < chunk->n_rows && (is_indexed || !unfit); i++) {
        HyPayload value = {.bytes = {0}};
        if (!hy_chunk_value(chunk, i, &value))
            continue;
        if (!unfit && (unfit = hy_chunk_value_fault(chunk->type, &value)) != NULL)
            fault(report, "row %u: %s", i, unfit);
        size_t slot = is_collated ? 0 : is_indexed ? hy_chunk_psma_slot(chunk, value.bytes) : 0;
        if (is_indexed && (hy_load_u32(chunk->psma + 8 * slot) > i ||
                              hy_load_u32(chunk->psma + 8 * slot + 4) <= i)) {
            fault(report, "positional index slot %zu does not cover row %u", slot, i);
            is_indexed = false;
        }
    }
}

/* All values flat, with validity. */
static HyStatus flatten(const HyChunk *chunk, uint8_t *values, uint64_t *validity)
{
    for (size_t i = 0; i < chunk->n_rows; i++) {
        HyPayload value = {.bytes = {0}};
        bool is_valid = hy_chunk_value(chunk, i, &value);
        memcpy(values + i * chunk->width, value.bytes, chunk->width);
        hy_bitmap_put(validity, i, is_valid);
    }
    return HY_OK;
}

static HyStatus encode_again(const HyChunk *chunk, uint8_t **out, size_t *len)
{
    HyStatus st = HY_OK;
    void *values = NULL;
    void *validity = NULL;
    size_t value_bytes = chunk->n_rows * chunk->width;
    size_t validity_bytes = 8 * hy_bitmap_words(chunk->n_rows);
    HY_GO(hy_memory_zalloc(chunk->memory, value_bytes, &values));
    HY_GO(hy_memory_zalloc(chunk->memory, validity_bytes, &validity));
    HY_GO(flatten(chunk, values, validity));
    HY_GO(hy_chunk_encode_as(chunk->type, chunk->version, values, validity, chunk->n_rows,
        chunk->encoding->id, chunk->memory, out, len));
done:
    hy_memory_free(chunk->memory, values, values ? value_bytes : 0);
    hy_memory_free(chunk->memory, validity, validity ? validity_bytes : 0);
    return st;
}

/* False: of text whose collation is not to be had here. */
static bool has_order(const HyChunk *chunk)
{
    HyStatus st = hy_collation_require(chunk->type.collation);
    hy_error_free(st);
    return st == NULL;
}

HyStatus hy_chunk_verify(
    const HyChunk *chunk, void (*report)(void *ctx, const char *fault), void *ctx)
{
    Report r = {report, ctx};
    uint8_t *bytes = NULL;
    size_t len = 0;
    HyChunk *exact = NULL;
    verify_values(chunk, &r);
    if (chunk->shape == HY_SHAPE_PLAIN)
        return HY_OK;
    verify_frame(chunk, &r);
    if (chunk->encoding->shape == HY_SHAPE_SINGLE || chunk->encoding->shape == HY_SHAPE_ALL_NULL)
        return HY_OK;
    if (chunk->has_nulls && !chunk->type.nullable)
        fault(&r, "null in a column that is not nullable");
    if (chunk->shape == HY_SHAPE_DICT && has_order(chunk) &&
        !hy_chunk_dictionary_is_ordered(chunk) &&
        !(hy_chunk_is_collated(chunk) && chunk->version == 0))
        fault(&r, "dictionary is not in ascending order");
    if (chunk->has_nulls != chunk->encoding->nulls || chunk->shape == HY_SHAPE_ALL_NULL) {
        fault(&r, "encoding of nulls without nulls, or of nulls alone");
        return HY_OK;
    }
    if (!has_order(chunk))
        return HY_OK;
    HyStatus st = encode_again(chunk, &bytes, &len);
    if (st && memcmp(st->sqlstate, "0A000", 5) == 0) {
        fault(&r, "the values do not go with the encoding: %s", st->message);
        hy_error_free(st);
        return HY_OK;
    }
    HY_TRY(st);
    HY_TRY(hy_chunk_open(
        chunk->type, chunk->version, bytes, len, chunk->n_rows, chunk->memory, &exact));
    verify_against(chunk, exact, &r);
    hy_chunk_destroy(exact);
    return HY_OK;
}
