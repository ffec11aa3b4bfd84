/* Aggregates that put all values of a group together: array_agg, string_agg (listagg) and
 * json_arrayagg. */
#include "base/json.h"
#include "func/aggregate_values.h"
#include "func/families.h"
#include "types/array.h"

#define MAX_TEXT_BYTES ((uint64_t)1 << 30)

/* ---- array_agg ---- */

/* Null elements count: they have zeroed values and a set byte. */
typedef struct ArrayState {
    HyValueList values;
    HyValueList nulls; /* a byte per value; empty while there is no null */
} ArrayState;

/* Notes whether the value to come is null. */
static HyStatus note_null(ArrayState *s, bool is_null, HyArena *heap)
{
    if (!is_null && s->nulls.n == 0)
        return HY_OK;
    uint64_t missing = s->values.n + 1 - s->nulls.n;
    HY_TRY(hy_value_list_reserve(&s->nulls, missing, 1, heap));
    memset(s->nulls.data + s->nulls.n, 0, missing);
    s->nulls.n += missing;
    s->nulls.data[s->nulls.n - 1] = is_null;
    return HY_OK;
}

static HyStatus array_update(HY_UPDATE_ARGS)
{
    static const char zero[16];
    const HyVector *v = &args[0];
    size_t size = hy_physical_size(hy_type_physical(v->type));
    const char *values = hy_vector_values(v);
    for (size_t i = 0; i < n; i++) {
        ArrayState *s = &((ArrayState *)states)[groups ? groups[i] : 0];
        bool is_null = hy_vector_is_null(v, i);
        const char *value = is_null ? zero : values + hy_vector_index(v, i) * size;
        HY_TRY(note_null(s, is_null, heap));
        HY_TRY(hy_value_list_push(&s->values, v->type, value, heap));
    }
    return HY_OK;
}

static HyStatus array_combine(HY_COMBINE_ARGS)
{
    ArrayState *into = into_;
    const ArrayState *from = from_;
    size_t size = hy_physical_size(hy_type_physical(call->arg_types[0]));
    for (uint64_t i = 0; i < from->values.n; i++) {
        HY_TRY(note_null(into, i < from->nulls.n && from->nulls.data[i], heap));
        HY_TRY(hy_value_list_reserve(&into->values, 1, size, heap));
        memcpy(into->values.data + into->values.n * size, from->values.data + i * size, size);
        into->values.n++;
    }
    return HY_OK;
}

static HyStatus array_finalize(HY_FINALIZE_ARGS)
{
    HyStatus st = HY_OK;
    HyArrayBuilder builder;
    const ArrayState *s = states;
    size_t size = hy_physical_size(hy_type_physical(call->arg_types[0]));
    hy_array_builder_init(&builder, *out->type.element);
    for (size_t i = 0; i < n; i++) {
        for (uint64_t k = 0; k < s[i].values.n; k++) {
            bool is_null = k < s[i].nulls.n && s[i].nulls.data[k];
            HY_GO(hy_array_builder_append(&builder, is_null ? NULL : s[i].values.data + k * size));
        }
        HY_GO(hy_array_builder_finish(&builder, env->arena, &((HyString *)out->data)[i]));
        if (s[i].values.n == 0)
            HY_GO(hy_aggregate_null(env, out, n, i));
    }
done:
    hy_array_builder_destroy(&builder);
    return st;
}

static const HyAggregate array_aggregate = {.state_size = sizeof(ArrayState),
    .update = array_update,
    .combine = array_combine,
    .finalize = array_finalize};

static HyStatus resolve_array_agg(HyFuncCall *call)
{
    HyType *element = NULL;
    hy_call_default_unknown(call);
    if (call->arg_types[0].id == HY_TYPE_ARRAY)
        return hy_error("0A000", "Multi-dimensional arrays are not supported");
    if (call->arg_types[0].id == HY_TYPE_VARCHAR)
        call->arg_types[0].id = HY_TYPE_TEXT;
    HY_ARENA_NEW(call->arena, element, 1);
    *element = call->arg_types[0];
    HyType array = hy_type(HY_TYPE_ARRAY);
    array.element = element;
    hy_call_set_aggregate(call, array, &array_aggregate);
    return HY_OK;
}

/* ---- Text that grows ---- */

typedef struct TextState {
    HyValueList text; /* bytes */
    uint64_t n;       /* rows, or elements */
} TextState;

static HyStatus append_text(TextState *s, const char *bytes, size_t len, HyArena *heap)
{
    if (s->text.n + len > MAX_TEXT_BYTES)
        return hy_error("54000", "resulting text is longer than 1 GiB");
    HY_TRY(hy_value_list_reserve(&s->text, len, 1, heap));
    if (len)
        memcpy(s->text.data + s->text.n, bytes, len);
    s->text.n += len;
    return HY_OK;
}

