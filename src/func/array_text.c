/* Arrays from text and back: string_to_array, split, array_to_string; and arrays of series. */
#include "func/array_kernel.h"
#include "func/families.h"
#include "func/series.h"
#include "func/text_collate.h"

/* ---- From text ---- */

static HyStatus append_part(
    const char *part, size_t len, const HyString *null_text, HyArrayBuilder *out)
{
    HyString s = hy_string_view(part, len);
    bool is_null = null_text && hy_string_equal(&s, null_text);
    return hy_array_builder_append(out, is_null ? NULL : &s);
}

/* Every character of its own. */
static HyStatus append_characters(
    const char *text, size_t len, const HyString *null_text, HyArrayBuilder *out)
{
    for (size_t at = 0; at < len;) {
        uint32_t c;
        size_t step = hy_utf8_decode(text + at, len - at, &c);
        step = step ? step : 1;
        HY_TRY(append_part(text + at, step, null_text, out));
        at += step;
    }
    return HY_OK;
}

/* The parts between delimiters; an empty text has none. */
static HyStatus append_parts(const HyCollation *collation, const HyString *s,
    const HyString *delimiter, const HyString *null_text, HyArrayBuilder *out)
{
    const char *at = hy_string_data(s);
    const char *end = at + s->len;
    if (s->len == 0)
        return HY_OK;
    for (;;) {
        size_t match_len = 0;
        const char *hit = delimiter->len == 0
                              ? NULL
                              : hy_text_search(collation, at, (size_t)(end - at),
                                    hy_string_data(delimiter), delimiter->len, &match_len);
        HY_TRY(append_part(at, (size_t)((hit ? hit : end) - at), null_text, out));
        if (!hit)
            return HY_OK;
        at = hit + match_len;
    }
}

/* A null delimiter splits into characters; parts that equal a third argument become null. */
static HyStatus string_to_array_row(
    const HyFuncCall *call, const HyVector *args, size_t row, HyArrayBuilder *out)
{
    HyString s = hy_arg_string(&args[0], row);
    HyString null_text = hy_string_view("", 0);
    bool has_null_text = call->n_args == 3 && !hy_vector_is_null(&args[2], row);
    if (has_null_text)
        null_text = hy_arg_string(&args[2], row);
    const HyString *marker = has_null_text ? &null_text : NULL;
    if (hy_vector_is_null(&args[1], row))
        return append_characters(hy_string_data(&s), s.len, marker, out);
    HyString delimiter = hy_arg_string(&args[1], row);
    return append_parts(hy_call_search_collation(call), &s, &delimiter, marker, out);
}

HY_ARRAY_KERNEL(string_to_array, {
    is_null = hy_vector_is_null(&args[0], i);
    if (!is_null)
        HY_GO(string_to_array_row(call, args, i, &builder));
})

/* An empty delimiter splits into characters. */
static HyStatus split_row(
    const HyFuncCall *call, const HyVector *args, size_t row, HyArrayBuilder *out)
{
    HyString s = hy_arg_string(&args[0], row);
    HyString delimiter = hy_arg_string(&args[1], row);
    if (delimiter.len == 0)
        return append_characters(hy_string_data(&s), s.len, NULL, out);
    return append_parts(hy_call_search_collation(call), &s, &delimiter, NULL, out);
}

HY_ARRAY_KERNEL(split, HY_GO(split_row(call, args, i, &builder));)

static HyStatus resolve_texts(HyFuncCall *call, HyScalarKernel kernel, unsigned flags)
{
    HyType result;
    for (size_t i = 0; i < call->n_args; i++) {
        HyType type = call->arg_types[i];
        if (!hy_type_is_text(type) && type.id != HY_TYPE_UNKNOWN)
            return hy_call_requires(call, "string arguments");
        call->arg_types[i].id = HY_TYPE_TEXT;
        call->arg_types[i].length = 0;
    }
    const HyCollation *collation = hy_call_collation(call);
    HY_TRY(hy_array_type(call->arena, hy_type(HY_TYPE_TEXT), &result));
    bool null_text = call->arg_types[0].nullable;
    hy_call_set(call, result, kernel, HY_SIG_CAN_FAIL | flags);
    if (flags & HY_SIG_NOT_STRICT)
        call->result.nullable = null_text;
    if (collation && !hy_collation_is_exact(collation))
        call->bind_data = collation;
    return HY_OK;
}

static HyStatus resolve_string_to_array(HyFuncCall *call)
{
    return resolve_texts(call, string_to_array, HY_SIG_NOT_STRICT);
}

static HyStatus resolve_split(HyFuncCall *call)
{
    return resolve_texts(call, split, HY_SIG_PLAIN);
}

/* ---- To text ---- */

