/* format_number: numbers by a pattern. */
#include "func/families.h"
#include "func/number_pattern.h"
#include "func/text_kernel.h"
#include "types/cast.h"
#include "types/float_text.h"

#include <math.h>

#define INFINITY_SIGN "\xe2\x88\x9e"

/* The digits of a number's text, "-12.5" or "1.2e-05", without zeros at both ends. */
static HyStatus read_decimal(HyArena *arena, const char *text, size_t len, HyDecimal *out)
{
    bool half_to_even = out->half_to_even;
    int64_t exponent = 0;
    bool negative_exponent = false;
    bool behind_point = false;
    size_t i = 0;
    *out = (HyDecimal){.half_to_even = half_to_even};
    HY_ARENA_NEW(arena, out->digits, len + 1);
    if (len > 0 && text[0] == '-') {
        out->is_negative = true;
        i++;
    }
    for (; i < len && text[i] != 'e'; i++) {
        if (text[i] == '.') {
            behind_point = true;
        } else if (out->n > 0 || text[i] != '0') {
            out->digits[out->n++] = text[i];
            out->point += !behind_point;
        } else {
            out->point -= behind_point;
        }
    }
    for (i++; i < len; i++) {
        if (text[i] == '-')
            negative_exponent = true;
        else if (text[i] != '+')
            exponent = exponent * 10 + (text[i] - '0');
    }
    out->point += negative_exponent ? -exponent : exponent;
    while (out->n > 0 && out->digits[out->n - 1] == '0')
        out->n--;
    if (out->n == 0)
        out->point = 0;
    return HY_OK;
}

typedef struct Numbers {
    HyNumberPattern pattern;
    HyString text; /* of the pattern */
    bool has_pattern;
    HyBuffer number;
    HyBuffer out;
} Numbers;

static HyStatus number_text(
    HyFuncEnv *env, HyType type, const void *payload, HyBuffer *out, const char **special)
{
    char text[HY_FLOAT_TEXT_MAX];
    *special = NULL;
    if (type.id != HY_TYPE_FLOAT8)
        return hy_value_format(type, payload, env->style, out);
    double v;
    memcpy(&v, payload, sizeof v);
    if (isnan(v))
        *special = "NaN";
    else if (isinf(v))
        *special = v < 0 ? "-" INFINITY_SIGN : INFINITY_SIGN;
    return hy_buffer_append(out, text, hy_double_format_shortest(v, text));
}

static HyStatus format_row(
    HyFuncEnv *env, Numbers *numbers, const HyVector *args, size_t row, HyString *result)
{
    HyType type = args[0].type;
    const char *special;
    HyDecimal decimal = {.half_to_even = type.id == HY_TYPE_FLOAT8};
    HyString text = hy_arg_string(&args[1], row);
    const char *payload = (const char *)hy_vector_values(&args[0]) +
                          hy_vector_index(&args[0], row) * hy_physical_size(hy_type_physical(type));
    if (!numbers->has_pattern || !hy_string_equal(&text, &numbers->text)) {
        HY_TRY(hy_number_pattern_parse(
            env->arena, hy_string_data(&text), text.len, &numbers->pattern));
        numbers->text = text;
        numbers->has_pattern = true;
    }
    numbers->number.len = 0;
    numbers->out.len = 0;
    HY_TRY(number_text(env, type, payload, &numbers->number, &special));
    if (special) {
        HY_TRY(hy_buffer_append_str(&numbers->out, special));
    } else {
        HY_TRY(read_decimal(env->arena, numbers->number.data, numbers->number.len, &decimal));
        HY_TRY(hy_number_pattern_format(&numbers->pattern, &decimal, &numbers->out));
    }
    char *copy;
    HY_TRY(hy_text_room(env, numbers->out.len, &copy));
    if (numbers->out.len)
        memcpy(copy, numbers->out.data, numbers->out.len);
    *result = hy_string_view(copy, numbers->out.len);
    return HY_OK;
}

static HyStatus format_number(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    HyStatus st = HY_OK;
    Numbers numbers = {.has_pattern = false};
    for (size_t i = 0; i < n; i++) {
        HyString r = hy_string_view("", 0);
        if (!hy_vector_is_null(out, i))
            HY_GO(format_row(env, &numbers, args, i, &r));
        ((HyString *)out->data)[i] = r;
    }
done:
    hy_buffer_free(&numbers.number);
    hy_buffer_free(&numbers.out);
    return st;
}

static const HySignature format_sigs[] = {
    {2, {HY_TYPE_INT8, HY_T}, HY_T, format_number, HY_SIG_CAN_FAIL},
    {2, {HY_TYPE_NUMERIC, HY_T}, HY_T, format_number, HY_SIG_CAN_FAIL},
    {2, {HY_TYPE_FLOAT8, HY_T}, HY_T, format_number, HY_SIG_CAN_FAIL}};

static const HyFunc functions[] = {
    {"format_number", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, hy_resolve_signatures,
        HY_SIGNATURES(format_sigs), "format_number(number, pattern text) -> text",
        "A number by a pattern such as '#,##0.00;(#)'."},
};
HY_DEFINE_FAMILY(format_number, functions);
