#include "server/hyper_binary.h"

#include "base/json.h"
#include "base/utf8.h"
#include "server/row_format.h"
#include "types/datetime.h"

#include <stdlib.h>

#define HEADER_BYTES    19
#define SIGNATURE_BYTES 11
#define READ_BYTES      ((size_t)1 << 20)
/* Julian days that the format allows. */
#define MIN_DAY HY_DATE_MIN
#define MAX_DAY HY_DATE_MAX

static const char signature[SIGNATURE_BYTES] = "HPRCPY";

/* ---- Input in a window ---- */

typedef struct Reader {
    HyByteReader *input;
    HyBulkInsert *insert;
    bool sanitize;
    bool has_ended;
    char *data;
    size_t start; /* of what is not yet a row */
    size_t end;
    size_t capacity;
    size_t n_columns;
    HyType *types;
    HyVector *columns;
    size_t n_rows;    /* in columns, not yet appended */
    HyArena *arena;   /* of the vectors */
    HyArena *strings; /* of rewritten strings, reset after each batch */
} Reader;

/* More input behind `end`; what is before `start` goes. Rows in the vectors must be appended first:
 * their strings lie here. */
static HyStatus read_more(Reader *r)
{
    size_t have = r->end - r->start;
    if (r->start)
        memmove(r->data, r->data + r->start, have);
    r->start = 0;
    r->end = have;
    if (r->capacity - have < READ_BYTES / 2) {
        size_t capacity = r->capacity ? r->capacity * 2 : READ_BYTES;
        char *grown = realloc(r->data, capacity);
        if (!grown)
            return hy_error_oom(capacity);
        r->data = grown;
        r->capacity = capacity;
    }
    size_t got;
    HY_TRY(r->input->read(r->input, r->data + r->end, r->capacity - r->end, &got));
    r->end += got;
    r->has_ended = got == 0;
    return HY_OK;
}

static uint32_t load_be32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}

static HyStatus need(Reader *r, size_t n)
{
    while (r->end - r->start < n && !r->has_ended)
        HY_TRY(read_more(r));
    return HY_OK;
}

static HyStatus read_header(Reader *r)
{
    HY_TRY(need(r, HEADER_BYTES));
    size_t have = r->end - r->start;
    if (!have)
        return hy_error_detail(
            hy_error("22P04", "cannot read Hyper binary signature"), "In file: 'stdin'");
    if (have < SIGNATURE_BYTES || memcmp(r->data + r->start, signature, SIGNATURE_BYTES) != 0)
        return hy_error("22P04", "unrecognized Hyper binary signature");
    if (have < HEADER_BYTES)
        return hy_error("22P04", "unexpected end-of-file");
    uint32_t flags = load_be32(r->data + r->start + SIGNATURE_BYTES);
    uint32_t extension = load_be32(r->data + r->start + SIGNATURE_BYTES + 4);
    if (flags >> 24)
        return hy_error("22P04", "unrecognized critical flags in binary header");
    if (flags & 1U << 16)
        return hy_error("22P04", "OID support not implemented yet");
    r->start += HEADER_BYTES;
    while (extension) {
        if (r->start == r->end)
            HY_TRY(need(r, 1));
        size_t n = r->end - r->start;
        if (!n)
            return hy_error("22P04", "unexpected end-of-file");
        if (n > extension)
            n = extension;
        r->start += n;
        extension -= (uint32_t)n;
    }
    return HY_OK;
}

/* ---- Values ---- */

/* Each bad byte becomes U+FFFD. */
static HyStatus sanitized(HyArena *arena, const char *text, size_t len, HyString *out)
{
    size_t capacity = len * 3;
    char *clean = hy_arena_alloc(arena, capacity ? capacity : 1);
    if (!clean)
        return hy_error_oom(capacity);
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        uint32_t code_point;
        size_t bytes = hy_utf8_decode(text + i, len - i, &code_point);
        if (bytes) {
            memcpy(clean + n, text + i, bytes);
            n += bytes;
            i += bytes;
        } else {
            memcpy(clean + n, "\xef\xbf\xbd", 3);
            n += 3;
            i++;
        }
    }
    *out = hy_string_view(clean, n);
    return HY_OK;
}

