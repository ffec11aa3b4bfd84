/* Hash loops, one per physical type. Compiled once per instruction set. Integers of all widths hash
 * by their value, so that equal numbers of different width agree. */
#include "base/bytes.h"
#include "base/hash.h"
#include "types/kernels.h"

static inline uint64_t hash_f64(double d)
{
    uint64_t bits;
    d += 0.0; /* -0.0 becomes 0.0 */
    memcpy(&bits, &d, 8);
    return hy_hash_u64(d != d ? UINT64_C(0x7FF8000000000000) : bits);
}
static inline uint64_t hash_i128(HyInt128 v)
{
    uint64_t low = (uint64_t)v;
    int64_t high = (int64_t)(v >> 64);
    if (high == (int64_t)low >> 63) /* fits int64 */
        return hy_hash_u64(low);
    return hy_hash_combine(hy_hash_u64((uint64_t)high), low);
}
static inline uint64_t hash_interval(HyInterval v)
{
    uint64_t rest = (uint64_t)(uint32_t)v.days << 32 | (uint32_t)v.months;
    return hy_hash_combine(hy_hash_u64(rest), (uint64_t)v.micros);
}
typedef struct UuidWords {
    uint64_t first, second;
} UuidWords;
static inline uint64_t hash_string(const HyString *s)
{
    if (s->len <= HY_STRING_INLINE) {
        uint64_t head, rest;
        memcpy(&head, s, 8);
        memcpy(&rest, s->rest, 8);
        return hy_hash_combine(hy_hash_u64(head), rest);
    }
    return hy_hash_bytes(s->ptr, s->len);
}

#define DEFINE_HASH(name, T, expr)                                                                 \
    static void name##_hash(const void *values, size_t n, uint64_t *restrict hashes)               \
    {                                                                                              \
        const T *restrict v = values;                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            hashes[i] = (expr);                                                                    \
    }
DEFINE_HASH(u8, uint8_t, hy_hash_u64(v[i]))
DEFINE_HASH(i16, int16_t, hy_hash_u64((uint64_t)(int64_t)v[i]))
DEFINE_HASH(i32, int32_t, hy_hash_u64((uint64_t)(int64_t)v[i]))
DEFINE_HASH(u32, uint32_t, hy_hash_u64(v[i]))
DEFINE_HASH(u64, uint64_t, hy_hash_u64(v[i]))
DEFINE_HASH(i128, HyInt128, hash_i128(v[i]))
DEFINE_HASH(f32, float, hash_f64((double)v[i]))
DEFINE_HASH(f64, double, hash_f64(v[i]))
DEFINE_HASH(interval, HyInterval, hash_interval(v[i]))
DEFINE_HASH(uuid, UuidWords, hy_hash_combine(hy_hash_u64(v[i].first), v[i].second))
DEFINE_HASH(string, HyString, hash_string(&v[i]))

HyHashKernel HY_KERNEL(hy_hash_kernel)(HyPhysical physical)
{
    static const HyHashKernel kernels[HY_PHYS_COUNT] = {
        [HY_PHYS_U8] = u8_hash,
        [HY_PHYS_I16] = i16_hash,
        [HY_PHYS_I32] = i32_hash,
        [HY_PHYS_U32] = u32_hash,
        [HY_PHYS_I64] = u64_hash,
        [HY_PHYS_U64] = u64_hash,
        [HY_PHYS_I128] = i128_hash,
        [HY_PHYS_F32] = f32_hash,
        [HY_PHYS_F64] = f64_hash,
        [HY_PHYS_INTERVAL] = interval_hash,
        [HY_PHYS_UUID] = uuid_hash,
        [HY_PHYS_STRING] = string_hash,
    };
    return kernels[physical];
}
