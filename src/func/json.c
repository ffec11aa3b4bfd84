/* Reading JSON values: ->, ->>, json_array_length. Parts are given as they are written. */
#include "base/json.h"
#include "func/families.h"
#include "func/text_kernel.h"

/* The member of a name, or the element of a number (negative: from the end); NULL without one. */
static const HyJson *member(HyArena *scratch, const HyJson *json, const HyString *key)
{
    char *name = hy_arena_strndup(scratch, hy_string_data(key), key->len);
    return name ? hy_json_get(json, name) : NULL;
}

static const HyJson *element(const HyJson *json, int64_t index)
{
    if (json->kind != HY_JSON_ARRAY)
        return NULL;
    if (index < 0)
        index += (int64_t)json->n_items;
    return index >= 0 && index < (int64_t)json->n_items ? json->items[index] : NULL;
}

/* Parts are views of the document: what is longer than a view holds itself does not lie in a copy
 * of one either. */
static HyStatus give(HyFuncEnv *env, const HyJson *found, bool as_text, HyString *out)
{
    char *copy;
    *out = hy_string_view(found->source, found->source_len);
    if (!as_text || found->kind != HY_JSON_STRING)
        return HY_OK;
    HY_TRY(hy_text_room(env, found->text_len, &copy));
    memcpy(copy, found->text, found->text_len);
    *out = hy_string_view(copy, found->text_len);
    return HY_OK;
}

/* Parses each row's document into a scratch arena. */
static HyStatus get(HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n,
    HyVector *out, HyArena *scratch)
{
    bool as_text = call->result.id == HY_TYPE_TEXT;
    bool by_name = hy_type_is_text(call->arg_types[1]);
    HyString *results = out->data;
    for (size_t i = 0; i < n; i++) {
        HyJson *json;
        results[i] = hy_string_view("", 0);
        if (hy_vector_is_null(out, i))
            continue;
        hy_arena_reset(scratch);
        HyString document = hy_arg_string(&args[0], i);
        HY_TRY(hy_json_parse(scratch, hy_string_data(&document), document.len, &json));
        HyString key = by_name ? hy_arg_string(&args[1], i) : hy_string_view("", 0);
        const HyJson *found =
            by_name ? member(scratch, json, &key) : element(json, hy_arg_int8(&args[1], i));
        if (found) {
            HY_TRY(give(env, found, as_text, &results[i]));
        } else {
            HY_TRY(hy_vector_need_validity(env->arena, out, n));
            hy_bitmap_clear(out->validity, i);
        }
    }
    return HY_OK;
}

static HyStatus get_member(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    HyArena *scratch = hy_arena_create();
    if (!scratch)
        return hy_error_oom(1);
    HyStatus st = get(env, call, args, n, out, scratch);
    hy_arena_destroy(scratch);
    return st;
}

static HyStatus resolve_get(HyFuncCall *call)
{
    HyType key = call->arg_types[1];
    bool by_name = hy_type_is_text(key);
    bool by_number = key.id == HY_TYPE_INT2 || key.id == HY_TYPE_INT4;
    if (call->arg_types[0].id != HY_TYPE_JSON || (!by_name && !by_number))
        return hy_call_requires(call, "a structured data type");
    call->arg_types[1] =
        hy_type_nullable(hy_type(by_name ? HY_TYPE_TEXT : HY_TYPE_INT8), key.nullable);
    bool as_text = call->func->name[2] == '>';
    hy_call_set(call, hy_type(as_text ? HY_TYPE_TEXT : HY_TYPE_JSON), get_member,
        HY_SIG_MAY_NULL | HY_SIG_CAN_FAIL);
    return HY_OK;
}

static HyStatus array_length(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,
    const HyVector *args, size_t n, HyVector *out)
{
    HyStatus st = HY_OK;
    HyArena *scratch = hy_arena_create();
    if (!scratch)
        return hy_error_oom(1);
    for (size_t i = 0; i < n; i++) {
        HyJson *json;
        ((int64_t *)out->data)[i] = 0;
        if (hy_vector_is_null(out, i))
            continue;
        hy_arena_reset(scratch);
        HyString document = hy_arg_string(&args[0], i);
        HY_GO(hy_json_parse(scratch, hy_string_data(&document), document.len, &json));
        if (json->kind != HY_JSON_ARRAY) {
            st = hy_error("22023", "cannot get array length of a non-array");
            goto done;
        }
        ((int64_t *)out->data)[i] = (int64_t)json->n_items;
    }
done:
    hy_arena_destroy(scratch);
    return st;
}

static const HySignature length_sigs[] = {
    {1, {HY_TYPE_JSON}, HY_TYPE_INT8, array_length, HY_SIG_CAN_FAIL}};

static const HyFunc functions[] = {
    {"->", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_get, NULL,
        "json -> name text, json -> index integer",
        "The member of an object or the element of an array (from 0; negative: from the end)."},
    {"->>", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, resolve_get, NULL,
        "json ->> name text, json ->> index integer", "The same as text, strings without quotes."},
    {"json_array_length", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, hy_resolve_signatures,
        HY_SIGNATURES(length_sigs), "json_array_length(json) -> bigint",
        "The number of elements of a JSON array."},
};
HY_DEFINE_FAMILY(json, functions);
