/* One value with its type: constants of a plan, settings, min/max of a chunk. */
#ifndef HY_TYPES_VALUE_H
#define HY_TYPES_VALUE_H

#include "types/string.h"
#include "types/type.h"
#include "types/vector.h"

typedef struct HyValue {
    HyType type;
    bool is_null;
    union { /* by hy_type_physical(type) */
        uint8_t u8;
        int16_t i16;
        int32_t i32;
        uint32_t u32;
        int64_t i64;
        uint64_t u64;
        HyInt128 i128;
        float f32;
        double f64;
        HyInterval interval;
        uint8_t uuid[16];
        HyString string; /* bytes in the arena of whoever made the value */
    };
} HyValue;

static inline HyValue hy_value_null(HyType type)
{
    HyValue v;
    memset(&v, 0, sizeof v);
    v.type = type;
    v.is_null = true;
    return v;
}

/* Address of the payload: a constant vector of the value is {type, CONSTANT, hy_value_payload(&v)}.
 */
static inline const void *hy_value_payload(const HyValue *v)
{
    return &v->u8;
}

/* Row `row` of a vector as a value; string bytes are shared with the vector. */
HyValue hy_vector_value(const HyVector *v, size_t row);
/* A constant vector in the arena (payload copied, long string bytes shared). */
HyStatus hy_vector_constant(HyArena *arena, const HyValue *value, HyVector *out) HY_MUST_CHECK;
/* Deep copy into the arena. */
HyStatus hy_value_copy(HyArena *arena, const HyValue *value, HyValue *out) HY_MUST_CHECK;

#endif
