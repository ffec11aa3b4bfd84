/* GREATEST and LEAST over any ordered type. The binder has brought the arguments to one type; nulls
 * are passed over. */
#include "func/families.h"
#include "func/signature.h"
#include "types/compare.h"

static HyStatus pick_extreme(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    HyType type = call->result;
    size_t size = hy_physical_size(hy_type_physical(type));
    bool wants_greatest = call->func->name[0] == 'g';
    for (size_t i = 0; i < n; i++) {
        const void *best = NULL;
        for (size_t a = 0; a < call->n_args; a++) {
            if (hy_vector_is_null(&args[a], i))
                continue;
            const void *value =
                (const char *)hy_vector_values(&args[a]) + hy_vector_index(&args[a], i) * size;
            int c = best ? hy_compare_payload(type, value, best) : 0;
            if (!best || (wants_greatest ? c > 0 : c < 0))
                best = value;
        }
        char *result = (char *)out->data + i * size;
        if (best) {
            memcpy(result, best, size);
        } else {
            memset(result, 0, size);
            HY_TRY(hy_vector_need_validity(env->arena, out, n));
            hy_bitmap_clear(out->validity, i);
        }
    }
    return HY_OK;
}

static HyStatus resolve_greatest(HyFuncCall *call)
{
    bool nullable = true;
    HyType type = call->arg_types[0];
    for (size_t i = 0; i < call->n_args; i++) {
        if (!hy_type_common(type, call->arg_types[i], &type))
            return hy_call_requires(call, "generalizable types");
        nullable &= call->arg_types[i].nullable;
    }
    for (size_t i = 0; i < call->n_args; i++)
        call->arg_types[i] = hy_type_nullable(type, call->arg_types[i].nullable);
    hy_call_set(call, type, pick_extreme, HY_SIG_NOT_STRICT | (nullable ? 0 : HY_SIG_NOT_NULL));
    return HY_OK;
}

static const HyFunc functions[] = {
    {"greatest", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 255, resolve_greatest, NULL,
        "greatest(any, ..) -> any", "Largest of the values that are not null."},
    {"least", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 255, resolve_greatest, NULL, "least(any, ..) -> any",
        "Smallest of the values that are not null."},
};
HY_DEFINE_FAMILY(greatest, functions);
