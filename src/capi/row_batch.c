#include "capi/row_batch.h"

#include "base/utf8.h"
#include "types/datetime.h"
#include "types/numeric.h"

#include <stdlib.h>
#include <string.h>

#define HEAP_BLOCK_BYTES (256 * 1024)

typedef struct HeapBlock {
    struct HeapBlock *next;
    size_t bytes;
    char data[];
} HeapBlock;

typedef enum ColumnKind {
    KIND_PLAIN, /* any bits are a value */
    KIND_BOOL,
    KIND_NUMERIC,
    KIND_BIG_NUMERIC,
    KIND_TIME,
    KIND_BYTES,
    KIND_TEXT,
    KIND_CHAR, /* without the blanks at its end */
    KIND_CHAR1 /* one code point */
} ColumnKind;

typedef struct BatchColumn {
    HyType type;
    ColumnKind kind;
    bool nullable;
    bool has_nulls; /* in the rows that are there */
    uint8_t size;   /* of a value in HyperBinary; 0: length and bytes */
    uint8_t width;  /* of a value in memory */
    uint8_t *data;
    uint64_t *validity;
} BatchColumn;

struct HyRowBatch {
    HyClientInsert *insert;
    BatchColumn *columns;
    HyVector *vectors;
    size_t n_columns;
    size_t column;   /* the next value's */
    size_t n_rows;   /* whole ones */
    HeapBlock *heap; /* the block being filled, then full ones */
    size_t heap_used;
};

/* ---- Making ---- */

static ColumnKind kind_of(HyType type)
{
    switch (type.id) {
    case HY_TYPE_BOOL:
        return KIND_BOOL;
    case HY_TYPE_NUMERIC:
        return hy_type_physical(type) == HY_PHYS_I128 ? KIND_BIG_NUMERIC : KIND_NUMERIC;
    case HY_TYPE_TIME:
        return KIND_TIME;
    case HY_TYPE_TEXT:
    case HY_TYPE_VARCHAR:
    case HY_TYPE_JSON:
        return KIND_TEXT;
    case HY_TYPE_CHAR:
        return KIND_CHAR;
    case HY_TYPE_CHAR1:
        return KIND_CHAR1;
    default:
        return hy_type_physical(type) == HY_PHYS_STRING ? KIND_BYTES : KIND_PLAIN;
    }
}

static bool init_column(BatchColumn *column, HyType type, bool nullable)
{
    column->type = type;
    column->kind = kind_of(type);
    column->nullable = nullable;
    column->width = (uint8_t)hy_physical_size(hy_type_physical(type));
    column->size = column->kind < KIND_BYTES ? column->width : 0;
    /* Zeros are no dates, but what nulls leave behind is never looked at. */
    column->data = calloc(HY_VECTOR_SIZE, column->width);
    column->validity = malloc(HY_VECTOR_SIZE / 8);
    if (column->validity)
        memset(column->validity, 0xFF, HY_VECTOR_SIZE / 8);
    return column->data && column->validity;
}

HyStatus hy_row_batch_create(HyClientInsert *insert, const bool *nullable, HyRowBatch **out)
{
    size_t n = hy_client_insert_column_count(insert);
    HyRowBatch *batch = calloc(1, sizeof *batch);
    bool is_done = batch != NULL;
    if (batch) {
        batch->insert = insert;
        batch->n_columns = n;
        batch->columns = calloc(n + 1, sizeof *batch->columns);
        batch->vectors = calloc(n + 1, sizeof *batch->vectors);
        is_done = batch->columns && batch->vectors;
    }
    for (size_t i = 0; i < n && is_done; i++)
        is_done =
            init_column(&batch->columns[i], hy_client_insert_column_type(insert, i), nullable[i]);
    if (!is_done) {
        hy_row_batch_destroy(batch);
        return hy_error_oom(0);
    }
    *out = batch;
    return HY_OK;
}

static void free_heap(HeapBlock *block)
{
    while (block) {
        HeapBlock *next = block->next;
        free(block);
        block = next;
    }
}

void hy_row_batch_destroy(HyRowBatch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->n_columns && batch->columns; i++) {
        free(batch->columns[i].data);
        free(batch->columns[i].validity);
    }
    free_heap(batch->heap);
    free(batch->columns);
    free(batch->vectors);
    free(batch);
}

size_t hy_row_batch_column_count(const HyRowBatch *batch)
{
    return batch->n_columns;
}

bool hy_row_batch_in_row(const HyRowBatch *batch)
{
    return batch->column != 0;
}

bool hy_row_batch_is_full(const HyRowBatch *batch)
{
    return batch->n_rows == HY_VECTOR_SIZE;
}

/* ---- Handing over ---- */

/* The block in use stays for the next rows. */
static void reset_heap(HyRowBatch *batch)
{
    if (batch->heap) {
        free_heap(batch->heap->next);
        batch->heap->next = NULL;
    }
    batch->heap_used = 0;
}

