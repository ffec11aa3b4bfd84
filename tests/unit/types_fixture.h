/* Random numbers, types and values for the tests of the types layer. */
#ifndef HY_TESTS_TYPES_FIXTURE_H
#define HY_TESTS_TYPES_FIXTURE_H

#include "types/datetime.h"
#include "types/numeric.h"
#include "types/value.h"
#include "unit_test.h"
#include <math.h>

/* xorshift64*: the same sequence in every run. */
static uint64_t random_state = UINT64_C(88172645463325252);

static inline uint64_t random_u64(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(2685821657736338717);
}

static inline uint64_t random_below(uint64_t n)
{
    return random_u64() % n;
}

/* Every type with a physical form of its own and some with modifiers. */
static const HyType sample_types[] = {
    {.id = HY_TYPE_BOOL},
    {.id = HY_TYPE_INT2},
    {.id = HY_TYPE_INT4},
    {.id = HY_TYPE_INT8},
    {.id = HY_TYPE_FLOAT4},
    {.id = HY_TYPE_FLOAT8},
    {.id = HY_TYPE_NUMERIC, .precision = 10, .scale = 2},
    {.id = HY_TYPE_NUMERIC, .precision = 38, .scale = 10},
    {.id = HY_TYPE_TEXT},
    {.id = HY_TYPE_VARCHAR, .length = 40},
    {.id = HY_TYPE_CHAR, .length = 20},
    {.id = HY_TYPE_CHAR1},
    {.id = HY_TYPE_BYTEA},
    {.id = HY_TYPE_DATE},
    {.id = HY_TYPE_TIME},
    {.id = HY_TYPE_TIMESTAMP},
    {.id = HY_TYPE_TIMESTAMPTZ},
    {.id = HY_TYPE_INTERVAL},
    {.id = HY_TYPE_UUID},
    {.id = HY_TYPE_OID},
};

/* Text with shared prefixes, of all lengths around the limit of inlined strings. */
static inline HyString random_string(HyArena *arena, bool binary)
{
    static const char letters[] = "abAB yz";
    size_t len = random_below(4) ? random_below(20) : random_below(3);
    char *bytes = hy_arena_alloc(arena, len);
    assert_non_null(bytes);
    size_t same = random_below(16);
    for (size_t i = 0; i < len; i++)
        bytes[i] = i < same ? 'a' : letters[random_below(sizeof letters - 1)];
    if (binary && len)
        bytes[random_below(len)] = (char)random_below(256);
    if (!binary && len)
        bytes[len - 1] = 'x'; /* no trailing blank */
    return hy_string_view(bytes, len);
}

static inline double random_double(void)
{
    static const double special[] = {0.0, -0.0, 1.0, -1.0, (double)NAN, (double)INFINITY,
        -(double)INFINITY, 0.5, 2.5, -2.5, 1e300, 5e-324, 2147483647.5};
    if (random_below(3) == 0)
        return special[random_below(HY_ARRAY_LEN(special))];
    return ((double)random_below(2000001) - 1e6) / 1000;
}

static inline int64_t random_int(int64_t min, int64_t max)
{
    if (random_below(4) == 0)
        return random_below(2) ? min : max;
    int64_t small = (int64_t)random_below(21) - 10;
    return small < min || small > max ? min : small;
}

static inline HyValue random_value(HyArena *arena, HyType type)
{
    HyValue v = hy_value_null(type);
    v.is_null = false;
    switch (hy_type_physical(type)) {
    case HY_PHYS_U8:
        v.u8 = (uint8_t)random_below(2);
        break;
    case HY_PHYS_I16:
        v.i16 = (int16_t)random_int(INT16_MIN, INT16_MAX);
        break;
    case HY_PHYS_I32:
        v.i32 = type.id == HY_TYPE_DATE ? (int32_t)(HY_DATE_MIN + random_below(HY_DATE_MAX - 38))
                                        : (int32_t)random_int(INT32_MIN, INT32_MAX);
        break;
    case HY_PHYS_U32:
        v.u32 = type.id == HY_TYPE_CHAR1 ? (uint32_t)random_below(0xd800)
                                         : (uint32_t)random_int(0, UINT32_MAX);
        break;
    case HY_PHYS_I64:
        if (type.id == HY_TYPE_NUMERIC)
            v.i64 = random_int(-9999999999, 9999999999);
        else if (type.id == HY_TYPE_TIME)
            v.i64 = random_int(0, HY_MICROS_PER_DAY);
        else
            v.i64 = random_int(INT64_MIN, INT64_MAX);
        break;
    case HY_PHYS_U64:
        v.u64 = HY_TIMESTAMP_MIN + random_below(HY_TIMESTAMP_MAX - HY_TIMESTAMP_MIN);
        break;
    case HY_PHYS_I128:
        v.i128 = (HyInt128)(int64_t)random_u64() * (int64_t)random_below(1000);
        break;
    case HY_PHYS_F32:
        v.f32 = (float)random_double();
        break;
    case HY_PHYS_F64:
        v.f64 = random_double();
        break;
    case HY_PHYS_INTERVAL:
        v.interval = (HyInterval){.months = (int32_t)random_int(-20, 20),
            .days = (int32_t)random_int(-40, 40),
            .micros = random_int(-90000000, 90000000)};
        break;
    case HY_PHYS_UUID:
        for (size_t i = 0; i < 16; i++)
            v.uuid[i] = (uint8_t)random_below(i ? 3 : 256);
        break;
    case HY_PHYS_STRING:
        v.string = random_string(arena, type.id == HY_TYPE_BYTEA);
        break;
    }
    return v;
}

/* n random values, about every `null_every`-th null (0: none), in one of the three vector forms. */
static inline HyVector random_vector(
    HyArena *arena, HyType type, size_t n, HyVectorKind kind, unsigned null_every)
{
    size_t width = hy_physical_size(hy_type_physical(type));
    size_t n_values = kind == HY_VECTOR_FLAT ? n : kind == HY_VECTOR_CONSTANT ? 1 : 1 + n / 3;
    HyVector v;
    assert_ok(hy_vector_alloc(arena, type, n_values, &v));
    for (size_t i = 0; i < n_values; i++) {
        HyValue value = random_value(arena, type);
        memcpy((char *)v.data + i * width, hy_value_payload(&value), width);
    }
    v.kind = kind;
    if (kind == HY_VECTOR_DICTIONARY) {
        HyDictionary *dict = hy_arena_zalloc(arena, sizeof *dict);
        uint32_t *codes = hy_arena_alloc(arena, n * sizeof *codes);
        assert_non_null(dict);
        assert_non_null(codes);
        *dict = (HyDictionary){.values = v.data, .size = (uint32_t)n_values};
        for (size_t i = 0; i < n; i++)
            codes[i] = (uint32_t)random_below(n_values);
        v.dict = dict;
        v.data = codes;
    }
    if (null_every) {
        assert_ok(hy_vector_need_validity(arena, &v, n));
        for (size_t i = 0; i < (kind == HY_VECTOR_CONSTANT ? 1 : n); i++) {
            if (random_below(null_every) == 0) {
                hy_bitmap_clear(v.validity, i);
                if (kind == HY_VECTOR_DICTIONARY)
                    ((uint32_t *)v.data)[i] = 0;
            }
        }
    }
    return v;
}

#endif
