/* Case, length, concatenation, repetition of text. */
#include "func/array_kernel.h"
#include "func/families.h"
#include "func/kernel_text.h"
#include "func/text_kernel.h"
#include "types/case_fold.h"

#define MAX_TEXT_BYTES ((size_t)1 << 30)

HyStatus hy_text_room(HyFuncEnv *env, size_t len, char **out)
{
    if (len > MAX_TEXT_BYTES)
        return hy_error("54000", "resulting text is longer than 1 GiB");
    *out = hy_arena_alloc(env->arena, len);
    return *out ? HY_OK : hy_error_oom(len);
}

/* ---- Case ---- */

#define CASE_KERNEL(name, function)                                                                \
    HY_TEXT_KERNEL(name, HyString, {                                                               \
        HyString s = hy_arg_string(&args[0], i);                                                   \
        const char *text;                                                                          \
        size_t len;                                                                                \
        HY_TRY(function(env->arena, hy_string_data(&s), s.len, &text, &len));                      \
        r = hy_string_view(text, len);                                                             \
    })
CASE_KERNEL(upper, hy_text_upper)
CASE_KERNEL(lower, hy_text_lower)

static bool is_word_char(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80;
}

/* First letter of each word in upper case, the others in lower case. */
static HyStatus capitalize(HyFuncEnv *env, HyString s, HyString *out)
{
    const char *lower_text;
    size_t len;
    HY_TRY(hy_text_lower(env->arena, hy_string_data(&s), s.len, &lower_text, &len));
    char *result;
    size_t n = 0;
    bool in_word = false;
    HY_TRY(hy_text_room(env, len * HY_UTF8_MAX_BYTES, &result));
    for (size_t i = 0; i < len;) {
        uint32_t c = (unsigned char)lower_text[i];
        size_t step = hy_utf8_decode(lower_text + i, len - i, &c);
        const char *piece = lower_text + i;
        size_t piece_len = step ? step : 1;
        i += piece_len;
        if (!in_word && is_word_char(c))
            HY_TRY(hy_text_upper(env->arena, piece, piece_len, &piece, &piece_len));
        in_word = is_word_char(c);
        memcpy(result + n, piece, piece_len);
        n += piece_len;
    }
    *out = hy_string_view(result, n);
    return HY_OK;
}

HY_TEXT_KERNEL(initcap, HyString, HY_TRY(capitalize(env, hy_arg_string(&args[0], i), &r));)

/* ---- Length ---- */

HY_TEXT_KERNEL(char_length_by_row, int32_t, {
    HyString s = hy_arg_string(&args[0], i);
    r = (int32_t)hy_utf8_length(hy_string_data(&s), s.len);
})
static HyStatus char_length(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    if (args[0].kind != HY_VECTOR_FLAT)
        return char_length_by_row(env, call, args, n, out);
    HY_KERNEL_PICK(hy_text_lengths)(args[0].data, n, out->data);
    return HY_OK;
}
HY_TEXT_KERNEL(octet_length, int32_t, r = (int32_t)hy_arg_string(&args[0], i).len;)
HY_TEXT_KERNEL(bit_length, int32_t, r = (int32_t)(hy_arg_string(&args[0], i).len * 8);)

/* ---- Putting together ---- */

HY_TEXT_KERNEL(concat_two, HyString, {
    HyString a = hy_arg_string(&args[0], i);
    HyString b = hy_arg_string(&args[1], i);
    char *text;
    HY_TRY(hy_text_room(env, (size_t)a.len + b.len, &text));
    memcpy(text, hy_string_data(&a), a.len);
    memcpy(text + a.len, hy_string_data(&b), b.len);
    r = hy_string_view(text, (size_t)a.len + b.len);
})

