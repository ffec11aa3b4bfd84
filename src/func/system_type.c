/* pg_typeof and format_type. */
#include "func/families.h"
#include "func/signature.h"
#include "func/text_kernel.h"

/* The type was known when the call was resolved: its OID is the result. */
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
    *oid = hy_type_oid(call->arg_types[0]);
    call->bind_data = oid;
    hy_call_set(call, hy_type(HY_TYPE_REGTYPE), run_typeof, HY_SIG_NOT_STRICT | HY_SIG_NOT_NULL);
    return HY_OK;
}

static const HyFunc functions[] = {
    {"pg_typeof", HY_FUNC_SCALAR, HY_IMMUTABLE, 1, 1, resolve_typeof, NULL,
        "pg_typeof(any) -> regtype", "The type of the argument."},
};
HY_DEFINE_FAMILY(system_type, functions);
