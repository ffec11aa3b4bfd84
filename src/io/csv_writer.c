#include "io/csv_writer.h"
#include "types/cast.h"
#include "types/datetime.h"
#include "types/numeric.h"

#include <stdlib.h>

/* What to do with a byte of a field. */
enum { PLAIN, NEEDS_QUOTES, NEEDS_ESCAPE };

/* A column of the batch being written. */
typedef struct Column {
    const HyVector *vector;
    const char *values;
    size_t width;
} Column;

struct HyCsvWriter {
    HyCsvFormat format;
    char escape;
    const char *null_text;
    size_t null_len;
    HyBuffer value; /* of one field before it is quoted */
    Column *columns;
    size_t n_columns; /* room */
    uint8_t classes[256];
};

/* NEEDS_QUOTES: CSV, the field must be quoted. NEEDS_ESCAPE: CSV, the byte is escaped in a quoted
 * field; text, it is always. */
static void fill_classes(HyCsvWriter *writer)
{
    const HyCsvFormat *format = &writer->format;
    if (format->is_text) {
        static const char controls[] = "\b\f\n\r\t\v\\";
        for (const char *c = controls; *c; c++)
            writer->classes[(uint8_t)*c] = NEEDS_ESCAPE;
        writer->classes[(uint8_t)format->delimiter] = NEEDS_ESCAPE;
        return;
    }
    if (!format->quote)
        return;
    writer->classes['\n'] = writer->classes['\r'] = NEEDS_QUOTES;
    writer->classes[(uint8_t)format->delimiter] = NEEDS_QUOTES;
    writer->classes[(uint8_t)format->quote] = NEEDS_QUOTES;
}

HyStatus hy_csv_writer_create(const HyCsvFormat *format, HyCsvWriter **out)
{
    HyCsvWriter *writer = calloc(1, sizeof *writer);
    if (!writer)
        return hy_error_oom(sizeof *writer);
    writer->format = *format;
    writer->escape = format->escape ? format->escape : format->quote;
    writer->null_text = format->null_text ? format->null_text : format->is_text ? "\\N" : "";
    writer->null_len = strlen(writer->null_text);
    fill_classes(writer);
    *out = writer;
    return HY_OK;
}

void hy_csv_writer_destroy(HyCsvWriter *writer)
{
    if (!writer)
        return;
    hy_buffer_free(&writer->value);
    free(writer->columns);
    free(writer);
}

/* ---- Fields ---- */

static char *put(char *to, const char *text, size_t len)
{
    if (len)
        memcpy(to, text, len);
    return to + len;
}

static char escape_letter(char c)
{
    switch (c) {
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '\v':
        return 'v';
    default:
        return c;
    }
}

static char *put_escaped(const HyCsvWriter *writer, char *to, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (writer->classes[(uint8_t)c] != PLAIN) {
            *to++ = '\\';
            c = escape_letter(c);
        }
        *to++ = c;
    }
    return to;
}

static char *put_quoted(const HyCsvWriter *writer, char *to, const char *text, size_t len)
{
    const char quote = writer->format.quote, escape = writer->escape;
    *to++ = quote;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == quote || text[i] == escape)
            *to++ = escape;
        *to++ = text[i];
    }
    *to++ = quote;
    return to;
}

static bool needs_quotes(const HyCsvWriter *writer, const char *text, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= writer->classes[(uint8_t)text[i]];
    if (any)
        return true;
    return writer->format.quote && len == writer->null_len &&
           (len == 0 || memcmp(text, writer->null_text, len) == 0);
}

/* A value as text; the buffer grows by at most 2 * len + 2. */
static HyStatus put_field(const HyCsvWriter *writer, const char *text, size_t len, HyBuffer *out)
{
    HY_TRY(hy_buffer_reserve(out, 2 * len + 2));
    char *to = out->data + out->len, *end;
    if (writer->format.is_text)
        end = put_escaped(writer, to, text, len);
    else if (needs_quotes(writer, text, len))
        end = put_quoted(writer, to, text, len);
    else
        end = put(to, text, len);
    out->len = (size_t)(end - out->data);
    return HY_OK;
}

