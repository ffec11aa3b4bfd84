/* Chunks: rows of a result as arrays of pointers and sizes. Values whose memory form is their form
 * in HyperBinary are pointed at where they lie; nothing is copied. */
#include "capi/capi_internal.h"

#include <stdlib.h>
#include <string.h>

/* Rows whose pointers are filled in column by column before the next ones: they stay in the
 * innermost cache. */
#define BLOCK_ROWS 128

struct hyper_rowset_chunk_t {
    CapiResult *result;
    size_t n_rows;
    size_t n_columns;
    const uint8_t **values;
    size_t *sizes;
    HyBuffer cells; /* bytes of values that had to be made */
};

void hy_capi_result_unref(CapiResult *result)
{
    if (!result || atomic_fetch_sub(&result->references, 1) != 1)
        return;
    hy_result_destroy(result->result);
    free(result);
}

static bool is_made(CapiForm form, HyType type)
{
    return form != CAPI_FORM_HYPER_BINARY || type.id == HY_TYPE_CHAR || type.id == HY_TYPE_CHAR1 ||
           type.id == HY_TYPE_ARRAY;
}

/* ---- Filling in one column of some rows ---- */

/* Where pointers and sizes of the first row go, and the distance to the next. */
typedef struct Target {
    const uint8_t **values;
    size_t *sizes;
    size_t stride;
} Target;