HyStatus hy_row_batch_flush(HyRowBatch *batch)
{
    if (!batch->n_rows)
        return HY_OK;
    for (size_t i = 0; i < batch->n_columns; i++) {
        BatchColumn *column = &batch->columns[i];
        batch->vectors[i] = (HyVector){.type = column->type,
            .kind = HY_VECTOR_FLAT,
            .data = column->data,
            .validity = column->has_nulls ? column->validity : NULL};
    }
    HY_TRY(hy_client_insert_append(batch->insert, batch->vectors, batch->n_rows));
    for (size_t i = 0; i < batch->n_columns; i++)
        if (batch->columns[i].has_nulls) {
            memset(batch->columns[i].validity, 0xFF, HY_VECTOR_SIZE / 8);
            batch->columns[i].has_nulls = false;
        }
    batch->n_rows = 0;
    reset_heap(batch);
    return HY_OK;
}

static inline HyStatus end_value(HyRowBatch *batch)
{
    if (++batch->column == batch->n_columns) {
        batch->column = 0;
        batch->n_rows++;
    }
    return HY_OK;
}

/* ---- One value into its place ---- */

static void put_null(BatchColumn *column, size_t row)
{
    column->validity[row / 64] &= ~(UINT64_C(1) << (row % 64));
    column->has_nulls = true;
    memset(column->data + row * column->width, 0, column->width);
}

static HyStatus put_checked(const BatchColumn *column, const void *value, uint8_t *out)
{
    switch (column->kind) {
    case KIND_BOOL:
        *out = *(const uint8_t *)value != 0;
        return HY_OK;
    case KIND_NUMERIC: {
        int64_t number = hy_load_i64(value);
        int64_t limit = hy_numeric_pow10_i64[column->type.precision];
        if (number >= limit || number <= -limit)
            return hy_numeric_overflow();
        break;
    }
    case KIND_BIG_NUMERIC:
        if (!hy_numeric_fits(hy_load_i128(value), column->type.precision))
            return hy_numeric_overflow();
        break;
    case KIND_TIME:
        if (hy_load_u64(value) > (uint64_t)HY_MICROS_PER_DAY)
            return hy_error("22008", "time out of range");
        break;
    default:
        break;
    }
    memcpy(out, value, column->width);
    return HY_OK;
}

static inline HyStatus put_fixed(const BatchColumn *column, size_t row, const void *value)
{
    uint8_t *out = column->data + row * column->width;
    if (column->kind != KIND_PLAIN)
        return put_checked(column, value, out);
    switch (column->width) { /* each a single store */
    case 8:
        memcpy(out, value, 8);
        break;
    case 4:
        memcpy(out, value, 4);
        break;
    case 2:
        memcpy(out, value, 2);
        break;
    default:
        memcpy(out, value, column->width);
        break;
    }
    return HY_OK;
}

static HyStatus heap_new_block(HyRowBatch *batch, size_t size)
{
    size_t bytes = size > HEAP_BLOCK_BYTES ? size : HEAP_BLOCK_BYTES;
    HeapBlock *block = malloc(sizeof *block + bytes);
    if (!block)
        return hy_error_oom(bytes);
    block->next = batch->heap;
    block->bytes = bytes;
    batch->heap = block;
    batch->heap_used = 0;
    return HY_OK;
}

static inline HyStatus heap_reserve(HyRowBatch *batch, size_t size, char **out)
{
    if (!batch->heap || batch->heap->bytes - batch->heap_used < size)
        HY_TRY(heap_new_block(batch, size));
    *out = batch->heap->data + batch->heap_used;
    return HY_OK;
}

/* Each byte that is no part of a character becomes U+FFFD, as the original does. */
static HyStatus sanitize(HyRowBatch *batch, const char *text, size_t size, HyString *out)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    char *copy;
    size_t used = 0;
    if (size > UINT32_MAX / 3)
        return hy_error("54000", "text is too long");
    HY_TRY(heap_reserve(batch, size * 3, &copy));
    for (size_t i = 0; i < size;) {
        size_t valid;
        (void)hy_utf8_validate(text + i, size - i, &valid);
        memcpy(copy + used, text + i, valid);
        used += valid;
        i += valid;
        if (i < size) {
            memcpy(copy + used, replacement, 3);
            used += 3;
            i++;
        }
    }
    batch->heap_used += used;
    *out = hy_string_view(copy, used);
    return HY_OK;
}

/* A view of bytes; longer ones are copied into the heap when `keep` says so. */
static HyStatus view_bytes(
    HyRowBatch *batch, const char *bytes, size_t size, bool keep, HyString *out)
{
    if (size > UINT32_MAX)
        return hy_error("54000", "value is too long");
    if (keep && size > HY_STRING_INLINE) {
        char *copy;
        HY_TRY(heap_reserve(batch, size, &copy));
        memcpy(copy, bytes, size);
        batch->heap_used += size;
        bytes = copy;
    }
    *out = hy_string_view(bytes, size);
    return HY_OK;
}

static uint32_t first_code_point(const char *text, size_t size)
{
    uint32_t code_point = 0;
    if (!size)
        return 0;
    if (!hy_utf8_decode(text, size, &code_point))
        return 0xFFFD;
    return code_point == ' ' ? 0 : code_point;
}