/* ---- string_agg ---- */

static HyString separator_of(const HyFuncCall *call)
{
    const HyValue *separator = call->bind_data;
    return separator->is_null ? hy_string_view("", 0) : separator->string;
}

static HyStatus add_string(
    TextState *s, const HyString *separator, const char *bytes, size_t len, HyArena *heap)
{
    if (s->n++ > 0)
        HY_TRY(append_text(s, hy_string_data(separator), separator->len, heap));
    return append_text(s, bytes, len, heap);
}

static HyStatus string_update(HY_UPDATE_ARGS)
{
    HyString separator = separator_of(call);
    const HyString *values = hy_vector_values(&args[0]);
    for (size_t i = 0; i < n; i++) {
        if (hy_vector_is_null(&args[0], i))
            continue;
        const HyString *value = &values[hy_vector_index(&args[0], i)];
        HY_TRY(add_string(&((TextState *)states)[groups ? groups[i] : 0], &separator,
            hy_string_data(value), value->len, heap));
    }
    return HY_OK;
}

static HyStatus string_combine(HY_COMBINE_ARGS)
{
    TextState *into = into_;
    const TextState *from = from_;
    HyString separator = separator_of(call);
    if (from->n == 0)
        return HY_OK;
    HY_TRY(add_string(into, &separator, from->text.data, from->text.n, heap));
    into->n += from->n - 1;
    return HY_OK;
}

static HyStatus string_finalize(HY_FINALIZE_ARGS)
{
    const TextState *s = states;
    for (size_t i = 0; i < n; i++) {
        ((HyString *)out->data)[i] = hy_string_view(s[i].text.data, s[i].text.n);
        if (s[i].n == 0)
            HY_TRY(hy_aggregate_null(env, out, n, i));
    }
    return HY_OK;
}

static const HyAggregate string_aggregate = {.state_size = sizeof(TextState),
    .update = string_update,
    .combine = string_combine,
    .finalize = string_finalize,
    .takes_within_group = true};

static HyStatus resolve_string_agg(HyFuncCall *call)
{
    const char *name = call->func->name;
    if (call->n_args != 2)
        return hy_error("42601", "\"%s\" requires exactly two arguments", name);
    for (size_t i = 0; i < 2; i++) {
        if (!hy_type_is_text(call->arg_types[i]))
            return hy_error("42601", "\"%s\" requires string arguments", name);
        call->arg_types[i].id = HY_TYPE_TEXT;
        call->arg_types[i].length = 0;
    }
    if (!call->consts[1])
        return hy_error("0A000", "\"%s\" requires a constant separator", name);
    call->bind_data = call->consts[1];
    HyType text = hy_type(HY_TYPE_TEXT);
    text.collation = call->arg_types[0].collation;
    hy_call_set_aggregate(call, text, &string_aggregate);
    return HY_OK;
}

/* ---- json_arrayagg ---- */

/* A date and time as in ISO 8601, with the offset's minutes. */
static HyStatus append_json_time(HyBuffer *out, char *text, size_t len, bool has_zone)
{
    char *blank = memchr(text, ' ', len);
    if (blank)
        *blank = 'T';
    HY_TRY(hy_json_append_string(out, text, len));
    bool has_hours_only = has_zone && len > 3 && (text[len - 3] == '+' || text[len - 3] == '-');
    if (!has_hours_only)
        return HY_OK;
    out->len--; /* the quote */
    return hy_buffer_append_str(out, ":00\"");
}

static HyStatus append_json_number(HyBuffer *out, const HyBuffer *text)
{
    bool is_finite =
        text->len > 0 && (text->data[text->len - 1] >= '0' && text->data[text->len - 1] <= '9');
    return is_finite ? hy_buffer_append(out, text->data, text->len)
                     : hy_json_append_string(out, text->data, text->len);
}

/* One value as JSON; scratch is empty on entry and exit. */
static HyStatus append_json(
    const HyFuncEnv *env, HyType type, const void *value, HyBuffer *scratch, HyBuffer *out)
{
    const HyString *string = value;
    switch (type.id) {
    case HY_TYPE_BOOL:
        return hy_buffer_append_str(out, *(const uint8_t *)value ? "true" : "false");
    case HY_TYPE_JSON:
        return hy_buffer_append(out, hy_string_data(string), string->len);
    case HY_TYPE_TEXT:
    case HY_TYPE_VARCHAR:
        return hy_json_append_string(out, hy_string_data(string), string->len);
    default:
        break;
    }
    HY_TRY(hy_value_format(type, value, env->style, scratch));
    size_t len = scratch->len;
    scratch->len = 0;
    if (hy_type_is_number(type))
        return append_json_number(out, &(HyBuffer){.data = scratch->data, .len = len});
    bool is_time = type.id == HY_TYPE_TIMESTAMP || type.id == HY_TYPE_TIMESTAMPTZ;
    if (is_time)
        return append_json_time(out, scratch->data, len, type.id == HY_TYPE_TIMESTAMPTZ);
    return hy_json_append_string(out, scratch->data, len);
}