static HyStatus check_text(Reader *r, HyType type, HyString *s)
{
    const char *data = hy_string_data(s);
    if (!hy_utf8_validate(data, s->len, NULL)) {
        if (!r->sanitize)
            return hy_error("22021", "invalid UTF-8 sequence");
        HY_TRY(sanitized(r->strings, data, s->len, s));
        data = hy_string_data(s);
    }
    if (type.length > 0 && s->len > (uint32_t)type.length &&
        hy_utf8_length(data, s->len) > (size_t)type.length)
        return hy_error("22P02", "string too large for target string type");
    if (type.id == HY_TYPE_JSON && !hy_json_is_valid(data, s->len))
        return hy_error("22P02", "invalid JSON document");
    if (type.id == HY_TYPE_CHAR) {
        size_t len = s->len;
        while (len && data[len - 1] == ' ')
            len--;
        if (len != s->len)
            *s = hy_string_view(data, len);
    }
    return HY_OK;
}

static HyStatus check_day(int64_t day)
{
    if (day < MIN_DAY || day > MAX_DAY)
        return hy_error("22007", "julian day %lld is invalid. Give a value between %d and %d.",
            (long long)day, MIN_DAY, MAX_DAY);
    return HY_OK;
}

static HyStatus check_fixed(HyType type, void *value)
{
    switch (type.id) {
    case HY_TYPE_BOOL:
        *(uint8_t *)value = *(uint8_t *)value != 0;
        return HY_OK;
    case HY_TYPE_DATE:
        return check_day(*(uint32_t *)value);
    case HY_TYPE_TIMESTAMP:
    case HY_TYPE_TIMESTAMPTZ:
        if (*(uint64_t *)value == UINT64_MAX)
            return hy_error("22P03", "invalid binary timestamp format");
        return check_day((int64_t)(*(uint64_t *)value / (uint64_t)HY_MICROS_PER_DAY));
    default:
        return HY_OK;
    }
}

/* The first character; 0 for a blank. */
static HyStatus char1_value(Reader *r, HyString *s, uint32_t *out)
{
    HY_TRY(check_text(r, hy_type(HY_TYPE_TEXT), s));
    *out = 0;
    if (s->len)
        (void)hy_utf8_decode(hy_string_data(s), s->len, out);
    if (*out == ' ')
        *out = 0;
    return HY_OK;
}

static HyStatus string_value(Reader *r, HyType type, const char *bytes, size_t len, void *to)
{
    HyString s = hy_string_view(bytes, len);
    if (type.id == HY_TYPE_CHAR1)
        return char1_value(r, &s, to);
    if (type.id != HY_TYPE_BYTEA && type.id != HY_TYPE_GEOGRAPHY)
        HY_TRY(check_text(r, type, &s));
    memcpy(to, &s, sizeof s);
    return HY_OK;
}

/* ---- Rows ---- */

/* One field at *at into the vector; *is_whole false: it goes on behind the window. */
static HyStatus read_field(Reader *r, size_t column, size_t *at, bool *is_whole)
{
    HyType type = r->types[column];
    HyVector *v = &r->columns[column];
    size_t size = hy_physical_size(hy_type_physical(type));
    char *to = (char *)v->data + r->n_rows * size;
    size_t have = r->end - *at;
    const char *from = r->data + *at;
    *is_whole = false;
    if (type.nullable) {
        if (!have)
            return HY_OK;
        have--;
        *at += 1;
        if (*from++) {
            hy_bitmap_clear(v->validity, r->n_rows);
            memset(to, 0, size);
            *is_whole = true;
            return HY_OK;
        }
        hy_bitmap_set(v->validity, r->n_rows);
    }
    if (hy_type_physical(type) != HY_PHYS_STRING && type.id != HY_TYPE_CHAR1) {
        if (have < size)
            return HY_OK;
        memcpy(to, from, size);
        *at += size;
        *is_whole = true;
        return check_fixed(type, to);
    }
    uint32_t len;
    if (have < sizeof len)
        return HY_OK;
    memcpy(&len, from, sizeof len);
    if (len > INT32_MAX)
        return hy_error("22P04", "unexpected end-of-file");
    if (have - sizeof len < len)
        return HY_OK;
    *at += sizeof len + len;
    *is_whole = true;
    return string_value(r, type, from + sizeof len, len, to);
}

