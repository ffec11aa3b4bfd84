/* pg_typeof and format_type. */
#include "func/families.h"
#include "func/signature.h"
#include "func/text_kernel.h"

/* The type was known when the call was resolved: its OID is the result, and the argument is never
 * computed. */
static HyStatus run_typeof(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call,
    const HyVector *args HY_UNUSED, size_t n, HyVector *out)
{
    const uint32_t *oid = call->bind_data;
    for (size_t i = 0; i < n; i++)
        ((uint32_t *)out->data)[i] = *oid;
    return HY_OK;
}

static HyStatus resolve_typeof(HyFuncCall *call)
{
    uint32_t *oid = NULL;
    HY_ARENA_NEW(call->arena, oid, 1);
    HyType type = call->arg_types[0];
    if (type.id == HY_TYPE_CHAR1) /* goes by the name of the longer ones */
        type.id = HY_TYPE_CHAR;
    *oid = hy_type_oid(type);
    call->bind_data = oid;
    call->n_args = 0;
    hy_call_set(call, hy_type(HY_TYPE_REGTYPE), run_typeof, HY_SIG_NOT_STRICT | HY_SIG_NOT_NULL);
    return HY_OK;
}

/* Names of types that no value has, but that catalogs mention. */
static const char *name_only(uint32_t oid)
{
    static const struct {
        uint32_t oid;
        const char *name;
    } types[] = {{22, "int2vector"}, {30, "oidvector"}, {1006, "array(int2vector)"},
        {1013, "array(oidvector)"}, {1033, "aclitem"}, {1034, "array(aclitem)"},
        {1042, "character"}, {1043, "character varying"}, {1700, "numeric"}, {2202, "regprocedure"},
        {2203, "regoper"}, {2204, "regoperator"}, {2278, "void"}, {3734, "regconfig"},
        {3769, "regdictionary"}};
    for (size_t i = 0; i < HY_ARRAY_LEN(types); i++)
        if (types[i].oid == oid)
            return types[i].name;
    return "unknown";
}

static bool has_modifier(uint32_t oid)
{
    return oid == 1042 || oid == 1043 || oid == 1700;
}

static HyStatus type_text(HyFuncEnv *env, uint32_t oid, int32_t typmod, HyString *out)
{
    HyType type = hy_type_from_oid(oid, typmod);
    HyType element;
    if (type.id == HY_TYPE_ARRAY) { /* the modifier is that of the elements */
        element = hy_type_from_oid(hy_type_oid(*type.element), typmod);
        type.element = &element;
    }
    const char *name = name_only(oid);
    if (type.id == HY_TYPE_UNKNOWN || (has_modifier(oid) && typmod < 4)) {
        *out = hy_string_view(name, strlen(name));
        return HY_OK;
    }
    HyBuffer text = {0};
    HyStatus st = hy_type_format(type, &text);
    const char *copy = st ? NULL : hy_arena_strndup(env->arena, text.data, text.len);
    if (!st && !copy)
        st = hy_error_oom(text.len);
    if (!st)
        *out = hy_string_view(copy, text.len);
    hy_buffer_free(&text);
    return st;
}

/* A null modifier is none; a null type gives null. */
static HyStatus run_format_type(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    HyString *results = out->data;
    for (size_t i = 0; i < n; i++) {
        results[i] = hy_string_view("", 0);
        if (hy_vector_is_null(&args[0], i)) {
            HY_TRY(hy_vector_need_validity(env->arena, out, n));
            hy_bitmap_clear(out->validity, i);
            continue;
        }
        int64_t typmod = hy_vector_is_null(&args[1], i) ? -1 : hy_arg_int8(&args[1], i);
        HY_TRY(type_text(env, (uint32_t)hy_arg_int8(&args[0], i), (int32_t)typmod, &results[i]));
    }
    return HY_OK;
}

static const HySignature format_type_list[] = {
    {2, {HY_I, HY_I}, HY_T, run_format_type, HY_SIG_NOT_STRICT},
};

static const HyFunc functions[] = {
    {"format_type", HY_FUNC_SCALAR, HY_IMMUTABLE, 2, 2, hy_resolve_signatures,
        HY_SIGNATURES(format_type_list), "format_type(type oid, modifier integer) -> text",
        "The name of a type with its modifier."},
    {"pg_typeof", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_typeof, NULL,
        "pg_typeof(any) -> regtype", "The type of the argument."},
};
HY_DEFINE_FAMILY(system_type, functions);
