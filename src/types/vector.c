#include "types/vector.h"
#include "types/value.h"

HyStatus hy_vector_alloc(HyArena *arena, HyType type, size_t n, HyVector *out)
{
    size_t bytes = hy_physical_size(hy_type_physical(type)) * n;
    void *data = hy_arena_alloc(arena, bytes);
    if (HY_UNLIKELY(!data))
        return hy_error_oom(bytes);
    *out = (HyVector){.type = type, .kind = HY_VECTOR_FLAT, .data = data};
    return HY_OK;
}

HyStatus hy_vector_need_validity(HyArena *arena, HyVector *v, size_t n)
{
    if (v->validity)
        return HY_OK;
    size_t bytes = hy_bitmap_words(n ? n : 1) * 8;
    uint64_t *map = hy_arena_alloc(arena, bytes);
    if (HY_UNLIKELY(!map))
        return hy_error_oom(bytes);
    memset(map, 0xff, bytes);
    v->validity = map;
    return HY_OK;
}

/* out[i] = values[index[i]] for one element width. 16-byte values move as two words: HyInt128,
 * HyString, HyInterval and UUIDs alike. */
typedef struct Bits128 {
    uint64_t low, high;
} Bits128;

#define DEFINE_TAKE(name, T)                                                                       \
    static void take_##name(                                                                       \
        T *restrict out, const T *restrict values, const uint32_t *restrict index, size_t n)       \
    {                                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = values[index[i]];                                                             \
    }                                                                                              \
    static void fill_##name(T *restrict out, T value, size_t n)                                    \
    {                                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = value;                                                                        \
    }
DEFINE_TAKE(8, uint8_t)
DEFINE_TAKE(16, uint16_t)
DEFINE_TAKE(32, uint32_t)
DEFINE_TAKE(64, uint64_t)
DEFINE_TAKE(128, Bits128)
#undef DEFINE_TAKE

static void take(size_t width, void *out, const void *values, const uint32_t *index, size_t n)
{
    switch (width) {
    case 1:
        take_8(out, values, index, n);
        break;
    case 2:
        take_16(out, values, index, n);
        break;
    case 4:
        take_32(out, values, index, n);
        break;
    case 8:
        take_64(out, values, index, n);
        break;
    default:
        take_128(out, values, index, n);
        break;
    }
}

static void fill(size_t width, void *out, const void *value, size_t n)
{
    switch (width) {
    case 1:
        fill_8(out, *(const uint8_t *)value, n);
        break;
    case 2:
        fill_16(out, *(const uint16_t *)value, n);
        break;
    case 4:
        fill_32(out, *(const uint32_t *)value, n);
        break;
    case 8:
        fill_64(out, *(const uint64_t *)value, n);
        break;
    default:
        fill_128(out, *(const Bits128 *)value, n);
        break;
    }
}

HyStatus hy_vector_flatten(HyArena *arena, const HyVector *v, size_t n, HyVector *out)
{
    if (v->kind == HY_VECTOR_FLAT) {
        *out = *v;
        return HY_OK;
    }
    HyVector flat;
    HY_TRY(hy_vector_alloc(arena, v->type, n, &flat));
    size_t width = hy_physical_size(hy_type_physical(v->type));
    if (v->kind == HY_VECTOR_CONSTANT) {
        fill(width, flat.data, v->data, n);
        if (v->validity && !hy_bitmap_get(v->validity, 0)) {
            HY_TRY(hy_vector_need_validity(arena, &flat, n));
            hy_bitmap_fill(flat.validity, n, false);
        }
    } else {
        take(width, flat.data, v->dict->values, v->data, n);
        flat.validity = v->validity;
    }
    *out = flat;
    return HY_OK;
}

static HyStatus gather_validity(
    HyArena *arena, const uint64_t *validity, const uint32_t *sel, size_t n_sel, uint64_t **out)
{
    *out = NULL;
    if (!validity)
        return HY_OK;
    uint64_t *map = hy_arena_alloc(arena, hy_bitmap_words(n_sel ? n_sel : 1) * 8);
    if (HY_UNLIKELY(!map))
        return hy_error_oom(n_sel / 8);
    uint64_t all = ~UINT64_C(0);
    for (size_t base = 0; base < n_sel; base += 64) {
        size_t end = n_sel - base < 64 ? n_sel - base : 64;
        uint64_t word = 0;
        for (size_t i = 0; i < end; i++) {
            uint32_t row = sel[base + i];
            word |= ((validity[row >> 6] >> (row & 63)) & 1) << i;
        }
        all &= word | (end < 64 ? ~UINT64_C(0) << end : 0);
        map[base >> 6] = word;
    }
    if (all != ~UINT64_C(0))
        *out = map;
    return HY_OK;
}