static void fill_fixed(const HyVector *column, size_t first, size_t n, Target target)
{
    size_t size = hy_physical_size(hy_type_physical(column->type));
    const uint8_t *data = (const uint8_t *)column->data + first * size;
    if (!column->validity) {
        for (size_t i = 0; i < n; i++) {
            target.values[i * target.stride] = data + i * size;
            target.sizes[i * target.stride] = size;
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        bool is_valid = hy_bitmap_get(column->validity, first + i);
        target.values[i * target.stride] = is_valid ? data + i * size : NULL;
        target.sizes[i * target.stride] = is_valid ? size : 0;
    }
}

static void fill_strings(const HyVector *column, size_t first, size_t n, Target target)
{
    const HyString *strings = (const HyString *)column->data + first;
    for (size_t i = 0; i < n; i++) {
        bool is_valid = !column->validity || hy_bitmap_get(column->validity, first + i);
        target.values[i * target.stride] =
            is_valid ? (const uint8_t *)hy_string_data(&strings[i]) : NULL;
        target.sizes[i * target.stride] = is_valid ? strings[i].len : 0;
    }
}

/* Values are offsets into the cells + 1 until all cells are there: the cells move as they grow. */
static HyStatus fill_made(hyper_rowset_chunk_t *chunk, CapiForm form, const HyVector *column,
    size_t first, size_t n, Target target)
{
    size_t size = hy_physical_size(hy_type_physical(column->type));
    for (size_t i = 0; i < n; i++) {
        size_t start = chunk->cells.len;
        size_t row = first + i;
        bool is_valid = !column->validity || hy_bitmap_get(column->validity, row);
        if (is_valid)
            HY_TRY(hy_cell_append(chunk->result, form, column->type,
                (const uint8_t *)column->data + row * size, &chunk->cells));
        target.values[i * target.stride] =
            is_valid ? (const uint8_t *)(uintptr_t)(start + 1) : NULL;
        target.sizes[i * target.stride] = chunk->cells.len - start;
    }
    return HY_OK;
}

static void place_made(hyper_rowset_chunk_t *chunk, size_t column)
{
    for (size_t row = 0; row < chunk->n_rows; row++) {
        const uint8_t **value = &chunk->values[row * chunk->n_columns + column];
        if (*value)
            *value = (const uint8_t *)chunk->cells.data + ((uintptr_t)*value - 1);
    }
}

/* ---- All rows ---- */

static HyStatus fill_rows(hyper_rowset_chunk_t *chunk, CapiForm form, const HyBatch *piece,
    size_t first, size_t n, size_t chunk_row)
{
    for (size_t done = 0; done < n; done += BLOCK_ROWS) {
        size_t rows = n - done < BLOCK_ROWS ? n - done : BLOCK_ROWS;
        size_t cell = (chunk_row + done) * chunk->n_columns;
        for (size_t c = 0; c < chunk->n_columns; c++) {
            const HyVector *column = &piece->cols[c];
            Target target = {&chunk->values[cell + c], &chunk->sizes[cell + c], chunk->n_columns};
            if (is_made(form, column->type))
                HY_TRY(fill_made(chunk, form, column, first + done, rows, target));
            else if (hy_type_physical(column->type) == HY_PHYS_STRING)
                fill_strings(column, first + done, rows, target);
            else
                fill_fixed(column, first + done, rows, target);
        }
    }
    return HY_OK;
}

static HyStatus fill_chunk(hyper_rowset_chunk_t *chunk, CapiForm form, CapiRange range)
{
    const HyRowset *rows = chunk->result->result->rows;
    size_t done = 0;
    bool has_made = false;
    for (size_t c = 0; c < chunk->n_columns; c++)
        has_made |= is_made(form, hy_rowset_types(rows)[c]);
    if (has_made) /* an empty text has an address too */
        HY_TRY(hy_buffer_reserve(&chunk->cells, 1));
    while (done < range.n_rows) {
        const HyBatch *piece = hy_rowset_piece(rows, range.piece);
        size_t n = piece->n_rows - range.row;
        if (n > range.n_rows - done)
            n = range.n_rows - done;
        HY_TRY(fill_rows(chunk, form, piece, range.row, n, done));
        done += n;
        range.piece++;
        range.row = 0;
    }
    for (size_t c = 0; c < chunk->n_columns; c++)
        if (is_made(form, hy_rowset_types(rows)[c]))
            place_made(chunk, c);
    return HY_OK;
}

HyStatus hy_chunk_create(
    CapiResult *result, CapiForm form, CapiRange range, hyper_rowset_chunk_t **out)
{
    size_t n_cells, bytes;
    size_t n_columns = result->result->n_columns;
    if (__builtin_mul_overflow(range.n_rows, n_columns, &n_cells) ||
        __builtin_mul_overflow(n_cells, sizeof(uint8_t *) + sizeof(size_t), &bytes) ||
        __builtin_add_overflow(bytes, sizeof(hyper_rowset_chunk_t), &bytes))
        return hy_error_oom(SIZE_MAX);
    hyper_rowset_chunk_t *chunk = malloc(bytes);
    if (!chunk)
        return hy_error_oom(bytes);
    *chunk =
        (hyper_rowset_chunk_t){.result = result, .n_rows = range.n_rows, .n_columns = n_columns};
    chunk->values = (const uint8_t **)(chunk + 1);
    chunk->sizes = (size_t *)(chunk->values + n_cells);
    atomic_fetch_add(&result->references, 1);
    HyStatus st = fill_chunk(chunk, form, range);
    if (st)
        hyper_destroy_rowset_chunk(chunk);
    else
        *out = chunk;
    return st;
}

void hyper_destroy_rowset_chunk(const hyper_rowset_chunk_t *rowset_chunk)
{
    hyper_rowset_chunk_t *chunk = (hyper_rowset_chunk_t *)(uintptr_t)rowset_chunk;
    if (!chunk)
        return;
    hy_capi_result_unref(chunk->result);
    hy_buffer_free(&chunk->cells);
    free(chunk);
}

/* ---- Reading ---- */

size_t hyper_rowset_chunk_row_count(const hyper_rowset_chunk_t *rowset_chunk)
{
    return rowset_chunk ? rowset_chunk->n_rows : 0;
}

hyper_value_t hyper_rowset_chunk_field_value(const hyper_rowset_chunk_t *rowset_chunk,
    hyper_row_index_t row_index, hyper_field_index_t field_index)
{
    const hyper_rowset_chunk_t *chunk = rowset_chunk;
    if (!chunk || row_index >= chunk->n_rows || field_index >= chunk->n_columns)
        return (hyper_value_t){0};
    size_t cell = row_index * chunk->n_columns + field_index;
    return (hyper_value_t){.value = chunk->values[cell], .size = chunk->sizes[cell]};
}

bool hyper_rowset_chunk_field_is_null(const hyper_rowset_chunk_t *rowset_chunk,
    hyper_field_index_t row_index, hyper_field_index_t field_index)
{
    return !hyper_rowset_chunk_field_value(rowset_chunk, row_index, field_index).value;
}

void hyper_rowset_chunk_field_values(hyper_rowset_chunk_t *rowset_chunk, size_t *col_count,
    size_t *row_count, const uint8_t *const *values[], const size_t *sizes[])
{
    static const hyper_rowset_chunk_t none;
    const hyper_rowset_chunk_t *chunk = rowset_chunk ? rowset_chunk : &none;
    if (col_count)
        *col_count = chunk->n_columns;
    if (row_count)
        *row_count = chunk->n_rows;
    if (values)
        *values = chunk->values;
    if (sizes)
        *sizes = chunk->sizes;
}
