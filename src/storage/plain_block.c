/* Plain blocks: all columns in one object, values one after the other without padding, then null
 * bits by row (spec/hyper-file-format.md, section 5.4). Decoded once into chunks that own their
 * values. */
#include "storage/chunk_internal.h"

typedef struct Reader {
    const uint8_t *bytes;
    size_t len;
    size_t at;
    uint32_t n_rows;
    HyMemory *memory;
} Reader;

static HyStatus damaged(const char *what, size_t offset)
{
    return hy_error_detail(hy_error("XX001", "plain block is damaged: %s", what),
        "at offset %zu of the block", offset);
}

static HyStatus own(HyChunk *chunk, size_t slot, size_t bytes, void **out)
{
    HY_TRY(hy_memory_zalloc(chunk->memory, bytes, out));
    chunk->owned[slot] = *out;
    chunk->owned_len[slot] = bytes;
    return HY_OK;
}

static HyStatus read_fixed(Reader *r, HyChunk *chunk)
{
    size_t bytes = chunk->width * r->n_rows;
    if (bytes > r->len - r->at)
        return damaged("values run behind the end", r->at);
    void *memory = NULL;
    HY_TRY(own(chunk, 0, bytes, &memory));
    const uint8_t *from = r->bytes + r->at;
    if (chunk->physical == HY_PHYS_UUID)
        for (size_t i = 0; i < r->n_rows; i++)
            hy_uuid_reverse((uint8_t *)memory + 16 * i, from + 16 * i);
    else if (chunk->physical == HY_PHYS_U8)
        for (size_t i = 0; i < r->n_rows; i++)
            ((uint8_t *)memory)[i] = from[i] & 1; /* of a null: arbitrary */
    else
        memcpy(memory, from, bytes);
    chunk->values = memory;
    r->at += bytes;
    return HY_OK;
}

static HyStatus read_texts(Reader *r, HyChunk *chunk)
{
    /* First where the column ends, then one copy of it, to which the views point. */
    size_t begin = r->at;
    for (uint32_t i = 0; i < r->n_rows; i++) {
        if (r->len - r->at < 4)
            return damaged("text runs behind the end", r->at);
        uint32_t len = hy_load_u32(r->bytes + r->at);
        if (len > r->len - r->at - 4)
            return damaged("text runs behind the end", r->at);
        r->at += 4 + (size_t)len;
    }
    void *views = NULL;
    void *heap = NULL;
    HY_TRY(own(chunk, 0, r->n_rows * sizeof(HyString), &views));
    HY_TRY(own(chunk, 2, r->at - begin, &heap));
    memcpy(heap, r->bytes + begin, r->at - begin);
    const char *at = heap;
    for (uint32_t i = 0; i < r->n_rows; i++) {
        uint32_t len = hy_load_u32(at);
        ((HyString *)views)[i] = hy_string_view(at + 4, len);
        at += 4 + (size_t)len;
    }
    chunk->values = views;
    return HY_OK;
}

/* The null bits of the `which`-th nullable column. */
static HyStatus read_validity(const Reader *r, size_t which, size_t bytes_per_row, HyChunk *chunk)
{
    void *memory = NULL;
    HY_TRY(own(chunk, 1, 8 * hy_bitmap_words(r->n_rows), &memory));
    uint64_t *validity = memory;
    const uint8_t *bits = r->bytes + r->at + which / 8;
    uint32_t n_nulls = 0;
    for (size_t i = 0; i < r->n_rows; i++) {
        uint32_t is_null = bits[i * bytes_per_row] >> (which % 8) & 1;
        validity[i / 64] |= (uint64_t)!is_null << (i % 64);
        n_nulls += is_null;
    }
    chunk->n_nulls = n_nulls;
    chunk->has_nulls = n_nulls > 0;
    chunk->validity = n_nulls ? validity : NULL;
    chunk->null_end = n_nulls ? r->n_rows : 0;
    return HY_OK;
}

static HyStatus read_block(Reader *r, const HyType *types, size_t n_cols, HyChunk **chunks)
{
    size_t n_nullable = 0;
    for (size_t c = 0; c < n_cols; c++) {
        HY_TRY(hy_chunk_new(types[c], r->memory, &chunks[c]));
        chunks[c]->shape = HY_SHAPE_PLAIN;
        chunks[c]->n_rows = r->n_rows;
        n_nullable += types[c].nullable;
        if (chunks[c]->physical == HY_PHYS_STRING)
            HY_TRY(read_texts(r, chunks[c]));
        else
            HY_TRY(read_fixed(r, chunks[c]));
    }
    size_t per_row = (n_nullable + 7) / 8;
    if (per_row * r->n_rows > r->len - r->at)
        return damaged("null bits run behind the end", r->at);
    for (size_t c = 0, which = 0; c < n_cols; c++)
        if (types[c].nullable)
            HY_TRY(read_validity(r, which++, per_row, chunks[c]));
    return HY_OK;
}

HyStatus hy_plain_block_open(const HyType *types, size_t n_cols, uint8_t *bytes, size_t len,
    uint32_t n_rows, HyMemory *memory, HyChunk **chunks)
{
    HyStatus st = HY_OK;
    Reader r = {.bytes = bytes, .len = len, .n_rows = n_rows, .memory = memory};
    memset(chunks, 0, n_cols * sizeof *chunks);
    if (n_rows > HY_BLOCK_ROWS)
        st = damaged("too many rows", 0);
    else
        st = read_block(&r, types, n_cols, chunks);
    if (st)
        for (size_t c = 0; c < n_cols; c++) {
            hy_chunk_destroy(chunks[c]);
            chunks[c] = NULL;
        }
    hy_memory_free(memory, bytes, len);
    return st;
}