static HyStatus put_bytes(HyRowBatch *batch, const BatchColumn *column, size_t row,
    const char *bytes, size_t size, bool keep)
{
    HyString *out = (HyString *)(void *)column->data + row;
    if (column->kind == KIND_CHAR1) {
        ((uint32_t *)(void *)column->data)[row] = first_code_point(bytes, size);
        return HY_OK;
    }
    if (column->kind == KIND_CHAR)
        while (size && bytes[size - 1] == ' ')
            size--;
    if (column->kind != KIND_BYTES && !hy_utf8_is_ascii(bytes, size) &&
        !hy_utf8_validate(bytes, size, NULL))
        return sanitize(batch, bytes, size, out);
    return view_bytes(batch, bytes, size, keep, out);
}

/* ---- Values, column after column ---- */

static HyStatus wrong_kind(const HyRowBatch *batch)
{
    return hy_error("22P04", "the value does not fit the type of column %zu", batch->column + 1);
}

HyStatus hy_row_batch_add_null(HyRowBatch *batch)
{
    BatchColumn *column = &batch->columns[batch->column];
    if (!column->nullable)
        return hy_error("23502", "column %zu does not take nulls", batch->column + 1);
    put_null(column, batch->n_rows);
    return end_value(batch);
}

HyStatus hy_row_batch_add_fixed(HyRowBatch *batch, const void *value, size_t size)
{
    const BatchColumn *column = &batch->columns[batch->column];
    if (column->size != size)
        return wrong_kind(batch);
    HY_TRY(put_fixed(column, batch->n_rows, value));
    return end_value(batch);
}

HyStatus hy_row_batch_add_bytes(HyRowBatch *batch, const uint8_t *value, size_t size)
{
    const BatchColumn *column = &batch->columns[batch->column];
    if (column->size)
        return wrong_kind(batch);
    HY_TRY(put_bytes(batch, column, batch->n_rows, (const char *)value, size, true));
    return end_value(batch);
}

/* ---- HyperBinary ---- */

static HyStatus cut_off(void)
{
    return hy_error("22P04", "unexpected end-of-file: In file: 'stdin'");
}

/* Reads one value; *at moves behind it. */
static inline HyStatus read_value(
    HyRowBatch *batch, BatchColumn *column, const uint8_t **at, const uint8_t *end)
{
    const uint8_t *p = *at;
    if (column->nullable) {
        if (p == end)
            return cut_off();
        if (*p++) {
            put_null(column, batch->n_rows);
            *at = p;
            return HY_OK;
        }
    }
    size_t size = column->size;
    if (!size) {
        if ((size_t)(end - p) < 4)
            return cut_off();
        size = hy_load_u32(p);
        p += 4;
    }
    if ((size_t)(end - p) < size)
        return cut_off();
    *at = p + size;
    return column->size ? put_fixed(column, batch->n_rows, p)
                        : put_bytes(batch, column, batch->n_rows, (const char *)p, size, false);
}

/* The views of rows that stay here must not point into the caller's bytes any more. */
static HyStatus keep_strings(HyRowBatch *batch, const uint8_t *rows, size_t size)
{
    for (size_t c = 0; c < batch->n_columns; c++) {
        if (hy_type_physical(batch->columns[c].type) != HY_PHYS_STRING)
            continue;
        HyString *strings = (HyString *)(void *)batch->columns[c].data;
        for (size_t row = 0; row < batch->n_rows; row++) {
            HyString *s = &strings[row];
            if (s->len > HY_STRING_INLINE && (uintptr_t)s->ptr - (uintptr_t)rows < size)
                HY_TRY(view_bytes(batch, s->ptr, s->len, true, s));
        }
    }
    return HY_OK;
}

/* A null that a row which is cut off has left behind belongs to no row. */
static void forget_row(HyRowBatch *batch)
{
    if (hy_row_batch_is_full(batch))
        return; /* it failed between rows */
    for (size_t c = 0; c < batch->n_columns; c++)
        batch->columns[c].validity[batch->n_rows / 64] |= UINT64_C(1) << (batch->n_rows % 64);
}

HyStatus hy_row_batch_add_rows(HyRowBatch *batch, const uint8_t *rows, size_t size)
{
    HyStatus st = HY_OK;
    const uint8_t *at = rows;
    const uint8_t *end = rows + size;
    if (size && !batch->n_columns)
        return hy_error("22P04", "there are rows, but no columns");
    if (batch->column)
        return cut_off();
    while (at < end && !st) {
        for (size_t c = 0; c < batch->n_columns && !st; c++)
            st = read_value(batch, &batch->columns[c], &at, end);
        if (!st && ++batch->n_rows == HY_VECTOR_SIZE)
            st = hy_row_batch_flush(batch);
    }
    if (st)
        forget_row(batch);
    HyStatus failure = keep_strings(batch, rows, size);
    if (!st)
        return failure;
    hy_error_free(failure);
    return st;
}
