/* The general way from a field to a value: quotes, escapes, NULL, character set, any type, errors.
 */
#include "base/utf8.h"
#include "io/csv_internal.h"
#include "types/cast.h"

/* A field on its way. */
typedef struct Field {
    HyCsvParser *parser;
    HyCsvTarget *target;
    size_t row;
    const char *text;
    size_t len;
    bool is_null;
    bool has_bytes; /* may be malformed whatever the batch as a whole is */
} Field;

static uint64_t record_of(const Field *field)
{
    return field->parser->record + field->row;
}

static bool equals_null(const Field *field)
{
    const HyCsvReader *reader = field->parser->reader;
    return field->len == reader->null_len &&
           (field->len == 0 || memcmp(field->text, reader->null_text, field->len) == 0);
}

/* ---- Steps ---- */

static HyStatus remove_quotes(Field *field)
{
    const HyCsvReader *reader = field->parser->reader;
    const HyCsvDialect *dialect = &reader->dialect;
    size_t len = field->len;
    /* Mostly the whole field is quoted, and nothing else. */
    bool is_simple =
        dialect->mode == HY_CSV_DOUBLED && len >= 2 && field->text[0] == dialect->quote &&
        !memchr(field->text + 1, dialect->quote, len - 2) && field->text[len - 1] == dialect->quote;
    if (is_simple) {
        field->text++;
        field->len -= 2;
    } else {
        char *out = hy_arena_alloc(field->parser->arena, len);
        if (!out)
            return hy_error_oom(len);
        field->len = hy_csv_unquote(dialect, field->text, len, out);
        field->text = out;
    }
    field->is_null = field->target->column->force_null && equals_null(field);
    return HY_OK;
}

static HyStatus remove_escapes(Field *field)
{
    char *out = hy_arena_alloc(field->parser->arena, field->len);
    if (!out)
        return hy_error_oom(field->len);
    field->len = hy_csv_unescape(field->text, field->len, out, &field->has_bytes);
    field->text = out;
    return HY_OK;
}

/* What the marks in the field mean. In the text format NULL is what looks like it before escapes
 * are undone; in CSV what has no quotes. */
static HyStatus take_apart(Field *field, bool is_special)
{
    bool is_text = field->parser->reader->dialect.mode == HY_CSV_TEXT;
    if (is_text || !is_special)
        field->is_null = !field->target->column->force_not_null && equals_null(field);
    if (field->is_null || !is_special)
        return HY_OK;
    return is_text ? remove_escapes(field) : remove_quotes(field);
}

static HyStatus bad_bytes(const Field *field)
{
    const HyCharset *charset = field->parser->reader->charset;
    bool is_utf8 = hy_charset_kind(charset) != HY_CHARSET_SINGLE_BYTE;
    HyStatus st = hy_error("22021", "invalid %s sequence in line %llu",
        is_utf8 ? "UTF-8" : hy_charset_name(charset), (unsigned long long)record_of(field));
    return hy_error_detail(st, "column name: %s", field->target->column->name);
}

/* Makes the text valid UTF-8. *is_bad: it was not valid in its character set. */
static HyStatus change_charset(Field *field, bool *is_bad)
{
    const HyCsvReader *reader = field->parser->reader;
    bool is_single = hy_charset_kind(reader->charset) == HY_CHARSET_SINGLE_BYTE;
    *is_bad = false;
    if (hy_utf8_is_ascii(field->text, field->len))
        return HY_OK;
    if (!is_single && hy_utf8_validate(field->text, field->len, NULL))
        return HY_OK;
    char *out = hy_arena_alloc(field->parser->arena, hy_array_bytes(3, field->len));
    if (!out)
        return hy_error_oom(3 * field->len);
    if (is_single) {
        field->len = hy_charset_decode(reader->charset, field->text, field->len, out, is_bad);
    } else {
        field->len = hy_utf8_sanitize(field->text, field->len, out);
        *is_bad = true;
    }
    field->text = out;
    return HY_OK;
}

/* ---- Values ---- */

static void put_payload(const Field *field, const void *payload)
{
    const HyCsvTarget *target = field->target;
    memcpy(target->data + field->row * target->value_bytes, payload, target->value_bytes);
}

static HyStatus put_null(const Field *field, bool after_failure)
{
    static const char zero[16];
    HyCsvTarget *target = field->target;
    if (!target->column->type.nullable)
        return hy_error("23502",
            "The scanned data %s NOT NULL constraint of column \"%s\" (line: "
            "%llu, column %u)",
            after_failure ? "is set to NULL due to a cast failure, but this violates the"
                          : "violates the",
            target->column->name, (unsigned long long)record_of(field), target->field);
    put_payload(field, zero);
    hy_bitmap_clear(target->validity, field->row);
    target->has_nulls = true;
    return HY_OK;
}