/* Joins the arguments from `first` on that are not null. */
static HyStatus join_row(HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t row,
    size_t first, HyString separator, HyString *out)
{
    size_t total = 0;
    size_t n = 0;
    for (size_t a = first; a < call->n_args; a++)
        if (!hy_vector_is_null(&args[a], row))
            total += hy_arg_string(&args[a], row).len + (size_t)separator.len;
    char *text;
    HY_TRY(hy_text_room(env, total, &text));
    bool is_first = true;
    for (size_t a = first; a < call->n_args; a++) {
        if (hy_vector_is_null(&args[a], row))
            continue;
        HyString s = hy_arg_string(&args[a], row);
        if (!is_first) {
            memcpy(text + n, hy_string_data(&separator), separator.len);
            n += separator.len;
        }
        is_first = false;
        memcpy(text + n, hy_string_data(&s), s.len);
        n += s.len;
    }
    *out = hy_string_view(text, n);
    return HY_OK;
}

static HyStatus concat_all(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    for (size_t i = 0; i < n; i++)
        HY_TRY(join_row(env, call, args, i, 0, hy_string_view("", 0), &((HyString *)out->data)[i]));
    return HY_OK;
}

/* concat_ws: a null separator gives null. */
static HyStatus concat_separated(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    for (size_t i = 0; i < n; i++) {
        HyString *result = &((HyString *)out->data)[i];
        *result = hy_string_view("", 0);
        if (hy_vector_is_null(&args[0], i)) {
            HY_TRY(hy_vector_need_validity(env->arena, out, n));
            hy_bitmap_clear(out->validity, i);
            continue;
        }
        HY_TRY(join_row(env, call, args, i, 1, hy_arg_string(&args[0], i), result));
    }
    return HY_OK;
}

static HyStatus repeat_text(HyFuncEnv *env, HyString s, int64_t times, HyString *out)
{
    size_t count = times > 0 ? (size_t)times : 0;
    if (s.len && count > MAX_TEXT_BYTES / s.len)
        return hy_error("54000", "resulting text is longer than 1 GiB");
    char *text;
    HY_TRY(hy_text_room(env, count * s.len, &text));
    for (size_t k = 0; k < count && s.len; k++)
        memcpy(text + k * s.len, hy_string_data(&s), s.len);
    *out = hy_string_view(text, count * s.len);
    return HY_OK;
}
HY_TEXT_KERNEL(repeat, HyString,
               HY_TRY(repeat_text(env, hy_arg_string(&args[0], i), hy_arg_int8(&args[1], i), &r));)
/* A negative count gives null, fractions are cut. */
static HyStatus space_row(
    HyFuncEnv *env, double count, size_t n, size_t row, HyVector *out, HyString *r)
{
    if (count < 0) {
        HY_TRY(hy_vector_need_validity(env->arena, out, n));
        hy_bitmap_clear(out->validity, row);
        return HY_OK;
    }
    if (!(count <= (double)MAX_TEXT_BYTES))
        return hy_error("54000", "resulting text is longer than 1 GiB");
    return repeat_text(env, hy_string_view(" ", 1), (int64_t)count, r);
}
HY_TEXT_KERNEL(space, HyString, {
    double count = ((const double *)hy_vector_values(&args[0]))[hy_vector_index(&args[0], i)];
    HY_TRY(space_row(env, count, n, i, out, &r));
})

HY_TEXT_KERNEL(reverse, HyString, {
    HyString s = hy_arg_string(&args[0], i);
    const char *text = hy_string_data(&s);
    char *reversed;
    HY_TRY(hy_text_room(env, s.len, &reversed));
    for (size_t at = 0; at < s.len;) {
        uint32_t c;
        size_t step = hy_utf8_decode(text + at, s.len - at, &c);
        step = step ? step : 1;
        memcpy(reversed + s.len - at - step, text + at, step);
        at += step;
    }
    size_t len = s.len;
    while (call->result.id == HY_TYPE_CHAR && len > 0 && reversed[len - 1] == ' ')
        len--; /* char(n) is kept without trailing blanks */
    r = hy_string_view(reversed, len);
})

/* ---- Resolvers ---- */

/* Everything but text is passed as its text. */
static void all_to_text(HyFuncCall *call)
{
    for (size_t i = 0; i < call->n_args; i++) {
        HyType type = call->arg_types[i];
        if (type.id != HY_TYPE_TEXT && type.id != HY_TYPE_VARCHAR && type.id != HY_TYPE_CHAR)
            call->arg_types[i] = hy_type_nullable(hy_type(HY_TYPE_TEXT), type.nullable);
    }
}