/* What put_fast writes consists of these characters; usually they have no meaning. */
static bool is_safe(const HyCsvWriter *writer)
{
    static const char used[] = "0123456789-.: tfBC";
    for (const char *c = used; *c; c++) {
        if (writer->classes[(uint8_t)*c] != PLAIN)
            return false;
        if (!writer->format.is_text && strchr(writer->null_text, *c))
            return false;
    }
    return true;
}

/* The shortest way for the usual types; 0: take the long one. */
static size_t put_fast(HyType type, const char *value, char *to)
{
    switch (type.id) {
    case HY_TYPE_BOOL:
        *to = *value ? 't' : 'f';
        return 1;
    case HY_TYPE_INT2:
        return hy_int64_format(hy_load_i16(value), to);
    case HY_TYPE_INT4:
        return hy_int64_format(hy_load_i32(value), to);
    case HY_TYPE_INT8:
        return hy_int64_format(hy_load_i64(value), to);
    case HY_TYPE_NUMERIC:
        return hy_numeric_format(
            hy_type_physical(type) == HY_PHYS_I64 ? hy_load_i64(value) : hy_load_i128(value),
            type.scale, to);
    case HY_TYPE_DATE:
        return hy_date_format(hy_load_i32(value), to);
    case HY_TYPE_TIMESTAMP:
        return hy_timestamp_format(hy_load_u64(value), to);
    default:
        return 0;
    }
}

static HyStatus put_value(
    HyCsvWriter *writer, HyType type, const char *value, bool safe, HyBuffer *out)
{
    if (safe) {
        HY_TRY(hy_buffer_reserve(out, HY_TIMESTAMP_TEXT_MAX));
        size_t n = put_fast(type, value, out->data + out->len);
        out->len += n;
        if (n)
            return HY_OK;
    }
    if (type.id == HY_TYPE_TEXT || type.id == HY_TYPE_VARCHAR) {
        const HyString *string = (const HyString *)(const void *)value;
        return put_field(writer, hy_string_data(string), string->len, out);
    }
    writer->value.len = 0;
    HY_TRY(hy_value_format(type, value, &writer->format.style, &writer->value));
    return put_field(writer, writer->value.data, writer->value.len, out);
}

/* ---- Lines ---- */

HyStatus hy_csv_writer_header(
    HyCsvWriter *writer, const char *const *names, size_t n, HyBuffer *out)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            HY_TRY(hy_buffer_append_char(out, writer->format.delimiter));
        HY_TRY(put_field(writer, names[i], strlen(names[i]), out));
    }
    return hy_buffer_append_char(out, '\n');
}

static HyStatus open_columns(HyCsvWriter *writer, const HyBatch *batch)
{
    if (batch->n_cols > writer->n_columns) {
        size_t bytes = hy_array_bytes(sizeof(Column), batch->n_cols);
        Column *columns = realloc(writer->columns, bytes);
        if (!columns)
            return hy_error_oom(bytes);
        writer->columns = columns;
        writer->n_columns = batch->n_cols;
    }
    for (size_t i = 0; i < batch->n_cols; i++) {
        const HyVector *v = &batch->cols[i];
        writer->columns[i] = (Column){.vector = v,
            .values = hy_vector_values(v),
            .width = hy_physical_size(hy_type_physical(v->type))};
    }
    return HY_OK;
}

static HyStatus put_cell(
    HyCsvWriter *writer, const Column *column, size_t row, bool safe, HyBuffer *out)
{
    const HyVector *v = column->vector;
    if (hy_vector_is_null(v, row))
        return hy_buffer_append(out, writer->null_text, writer->null_len);
    const char *value = column->values + hy_vector_index(v, row) * column->width;
    return put_value(writer, v->type, value, safe, out);
}

HyStatus hy_csv_writer_rows(HyCsvWriter *writer, const HyBatch *batch, HyBuffer *out)
{
    const bool safe = is_safe(writer);
    HY_TRY(open_columns(writer, batch));
    for (size_t row = 0; row < batch->n_rows; row++) {
        for (size_t col = 0; col < batch->n_cols; col++) {
            if (col > 0)
                HY_TRY(hy_buffer_append_char(out, writer->format.delimiter));
            HY_TRY(put_cell(writer, &writer->columns[col], row, safe, out));
        }
        HY_TRY(hy_buffer_append_char(out, '\n'));
    }
    return HY_OK;
}