/* An assignment, not a cast, which would cut the text off. char(n) loses its blanks first. */
static bool is_too_long(const Field *field, HyType type)
{
    size_t len = field->len;
    if (type.length <= 0 || (type.id != HY_TYPE_VARCHAR && type.id != HY_TYPE_CHAR))
        return false;
    while (type.id == HY_TYPE_CHAR && len > 0 && field->text[len - 1] == ' ')
        len--;
    return len > (size_t)type.length && hy_utf8_length(field->text, len) > (size_t)type.length;
}

static HyStatus parse_payload(const Field *field, HyType type, void *payload)
{
    HyCsvParser *parser = field->parser;
    if (is_too_long(field, type))
        return hy_error("22P02", "string too large for target string type");
    return hy_value_parse(
        parser->arena, type, &parser->reader->options.style, field->text, field->len, payload);
}

static HyStatus bad_value(const Field *field, HyStatus st)
{
    const HyCsvParser *parser = field->parser;
    st = hy_csv_error_at_field(
        st, &parser->piece, record_of(field), field->target->field, field->text, field->len);
    if (!parser->reader->options.has_guessed_types)
        return st;
    return hy_error_hint(st,
        "The type of column \"%s\" was found in a sample of the file. Specify the schema with "
        "COLUMNS => DESCRIPTOR(..), or ON_CAST_FAILURE => 'set_null' or ON_ERROR => 'skip'.",
        field->target->column->name);
}

static HyStatus parse_value(const Field *field)
{
    HyType type = field->target->column->type;
    union {
        char bytes[16];
        HyString string;
        HyInt128 align;
    } payload;
    if (type.id == HY_TYPE_TEXT) {
        payload.string = hy_string_view(field->text, field->len);
    } else {
        HyStatus st = parse_payload(field, type, &payload);
        if (st)
            return bad_value(field, st);
    }
    put_payload(field, &payload);
    return HY_OK;
}

static bool is_cast_failure(const HyError *error)
{
    return error->sqlstate[0] == '2' && strcmp(error->sqlstate, "22021") != 0;
}

static HyStatus convert(Field *field, bool is_special)
{
    HyCsvParser *parser = field->parser;
    const HyCsvOptions *options = &parser->reader->options;
    HyType type = field->target->column->type;
    bool is_bad = false;
    HY_TRY(take_apart(field, is_special));
    if (field->is_null)
        return put_null(field, false);
    if (parser->check_text || field->has_bytes)
        HY_TRY(change_charset(field, &is_bad));
    bool is_text = hy_type_physical(type) == HY_PHYS_STRING || type.id == HY_TYPE_CHAR1;
    if (is_bad && is_text && !options->sanitize)
        return bad_bytes(field);
    HyStatus st = parse_value(field);
    if (st && options->null_on_cast_failure && is_cast_failure(st)) {
        hy_error_free(st);
        return put_null(field, true);
    }
    return st;
}

/* Leaves the row out; they are counted when the batch is done. */
static HyStatus mark_bad_row(const Field *field, HyStatus st)
{
    static const char zero[16];
    HyCsvParser *parser = field->parser;
    if (st->sqlstate[0] != '2')
        return st;
    HyStatus kept = HY_OK;
    if (parser->reader->options.rejects && !hy_bitmap_get(parser->bad_rows, field->row)) {
        size_t len;
        const char *text = hy_csv_row_text(parser, field->row, &len);
        kept = hy_csv_keep_reject(
            parser, record_of(field), field->target->column->name, st, text, len);
    }
    hy_error_free(st);
    HY_TRY(kept);
    put_payload(field, zero);
    hy_bitmap_set(parser->bad_rows, field->row);
    parser->has_bad_rows = true;
    return HY_OK;
}

void hy_csv_convert_field(HyCsvParser *parser, HyCsvTarget *target, size_t row, const char *text,
    size_t len, bool is_special)
{
    Field field = {.parser = parser, .target = target, .row = row, .text = text, .len = len};
    HyStatus st = convert(&field, is_special);
    if (st && parser->reader->options.skip_bad_rows && !parser->is_raising)
        st = mark_bad_row(&field, st);
    if (!st)
        return;
    hy_error_free(parser->failure); /* of a later row */
    parser->failure = st;
    parser->n_rows = row;
}
