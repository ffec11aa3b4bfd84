/* Normalized sort keys: big-endian, sign flipped, text terminated; see compare.h. */
#include "base/utf8.h"
#include "types/array.h"
#include "types/collation.h"
#include "types/compare.h"

/* Descending keys are the ascending ones with all bits flipped. */
static HyStatus append_flipped(HyBuffer *key, const void *bytes, size_t len, bool descending)
{
    HY_TRY(hy_buffer_append(key, bytes, len));
    if (descending)
        for (size_t i = key->len - len; i < key->len; i++)
            key->data[i] = (char)~key->data[i];
    return HY_OK;
}

/* Text ends with two zero bytes, a zero inside becomes 00 FF: so a prefix sorts before what it
 * begins. */
static HyStatus append_terminated(HyBuffer *key, const char *text, size_t len, bool descending)
{
    for (size_t start = 0; start <= len;) {
        const char *zero = start < len ? memchr(text + start, 0, len - start) : NULL;
        size_t end = zero ? (size_t)(zero - text) : len;
        HY_TRY(append_flipped(key, text + start, end - start, descending));
        HY_TRY(append_flipped(key, zero ? "\0\xff" : "\0\0", 2, descending));
        if (!zero)
            break;
        start = end + 1;
    }
    return HY_OK;
}

static HyStatus append_text(
    const HyCollation *collation, const char *text, size_t len, bool descending, HyBuffer *key)
{
    if (!collation)
        return append_terminated(key, text, len, descending);
    HyBuffer sort_key = {0};
    HyStatus st = hy_collation_key(collation, text, len, &sort_key);
    if (!st)
        st = append_terminated(key, sort_key.data ? sort_key.data : "", sort_key.len, descending);
    hy_buffer_free(&sort_key);
    return st;
}

static uint64_t float_bits(double d)
{
    if (d != d)
        return UINT64_MAX;
    uint64_t bits;
    d += 0.0; /* -0.0 = 0.0 */
    memcpy(&bits, &d, 8);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static size_t store_be64(uint8_t *out, uint64_t v)
{
    hy_store_u64(out, __builtin_bswap64(v));
    return 8;
}
static size_t store_be32(uint8_t *out, uint32_t v)
{
    hy_store_u32(out, __builtin_bswap32(v));
    return 4;
}

#define FLIP_64(v) ((uint64_t)(v) ^ UINT64_C(1) << 63)
#define FLIP_32(v) ((uint32_t)(v) ^ UINT32_C(1) << 31)

/* Fixed-width payloads; returns the number of bytes. */
static size_t store_fixed(HyPhysical physical, const void *payload, uint8_t out[16])
{
    switch (physical) {
    case HY_PHYS_U8:
        out[0] = *(const uint8_t *)payload;
        return 1;
    case HY_PHYS_I16:
        hy_store_u16(out, __builtin_bswap16((uint16_t)(hy_load_u16(payload) ^ 0x8000)));
        return 2;
    case HY_PHYS_I32:
        return store_be32(out, FLIP_32(hy_load_i32(payload)));
    case HY_PHYS_U32:
        return store_be32(out, hy_load_u32(payload));
    case HY_PHYS_I64:
        return store_be64(out, FLIP_64(hy_load_i64(payload)));
    case HY_PHYS_U64:
        return store_be64(out, hy_load_u64(payload));
    case HY_PHYS_I128: {
        HyUint128 v = (HyUint128)hy_load_i128(payload);
        store_be64(out, FLIP_64(v >> 64));
        store_be64(out + 8, (uint64_t)v);
        return 16;
    }
    case HY_PHYS_F32:
        return store_be64(out, float_bits((double)hy_load_f32(payload)));
    case HY_PHYS_F64:
        return store_be64(out, float_bits(hy_load_f64(payload)));
    case HY_PHYS_INTERVAL: {
        HyInterval v;
        memcpy(&v, payload, sizeof v);
        store_be32(out, FLIP_32(v.months));
        store_be32(out + 4, FLIP_32(v.days));
        store_be64(out + 8, FLIP_64(v.micros));
        return 16;
    }
    case HY_PHYS_UUID:
        memcpy(out, payload, 16);
        return 16;
    case HY_PHYS_STRING:
        break;
    }
    return 0;
}

/* Each element with its null marker (1: value, 2: null), then 0. */
static HyStatus append_array(HyType element, const HyString *s, bool descending, HyBuffer *key)
{
    HyArrayReader reader;
    HY_TRY(hy_array_open(element, s, &reader));
    while (hy_array_next(&reader)) {
        HY_TRY(append_flipped(key, reader.is_null ? "\2" : "\1", 1, descending));
        if (!reader.is_null)
            HY_TRY(hy_sort_key_append(element, reader.payload, false, descending, false, key));
    }
    return append_flipped(key, "\0", 1, descending);
}

HyStatus hy_sort_key_append(HyType type, const void *payload, bool is_null, bool descending,
    bool nulls_first, HyBuffer *key)
{
    if (is_null)
        return hy_buffer_append_char(key, nulls_first ? 0 : 2);
    HY_TRY(hy_buffer_append_char(key, 1));
    HyPhysical physical = hy_type_physical(type);
    if (type.id == HY_TYPE_CHAR1 && type.collation) {
        uint32_t code = hy_load_u32(payload);
        char bytes[4];
        return append_text(
            type.collation, bytes, code ? hy_utf8_encode(code, bytes) : 0, descending, key);
    }
    if (physical == HY_PHYS_STRING) {
        HyString s;
        memcpy(&s, payload, sizeof s);
        if (type.id == HY_TYPE_ARRAY && type.element)
            return append_array(*type.element, &s, descending, key);
        return append_text(type.collation, hy_string_data(&s), s.len, descending, key);
    }
    uint8_t bytes[16];
    size_t len = store_fixed(physical, payload, bytes);
    return append_flipped(key, bytes, len, descending);
}
