#include "types/value.h"

HyValue hy_vector_value(const HyVector *v, size_t row)
{
    HyValue value = hy_value_null(v->type);
    if (hy_vector_is_null(v, row))
        return value;
    size_t width = hy_physical_size(hy_type_physical(v->type));
    const char *values = hy_vector_values(v);
    value.is_null = false;
    memcpy(&value.string, values + hy_vector_index(v, row) * width, width);
    return value;
}

HyStatus hy_vector_constant(HyArena *arena, const HyValue *value, HyVector *out)
{
    HyVector v;
    HY_TRY(hy_vector_alloc(arena, value->type, 1, &v));
    v.kind = HY_VECTOR_CONSTANT;
    size_t width = hy_physical_size(hy_type_physical(value->type));
    if (value->is_null) {
        memset(v.data, 0, width);
        HY_TRY(hy_vector_need_validity(arena, &v, 1));
        v.validity[0] = 0;
    } else {
        memcpy(v.data, hy_value_payload(value), width);
    }
    *out = v;
    return HY_OK;
}

HyStatus hy_value_copy(HyArena *arena, const HyValue *value, HyValue *out)
{
    HyValue copy = *value;
    if (!value->is_null && hy_type_physical(value->type) == HY_PHYS_STRING &&
        value->string.len > HY_STRING_INLINE) {
        char *bytes = hy_arena_strndup(arena, value->string.ptr, value->string.len);
        if (HY_UNLIKELY(!bytes))
            return hy_error_oom(value->string.len);
        copy.string.ptr = bytes;
    }
    *out = copy;
    return HY_OK;
}