static HyType joined_type(const HyFuncCall *call)
{
    HyType a = call->arg_types[0];
    HyType b = call->arg_types[1];
    HyType result = hy_type(HY_TYPE_TEXT);
    if (a.id == HY_TYPE_VARCHAR && b.id == HY_TYPE_VARCHAR &&
        (int64_t)a.length + b.length <= INT32_MAX) {
        result.id = HY_TYPE_VARCHAR;
        result.length = a.length + b.length;
    }
    result.collation = hy_call_collation(call);
    return result;
}

static HyStatus resolve_join_operator(HyFuncCall *call)
{
    HyType a = call->arg_types[0];
    HyType b = call->arg_types[1];
    bool is_array;
    HY_TRY(hy_resolve_array_join(call, &is_array));
    if (is_array)
        return HY_OK;
    if (a.id == HY_TYPE_BYTEA && b.id == HY_TYPE_BYTEA) {
        hy_call_set(call, a, concat_two, HY_SIG_CAN_FAIL);
        return HY_OK;
    }
    bool has_text = hy_type_is_text(a) || hy_type_is_text(b) ||
                    (a.id == HY_TYPE_UNKNOWN && b.id == HY_TYPE_UNKNOWN);
    if (!has_text)
        return hy_call_requires(call, "at least one string argument");
    all_to_text(call);
    hy_call_set(call, joined_type(call), concat_two, HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus resolve_concat(HyFuncCall *call)
{
    bool has_separator = call->func->name[6] == '_';
    HyType first = call->n_args ? call->arg_types[0] : hy_type(HY_TYPE_UNKNOWN);
    if (call->n_args < (has_separator ? 2 : 1))
        return hy_call_requires(call,
            has_separator ? "a separator and at least one argument" : "at least one argument");
    if (has_separator && !hy_type_is_text(first) && first.id != HY_TYPE_UNKNOWN)
        return hy_call_requires(call, "a string separator argument");
    all_to_text(call);
    HyType type = hy_type(HY_TYPE_TEXT);
    type.collation = hy_call_collation(call);
    hy_call_set(call, type, has_separator ? concat_separated : concat_all,
        HY_SIG_NOT_STRICT | HY_SIG_CAN_FAIL |
            (has_separator && call->arg_types[0].nullable ? 0 : HY_SIG_NOT_NULL));
    return HY_OK;
}

static HyStatus resolve_one_text(HyFuncCall *call)
{
    HyType type = call->arg_types[0];
    if (!hy_type_is_text(type) && type.id != HY_TYPE_UNKNOWN)
        return hy_call_requires(call, "a string argument");
    return hy_resolve_signatures(call);
}

HyStatus hy_resolve_keeping_char(HyFuncCall *call)
{
    HY_TRY(hy_resolve_signatures(call));
    if (call->result.id == HY_TYPE_CHAR)
        call->result.length = call->arg_types[0].length;
    return HY_OK;
}

static const HySignature upper_sigs[] = {{1, {HY_T}, HY_T, upper, HY_SIG_PLAIN}};
static const HySignature lower_sigs[] = {{1, {HY_T}, HY_T, lower, HY_SIG_PLAIN}};
static const HySignature initcap_sigs[] = {{1, {HY_T}, HY_T, initcap, HY_SIG_PLAIN}};
static const HySignature reverse_sigs[] = {{1, {HY_T}, HY_T, reverse, HY_SIG_PLAIN},
    {1, {HY_TYPE_CHAR}, HY_TYPE_CHAR, reverse, HY_SIG_PLAIN}};
static const HySignature length_sigs[] = {{1, {HY_T}, HY_TYPE_INT4, char_length, HY_SIG_PLAIN},
    {1, {HY_TYPE_BYTEA}, HY_TYPE_INT4, octet_length, HY_SIG_PLAIN}};
static const HySignature octet_sigs[] = {{1, {HY_T}, HY_TYPE_INT4, octet_length, HY_SIG_PLAIN},
    {1, {HY_TYPE_BYTEA}, HY_TYPE_INT4, octet_length, HY_SIG_PLAIN}};
static const HySignature bit_sigs[] = {{1, {HY_T}, HY_TYPE_INT4, bit_length, HY_SIG_PLAIN},
    {1, {HY_TYPE_BYTEA}, HY_TYPE_INT4, bit_length, HY_SIG_PLAIN}};
static const HySignature repeat_sigs[] = {{2, {HY_T, HY_I}, HY_T, repeat, HY_SIG_CAN_FAIL}};
static const HySignature space_sigs[] = {
    {1, {HY_TYPE_FLOAT8}, HY_T, space, HY_SIG_CAN_FAIL | HY_SIG_MAY_NULL}};

#define TEXT_FUNC(name, n_min, n_max, resolve, sigs, signature, doc)                               \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_IMMUTABLE, n_min, n_max, resolve, sigs, signature, doc            \
    }
static const HyFunc functions[] = {
    TEXT_FUNC("upper", 1, 1, resolve_one_text, HY_SIGNATURES(upper_sigs), "upper(text) -> text",
        "The text in upper case."),
    TEXT_FUNC("lower", 1, 1, resolve_one_text, HY_SIGNATURES(lower_sigs), "lower(text) -> text",
        "The text in lower case."),
    TEXT_FUNC("initcap", 1, 1, resolve_one_text, HY_SIGNATURES(initcap_sigs),
        "initcap(text) -> text", "The first letter of each word in upper case, the rest in lower."),
    TEXT_FUNC("upper_full", 1, 1, resolve_one_text, HY_SIGNATURES(upper_sigs),
        "upper_full(text) -> text", "The text in upper case."),
    TEXT_FUNC("lower_full", 1, 1, resolve_one_text, HY_SIGNATURES(lower_sigs),
        "lower_full(text) -> text", "The text in lower case."),
    TEXT_FUNC("initcap_full", 1, 1, resolve_one_text, HY_SIGNATURES(initcap_sigs),
        "initcap_full(text) -> text",
        "The first letter of each word in upper case, the rest in lower."),
    TEXT_FUNC("reverse", 1, 1, hy_resolve_keeping_char, HY_SIGNATURES(reverse_sigs),
        "reverse(text) -> text", "The characters in reverse order."),
    TEXT_FUNC("length", 1, 1, hy_resolve_signatures, HY_SIGNATURES(length_sigs),
        "length(text | bytea) -> integer", "Number of characters, or of bytes."),
    TEXT_FUNC("char_length", 1, 1, hy_resolve_signatures, HY_SIGNATURES(length_sigs),
        "char_length(text) -> integer", "Number of characters."),
    TEXT_FUNC("octet_length", 1, 1, hy_resolve_signatures, HY_SIGNATURES(octet_sigs),
        "octet_length(text | bytea) -> integer", "Number of bytes."),
    TEXT_FUNC("bit_length", 1, 1, hy_resolve_signatures, HY_SIGNATURES(bit_sigs),
        "bit_length(text | bytea) -> integer", "Number of bits."),
    TEXT_FUNC("||", 2, 2, resolve_join_operator, NULL, "a || b", "The two texts joined."),
    TEXT_FUNC("textcat", 0, 255, resolve_concat, NULL, "textcat(any, ..) -> text",
        "All arguments joined; nulls are left out."),
    TEXT_FUNC("concat", 0, 255, resolve_concat, NULL, "concat(any, ..) -> text",
        "All arguments joined; nulls are left out."),
    TEXT_FUNC("concat_ws", 0, 255, resolve_concat, NULL, "concat_ws(separator, any, ..) -> text",
        "The arguments after the first joined with it; nulls are left out."),
    TEXT_FUNC("repeat", 2, 2, hy_resolve_signatures, HY_SIGNATURES(repeat_sigs),
        "repeat(text, n integer) -> text", "The text n times."),
    TEXT_FUNC("space", 1, 1, hy_resolve_signatures, HY_SIGNATURES(space_sigs),
        "space(n number) -> text", "n blanks, NULL if n is negative."),
};
HY_DEFINE_FAMILY(text_basic, functions);
