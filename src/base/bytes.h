/* Little-endian access to unaligned bytes: the only way on-disk structures are read and written. */
#ifndef HY_BASE_BYTES_H
#define HY_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "openhyper supports little-endian machines only"
#endif

/* gcc and clang on 64-bit machines; spelt here once because -Wpedantic objects to the name. */
__extension__ typedef __int128 HyInt128;
__extension__ typedef unsigned __int128 HyUint128;

#define HY_DEFINE_LOAD_STORE(name, T)                                                              \
    static inline T hy_load_##name(const void *p)                                                  \
    {                                                                                              \
        T v;                                                                                       \
        memcpy(&v, p, sizeof v);                                                                   \
        return v;                                                                                  \
    }                                                                                              \
    static inline void hy_store_##name(void *p, T v)                                               \
    {                                                                                              \
        memcpy(p, &v, sizeof v);                                                                   \
    }
HY_DEFINE_LOAD_STORE(u16, uint16_t)
HY_DEFINE_LOAD_STORE(u32, uint32_t)
HY_DEFINE_LOAD_STORE(u64, uint64_t)
HY_DEFINE_LOAD_STORE(i16, int16_t)
HY_DEFINE_LOAD_STORE(i32, int32_t)
HY_DEFINE_LOAD_STORE(i64, int64_t)
HY_DEFINE_LOAD_STORE(i128, HyInt128)
HY_DEFINE_LOAD_STORE(f32, float)
HY_DEFINE_LOAD_STORE(f64, double)
#undef HY_DEFINE_LOAD_STORE

/* v rounded up to a multiple of `to`, a power of two. */
static inline uint64_t hy_align_up(uint64_t v, uint64_t to)
{
    return (v + to - 1) & ~(to - 1);
}

#endif