static HyStatus json_update(HY_UPDATE_ARGS)
{
    HyStatus st = HY_OK;
    HyBuffer scratch = {0};
    HyBuffer element = {0};
    const HyVector *v = &args[0];
    size_t size = hy_physical_size(hy_type_physical(v->type));
    const char *values = hy_vector_values(v);
    for (size_t i = 0; i < n; i++) {
        TextState *s = &((TextState *)states)[groups ? groups[i] : 0];
        s->n++;
        bool is_null = hy_vector_is_null(v, i);
        if (is_null && !call->keeps_nulls)
            continue;
        element.len = 0;
        if (s->text.n > 0)
            HY_GO(hy_buffer_append_char(&element, ','));
        if (is_null)
            HY_GO(hy_buffer_append_str(&element, "null"));
        else
            HY_GO(append_json(
                env, v->type, values + hy_vector_index(v, i) * size, &scratch, &element));
        HY_GO(append_text(s, element.data, element.len, heap));
    }
done:
    hy_buffer_free(&scratch);
    hy_buffer_free(&element);
    return st;
}

static HyStatus json_combine(HY_COMBINE_ARGS)
{
    TextState *into = into_;
    const TextState *from = from_;
    into->n += from->n;
    if (into->text.n > 0 && from->text.n > 0)
        HY_TRY(append_text(into, ",", 1, heap));
    return append_text(into, from->text.data, from->text.n, heap);
}

static HyStatus json_finalize(HY_FINALIZE_ARGS)
{
    const TextState *s = states;
    for (size_t i = 0; i < n; i++) {
        size_t len = s[i].text.n;
        char *text = hy_arena_alloc(env->arena, len + 2);
        if (!text)
            return hy_error_oom(len + 2);
        text[0] = '[';
        if (len)
            memcpy(text + 1, s[i].text.data, len);
        text[len + 1] = ']';
        ((HyString *)out->data)[i] = hy_string_view(text, len + 2);
        if (s[i].n == 0)
            HY_TRY(hy_aggregate_null(env, out, n, i));
    }
    return HY_OK;
}

static const HyAggregate json_aggregate = {.state_size = sizeof(TextState),
    .update = json_update,
    .combine = json_combine,
    .finalize = json_finalize};

static HyStatus resolve_json_arrayagg(HyFuncCall *call)
{
    hy_call_default_unknown(call);
    HyType type = call->arg_types[0];
    if (type.id == HY_TYPE_ARRAY)
        return hy_error("0A000", "\"json_arrayagg\" is not implemented for array inputs yet");
    bool is_temporal =
        hy_type_is_datetime(type) || type.id == HY_TYPE_TIME || type.id == HY_TYPE_INTERVAL;
    if (!hy_type_is_number(type) && !hy_type_is_text(type) && !is_temporal &&
        type.id != HY_TYPE_BOOL && type.id != HY_TYPE_JSON)
        return hy_error("42601", "\"json_arrayagg\" called with incompatible types");
    hy_call_set_aggregate(call, hy_type(HY_TYPE_JSON), &json_aggregate);
    return HY_OK;
}

static const HyFunc functions[] = {
    {"array_agg", HY_FUNC_AGGREGATE, HY_IMMUTABLE, 1, 1, resolve_array_agg, NULL,
        "array_agg(any [ORDER BY ..]) -> array", "All values, also nulls, as an array."},
    {"string_agg", HY_FUNC_AGGREGATE, HY_IMMUTABLE, 0, 255, resolve_string_agg, NULL,
        "string_agg(string text, separator text [ORDER BY ..]) -> text",
        "All strings with a separator between them."},
    {"listagg", HY_FUNC_AGGREGATE, HY_IMMUTABLE, 0, 255, resolve_string_agg, NULL,
        "listagg(string text, separator text) [WITHIN GROUP (ORDER BY ..)] -> text",
        "All strings with a separator between them."},
    {"json_arrayagg", HY_FUNC_AGGREGATE, HY_STABLE, 1, 1, resolve_json_arrayagg, NULL,
        "json_arrayagg(any [ORDER BY ..]) -> json", "All values but nulls as a JSON array."},
};
HY_DEFINE_FAMILY(aggregate_list, functions);