HyStatus hy_vector_gather(
    HyArena *arena, const HyVector *v, const uint32_t *sel, size_t n_sel, HyVector *out)
{
    if (v->kind == HY_VECTOR_CONSTANT) {
        *out = *v;
        return HY_OK;
    }
    HyVector picked = *v;
    size_t width =
        v->kind == HY_VECTOR_DICTIONARY ? 4 : hy_physical_size(hy_type_physical(v->type));
    picked.data = hy_arena_alloc(arena, width * n_sel);
    if (HY_UNLIKELY(!picked.data))
        return hy_error_oom(width * n_sel);
    take(width, picked.data, v->data, sel, n_sel);
    HY_TRY(gather_validity(arena, v->validity, sel, n_sel, &picked.validity));
    *out = picked;
    return HY_OK;
}

/* Bits src[src_start..+n) to dst[dst_start..+n); a word at a time where both are aligned. */
static void copy_bits(
    uint64_t *dst, size_t dst_start, const uint64_t *src, size_t src_start, size_t n)
{
    size_t i = 0;
    if (dst_start % 64 == 0 && src_start % 64 == 0) {
        size_t words = n / 64;
        memcpy(dst + dst_start / 64, src + src_start / 64, words * 8);
        i = words * 64;
    }
    for (; i < n; i++)
        hy_bitmap_put(dst, dst_start + i, hy_bitmap_get(src, src_start + i));
}

static void copy_validity(
    HyVector *dst, size_t dst_start, const HyVector *src, size_t src_start, size_t n)
{
    if (!dst->validity)
        return;
    bool constant = src->kind == HY_VECTOR_CONSTANT;
    if (src->validity && !constant) {
        copy_bits(dst->validity, dst_start, src->validity, src_start, n);
        return;
    }
    bool valid = !src->validity || hy_bitmap_get(src->validity, 0);
    for (size_t i = dst_start; i < dst_start + n;) {
        if (i % 64 == 0 && dst_start + n - i >= 64) {
            dst->validity[i / 64] = valid ? ~UINT64_C(0) : 0;
            i += 64;
        } else {
            hy_bitmap_put(dst->validity, i++, valid);
        }
    }
}

static HyStatus own_strings(HyString *s, size_t n, HyArena *strings)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += s[i].len > HY_STRING_INLINE ? s[i].len : 0;
    if (total == 0)
        return HY_OK;
    char *heap = hy_arena_alloc(strings, total);
    if (HY_UNLIKELY(!heap))
        return hy_error_oom(total);
    for (size_t i = 0; i < n; i++) {
        if (s[i].len <= HY_STRING_INLINE)
            continue;
        memcpy(heap, s[i].ptr, s[i].len);
        s[i].ptr = heap;
        heap += s[i].len;
    }
    return HY_OK;
}

HyStatus hy_vector_copy(HyVector *dst, size_t dst_start, const HyVector *src, size_t src_start,
    size_t n, HyArena *strings)
{
    HyPhysical physical = hy_type_physical(dst->type);
    size_t width = hy_physical_size(physical);
    char *out = (char *)dst->data + dst_start * width;
    switch (src->kind) {
    case HY_VECTOR_FLAT:
        memcpy(out, (const char *)src->data + src_start * width, n * width);
        break;
    case HY_VECTOR_CONSTANT:
        fill(width, out, src->data, n);
        break;
    case HY_VECTOR_DICTIONARY:
        take(width, out, src->dict->values, (const uint32_t *)src->data + src_start, n);
        break;
    }
    copy_validity(dst, dst_start, src, src_start, n);
    if (physical != HY_PHYS_STRING || !strings || n == 0)
        return HY_OK;
    if (src->kind == HY_VECTOR_CONSTANT) { /* one copy for all */
        HyString *s = (HyString *)(void *)out;
        HY_TRY(own_strings(s, 1, strings));
        HyString one = *s;
        fill(width, out, &one, n);
        return HY_OK;
    }
    return own_strings((HyString *)(void *)out, n, strings);
}