static HyStatus append_rows(Reader *r)
{
    if (!r->n_rows)
        return HY_OK;
    HyStatus st = hy_bulk_insert_append(r->insert, r->columns, r->n_rows);
    r->n_rows = 0;
    hy_arena_reset(r->strings);
    return st;
}

/* All rows that are whole in the window. */
static HyStatus read_window(Reader *r)
{
    while (r->start < r->end) {
        size_t at = r->start;
        bool is_whole = true;
        for (size_t c = 0; c < r->n_columns && is_whole; c++)
            HY_TRY(read_field(r, c, &at, &is_whole));
        if (!is_whole)
            break;
        r->start = at;
        if (++r->n_rows == HY_VECTOR_SIZE)
            HY_TRY(append_rows(r));
    }
    return append_rows(r);
}

static HyStatus make_vectors(Reader *r)
{
    HY_ARENA_NEW(r->arena, r->types, r->n_columns);
    HY_ARENA_NEW(r->arena, r->columns, r->n_columns);
    for (size_t c = 0; c < r->n_columns; c++) {
        r->types[c] = hy_bulk_insert_column_type(r->insert, c);
        if (r->types[c].id == HY_TYPE_ARRAY)
            return hy_error("0A000", "arrays cannot be read from Hyper binary");
        HY_TRY(hy_vector_alloc(r->arena, r->types[c], HY_VECTOR_SIZE, &r->columns[c]));
        if (r->types[c].nullable)
            HY_TRY(hy_vector_need_validity(r->arena, &r->columns[c], HY_VECTOR_SIZE));
    }
    return HY_OK;
}

static HyStatus read_rows(Reader *r)
{
    HY_TRY(make_vectors(r));
    HY_TRY(read_header(r));
    if (!r->n_columns)
        return HY_OK;
    for (;;) {
        HY_TRY(read_window(r));
        if (r->has_ended)
            break;
        HY_TRY(read_more(r));
    }
    return r->start == r->end ? HY_OK : hy_error("22P04", "unexpected end-of-file");
}

HyStatus hy_hyper_binary_read(HyByteReader *input, bool sanitize, HyBulkInsert *insert)
{
    Reader r = {.input = input,
        .insert = insert,
        .sanitize = sanitize,
        .n_columns = hy_bulk_insert_column_count(insert),
        .arena = hy_arena_create(),
        .strings = hy_arena_create()};
    HyStatus st = r.arena && r.strings ? read_rows(&r) : hy_error_oom(0);
    free(r.data);
    hy_arena_destroy(r.arena);
    hy_arena_destroy(r.strings);
    return st;
}

/* ---- Writing ---- */

HyStatus hy_hyper_binary_write_header(HyBuffer *out)
{
    char header[HEADER_BYTES] = {0};
    memcpy(header, signature, sizeof signature);
    return hy_buffer_append(out, header, sizeof header);
}

static HyStatus write_field(const HyVector *v, size_t row, bool is_nullable, HyBuffer *out)
{
    HyPhysical physical = hy_type_physical(v->type);
    size_t size = hy_physical_size(physical);
    bool is_null = hy_vector_is_null(v, row);
    if (is_nullable)
        HY_TRY(hy_buffer_append_char(out, (char)is_null));
    if (is_null)
        return HY_OK;
    const char *value = (const char *)v->data + row * size;
    bool has_length = physical == HY_PHYS_STRING || v->type.id == HY_TYPE_CHAR1;
    size_t length_at = out->len;
    if (has_length)
        HY_TRY(hy_buffer_append_u32(out, 0));
    HY_TRY(hy_format_value(v->type, HY_FORMAT_CODE_HYPER, value, NULL, out));
    if (has_length) {
        uint32_t len = (uint32_t)(out->len - length_at - sizeof len);
        memcpy(out->data + length_at, &len, sizeof len);
    }
    return HY_OK;
}

HyStatus hy_hyper_binary_write_rows(const HyBatch *batch, const bool *is_nullable, HyBuffer *out)
{
    for (size_t row = 0; row < batch->n_rows; row++)
        for (size_t c = 0; c < batch->n_cols; c++)
            HY_TRY(write_field(&batch->cols[c], row, is_nullable[c], out));
    return HY_OK;
}