static HyStatus join_elements(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t row, HyBuffer *out)
{
    HyArrayRow array;
    bool is_first = true;
    bool shows_nulls = call->n_args == 3 && !hy_vector_is_null(&args[2], row);
    HyString delimiter = hy_arg_string(&args[1], row);
    HY_TRY(hy_array_row(&args[0], row, &array));
    while (hy_array_next(&array.reader)) {
        if (array.reader.is_null && !shows_nulls)
            continue;
        if (!is_first)
            HY_TRY(hy_buffer_append(out, hy_string_data(&delimiter), delimiter.len));
        is_first = false;
        if (array.reader.is_null) {
            HyString null_text = hy_arg_string(&args[2], row);
            HY_TRY(hy_buffer_append(out, hy_string_data(&null_text), null_text.len));
        } else {
            HY_TRY(hy_value_format(array.reader.element, array.reader.payload, env->style, out));
        }
    }
    return HY_OK;
}

static HyStatus array_to_string(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    HyStatus st = HY_OK;
    HyBuffer text = {0};
    HyString *results = out->data;
    for (size_t i = 0; i < n; i++) {
        char *copy;
        results[i] = hy_string_view("", 0);
        if (hy_vector_is_null(&args[0], i) || hy_vector_is_null(&args[1], i)) {
            HY_GO(hy_vector_need_validity(env->arena, out, n));
            hy_bitmap_clear(out->validity, i);
            continue;
        }
        text.len = 0;
        HY_GO(join_elements(env, call, args, i, &text));
        HY_GO(hy_text_room(env, text.len, &copy));
        if (text.len)
            memcpy(copy, text.data, text.len);
        results[i] = hy_string_view(copy, text.len);
    }
done:
    hy_buffer_free(&text);
    return st;
}

static HyStatus resolve_array_to_string(HyFuncCall *call)
{
    static const HyType text = {.id = HY_TYPE_TEXT, .nullable = true};
    bool fits = hy_call_takes_array(call, 0, &text);
    for (size_t i = 1; i < call->n_args; i++) {
        HyType type = call->arg_types[i];
        fits = fits && (hy_type_is_text(type) || type.id == HY_TYPE_UNKNOWN);
        call->arg_types[i] = hy_type_nullable(hy_type(HY_TYPE_TEXT), type.nullable);
    }
    if (!fits)
        return hy_call_requires(call, "an array and a text argument");
    bool nullable = call->arg_types[0].nullable || call->arg_types[1].nullable;
    hy_call_set(call, hy_type(HY_TYPE_TEXT), array_to_string, HY_SIG_NOT_STRICT | HY_SIG_CAN_FAIL);
    call->result.nullable = nullable;
    return HY_OK;
}

/* ---- Series ---- */

/* The rows of generate_series with the arguments of this row. */
static HyStatus series_row(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t row, HyArrayBuilder *out)
{
    HyValue values[3];
    HyRowset *rows = NULL;
    for (size_t i = 0; i < call->n_args; i++)
        values[i] = hy_vector_value(&args[i], row);
    HY_TRY(hy_rowset_create(call->columns, 1, env->memory, &rows));
    HyStatus st = call->table->run(env, call, values, rows);
    for (size_t p = 0; !st && p < hy_rowset_piece_count(rows); p++) {
        const HyBatch *piece = hy_rowset_piece(rows, p);
        for (size_t k = 0; !st && k < piece->n_rows; k++)
            st = hy_array_builder_append(out, hy_arg_payload(&piece->cols[0], k));
    }
    hy_rowset_destroy(rows);
    return st;
}

HY_ARRAY_KERNEL(series, HY_GO(series_row(env, call, args, i, &builder));)

static HyStatus resolve_array_series(HyFuncCall *call)
{
    HyType result;
    HY_TRY(hy_resolve_series(call));
    HY_TRY(hy_array_type(call->arena, call->columns[0], &result));
    hy_call_set(call, result, series, HY_SIG_CAN_FAIL);
    return HY_OK;
}

/* ---- Registry ---- */

static const HyFunc functions[] = {
    {"string_to_array", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 3, resolve_string_to_array, NULL,
        "string_to_array(text, delimiter text [, null_text text]) -> array(text)",
        "The parts between delimiters (NULL: the characters); those equal to null_text are null."},
    {"split", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_split, NULL,
        "split(text, delimiter text) -> array(text)",
        "The parts between delimiters (empty: the characters)."},
    {"array_to_string", HY_FUNC_SCALAR, HY_STABLE, 2, 3, resolve_array_to_string, NULL,
        "array_to_string(array, delimiter text [, null_text text]) -> text",
        "The elements joined; nulls are left out or shown as null_text."},
    {"array_generate_series", HY_FUNC_SCALAR, HY_STABLE, 2, 3, resolve_array_series, NULL,
        "array_generate_series(start, stop [, step]) -> array",
        "The values of generate_series as an array."},
};
HY_DEFINE_FAMILY(array_text, functions);
