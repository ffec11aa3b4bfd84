/* From encoded rows to vectors. What can be given without copying is given so. */
#include "storage/chunk_internal.h"

/* ---- Single rows ---- */

static uint64_t float_key(uint64_t bits, uint64_t infinity, uint64_t sign)
{
    uint64_t magnitude = bits & ~sign;
    uint64_t top = sign | (sign - 1);
    bool is_negative = (bits & sign) && magnitude;
    if (magnitude > infinity)
        return top;
    if (magnitude == infinity)
        return is_negative ? 1 : top - 1;
    return is_negative ? infinity + 1 - magnitude : infinity + 2 + magnitude;
}

HyUint128 hy_fixed_key(HyPhysical physical, const void *payload)
{
    const HyUint128 sign = (HyUint128)1 << 127;
    HyInterval interval;
    switch (physical) {
    case HY_PHYS_U8:
        return *(const uint8_t *)payload;
    case HY_PHYS_I16:
        return (HyUint128)hy_load_i16(payload) ^ sign;
    case HY_PHYS_I32:
        return (HyUint128)hy_load_i32(payload) ^ sign;
    case HY_PHYS_U32:
        return hy_load_u32(payload);
    case HY_PHYS_I64:
        return (HyUint128)hy_load_i64(payload) ^ sign;
    case HY_PHYS_U64:
        return hy_load_u64(payload);
    case HY_PHYS_I128:
        return (HyUint128)hy_load_i128(payload) ^ sign;
    case HY_PHYS_F32:
        return float_key(hy_load_u32(payload), UINT64_C(0x7F800000), UINT64_C(1) << 31);
    case HY_PHYS_F64:
        return float_key(hy_load_u64(payload), UINT64_C(0x7FF0000000000000), UINT64_C(1) << 63);
    case HY_PHYS_INTERVAL:
        memcpy(&interval, payload, sizeof interval);
        return (HyUint128)((uint32_t)interval.months ^ UINT32_C(1) << 31) << 96 |
               (HyUint128)((uint32_t)interval.days ^ UINT32_C(1) << 31) << 64 |
               ((uint64_t)interval.micros ^ UINT64_C(1) << 63);
    case HY_PHYS_UUID:
        return (HyUint128)__builtin_bswap64(hy_load_u64(payload)) << 64 |
               __builtin_bswap64(hy_load_u64((const uint8_t *)payload + 8));
    case HY_PHYS_STRING:
        break;
    }
    return 0;
}

static bool fixed_value(const HyChunk *chunk, size_t row, HyPayload *out)
{
    const uint8_t *at = chunk->values + row * chunk->width;
    if (chunk->shape == HY_SHAPE_RAW && chunk->encoding->is_short) {
        const uint8_t *single = chunk->values + 4 * row;
        memcpy(out->bytes, &(double){(double)hy_load_f32(single)}, 8);
        return !chunk->has_nulls || memcmp(single, chunk->mark.bytes, 4) != 0;
    }
    if (chunk->shape == HY_SHAPE_RAW && chunk->physical == HY_PHYS_UUID)
        hy_uuid_reverse(out->bytes, at);
    else
        memcpy(out->bytes, at, chunk->width);
    if (!chunk->has_nulls)
        return true;
    if (chunk->shape == HY_SHAPE_PLAIN)
        return hy_bitmap_get(chunk->validity, row);
    return memcmp(at, chunk->mark.bytes, chunk->width) != 0;
}

bool hy_chunk_value(const HyChunk *chunk, size_t row, HyPayload *out)
{
    uint64_t code;
    bool is_null = false;
    switch (chunk->shape) {
    case HY_SHAPE_ALL_NULL:
        return false;
    case HY_SHAPE_SINGLE:
        *out = chunk->min;
        return true;
    case HY_SHAPE_DICT:
        code = hy_chunk_code(chunk->codes, chunk->encoding->bits, row);
        if (chunk->encoding->nulls && code-- == 0)
            return false;
        memcpy(out->bytes, (const uint8_t *)chunk->dict.values + code * chunk->width, chunk->width);
        return true;
    case HY_SHAPE_TRUNC:
        code = hy_chunk_code(chunk->codes, chunk->encoding->bits, row);
        hy_chunk_put_wide(chunk->physical, chunk->base + code, out->bytes);
        return !chunk->encoding->nulls || code != 0;
    case HY_SHAPE_RAW:
        if (chunk->physical == HY_PHYS_STRING) {
            out->string = hy_chunk_raw_text(chunk, row, &is_null);
            return !is_null;
        }
        return fixed_value(chunk, row, out);
    case HY_SHAPE_PLAIN:
        return fixed_value(chunk, row, out);
    }
    return false;
}

/* ---- Ranges of rows ---- */

const void *hy_chunk_code_bytes(
    const HyChunk *chunk, size_t first, size_t n, uint8_t *buf, unsigned *width_index)
{
    unsigned bits = chunk->encoding->bits;
    if (bits >= 8) {
        *width_index = hy_width_index(bits / 8);
        return chunk->codes + first * (bits / 8);
    }
    /* Unpacking begins with a whole byte; the codes before `first` are skipped over. At most seven
     * codes before and the rest of the last byte behind: never more than n + 8 in `buf`, because
     * the last byte is unpacked apart when it would not fit. */
    unsigned per_byte = 8 / bits;
    size_t lead = first % per_byte;
    size_t whole = (lead + n) / per_byte;
    const uint8_t *from = chunk->codes + first / per_byte;
    hy_chunk_kernels()->unpack[bits / 2](buf, from, whole);
    for (size_t i = whole * per_byte; i < lead + n; i++)
        buf[i] = (uint8_t)hy_chunk_code(from, bits, i);
    *width_index = 0;
    return buf + lead;
}

static void raw_valid_mask(const HyChunk *chunk, size_t first, size_t n, uint8_t *mask)
{
    const HyChunkKernels *kernels = hy_chunk_kernels();
    bool is_text = chunk->physical == HY_PHYS_STRING;
    size_t width = hy_chunk_entry_bytes(chunk->physical, chunk->encoding->is_short);
    const uint8_t *from = chunk->values + first * width;
    if (width == 16) {
        HyUint128 mark = chunk->mark.u128;
        for (size_t i = 0; i < n; i++) {
            HyUint128 v = (HyUint128)hy_load_i128(from + 16 * i);
            mask[i] = v != mark;
        }
        return;
    }
    kernels->differs[hy_width_index(width)](mask, from, n, is_text ? UINT64_MAX : chunk->mark.u64);
}

void hy_chunk_valid_mask(const HyChunk *chunk, size_t first, size_t n, uint8_t *buf, uint8_t *mask)
{
    const HyChunkKernels *kernels = hy_chunk_kernels();
    if (chunk->shape == HY_SHAPE_PLAIN) {
        if (chunk->validity)
            kernels->bits_to_mask(mask, chunk->validity, first, n);
        else
            memset(mask, 1, n);
    } else if (!chunk->encoding->nulls) {
        memset(mask, 1, n);
    } else if (chunk->shape == HY_SHAPE_RAW) {
        raw_valid_mask(chunk, first, n, mask);
    } else {
        unsigned width;
        const void *codes = hy_chunk_code_bytes(chunk, first, n, buf, &width);
        kernels->differs[width](mask, codes, n, 0);
    }
}

static bool has_null_within(const HyChunk *chunk, size_t first, size_t n)
{
    return chunk->has_nulls && first < chunk->null_end && first + n > chunk->null_first;
}

static HyStatus read_validity(
    const HyChunk *chunk, size_t first, size_t n, HyArena *arena, HyVector *out)
{
    if (!has_null_within(chunk, first, n))
        return HY_OK;
    if (chunk->shape == HY_SHAPE_PLAIN && first % 64 == 0) {
        out->validity = (uint64_t *)(uintptr_t)(chunk->validity + first / 64);
        return HY_OK;
    }
    uint8_t buf[HY_VECTOR_SIZE + 8];
    uint8_t mask[HY_VECTOR_SIZE];
    HY_ARENA_NEW(arena, out->validity, hy_bitmap_words(n));
    hy_chunk_valid_mask(chunk, first, n, buf, mask);
    hy_chunk_kernels()->mask_to_bits(out->validity, mask, n);
    return HY_OK;
}

static HyStatus arena_take(HyArena *arena, size_t bytes, HyVector *out)
{
    out->data = hy_arena_alloc(arena, bytes);
    return out->data ? HY_OK : hy_error_oom(bytes);
}

static void constant(const HyChunk *chunk, HyVector *out)
{
    /* all null: min is zero, which is a valid payload of every type */
    out->kind = HY_VECTOR_CONSTANT;
    out->data = (void *)(uintptr_t)chunk->min.bytes;
    if (chunk->shape == HY_SHAPE_ALL_NULL)
        out->validity = (uint64_t *)(uintptr_t)&chunk->no_validity;
}

static HyStatus read_codes(
    const HyChunk *chunk, size_t first, size_t n, HyArena *arena, HyVector *out)
{
    uint8_t buf[HY_VECTOR_SIZE + 8];
    unsigned width;
    const void *codes = hy_chunk_code_bytes(chunk, first, n, buf, &width);
    out->kind = HY_VECTOR_DICTIONARY;
    out->dict = &chunk->dict;
    if (width == 2 && !chunk->encoding->nulls) {
        out->data = (void *)(uintptr_t)codes;
        return HY_OK;
    }
    HY_TRY(arena_take(arena, 4 * n, out));
    const HyChunkKernels *kernels = hy_chunk_kernels();
    (chunk->encoding->nulls ? kernels->widen_nulls : kernels->widen)[width](out->data, codes, n);
    return HY_OK;
}

/* out[i] = base + codes[i] for n codes of the given width. */
static void add_base(const HyChunk *chunk, const void *codes, unsigned width, size_t n, void *out)
{
    if (chunk->width < 16) {
        hy_chunk_kernels()->add_base[width][hy_width_index(chunk->width)](
            out, codes, n, (uint64_t)chunk->base);
        if (chunk->physical == HY_PHYS_U8 && chunk->has_nulls)
            for (size_t i = 0; i < n; i++) /* the payload of a null stays a boolean */
                ((uint8_t *)out)[i] &= 1;
        return;
    }
    for (size_t i = 0; i < n; i++)
        hy_chunk_put_wide(chunk->physical, chunk->base + hy_chunk_code(codes, 8u << width, i),
            (uint8_t *)out + 16 * i);
}

static void raw_text(const HyChunk *chunk, size_t first, size_t n, HyString *restrict out)
{
    bool is_null;
    for (size_t i = 0; i < n; i++) {
        hy_chunk_prefetch_text(chunk, first + i + HY_TEXT_LOOKAHEAD);
        out[i] = hy_chunk_raw_text(chunk, first + i, &is_null);
    }
}

static HyStatus read_raw(
    const HyChunk *chunk, size_t first, size_t n, HyArena *arena, HyVector *out)
{
    if (chunk->physical == HY_PHYS_STRING) {
        HY_TRY(arena_take(arena, n * sizeof(HyString), out));
        raw_text(chunk, first, n, out->data);
        return HY_OK;
    }
    const uint8_t *from = chunk->values + first * chunk->width;
    if (chunk->encoding->is_short) {
        HY_TRY(arena_take(arena, n * sizeof(double), out));
        const float *restrict singles = (const float *)(const void *)chunk->values + first;
        double *restrict doubles = out->data;
        for (size_t i = 0; i < n; i++)
            doubles[i] = (double)singles[i];
    } else if (chunk->physical == HY_PHYS_UUID) {
        HY_TRY(arena_take(arena, 16 * n, out));
        for (size_t i = 0; i < n; i++)
            hy_uuid_reverse((uint8_t *)out->data + 16 * i, from + 16 * i);
    } else if (chunk->physical == HY_PHYS_U8 && chunk->has_nulls) {
        HY_TRY(arena_take(arena, n, out));
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)out->data)[i] = from[i] & 1;
    } else {
        out->data = (void *)(uintptr_t)from;
    }
    return HY_OK;
}

HyStatus hy_chunk_read(
    const HyChunk *chunk, uint32_t first, uint32_t n, HyArena *arena, HyVector *out)
{
    HyVector v = {.type = chunk->type, .kind = HY_VECTOR_FLAT};
    uint8_t buf[HY_VECTOR_SIZE + 8];
    unsigned width;
    const void *codes;
    switch (chunk->shape) {
    case HY_SHAPE_SINGLE:
    case HY_SHAPE_ALL_NULL:
        constant(chunk, &v);
        *out = v;
        return HY_OK;
    case HY_SHAPE_DICT:
        HY_TRY(read_codes(chunk, first, n, arena, &v));
        break;
    case HY_SHAPE_TRUNC:
        HY_TRY(arena_take(arena, n * chunk->width, &v));
        codes = hy_chunk_code_bytes(chunk, first, n, buf, &width);
        add_base(chunk, codes, width, n, v.data);
        break;
    case HY_SHAPE_RAW:
        HY_TRY(read_raw(chunk, first, n, arena, &v));
        break;
    case HY_SHAPE_PLAIN:
        v.data = (void *)(uintptr_t)(chunk->values + first * chunk->width);
        break;
    }
    HY_TRY(read_validity(chunk, first, n, arena, &v));
    *out = v;
    return HY_OK;
}

/* ---- Selected rows ---- */

#define GATHER(T)                                                                                  \
    do {                                                                                           \
        const T *restrict from_ = (const T *)(const void *)from;                                   \
        T *restrict to_ = out;                                                                     \
        for (size_t i = 0; i < n; i++)                                                             \
            to_[i] = from_[sel[i]];                                                                \
    } while (0)

static void gather(
    void *out, const uint8_t *from, size_t width, const uint32_t *restrict sel, size_t n)
{
    switch (width) {
    case 1:
        GATHER(uint8_t);
        break;
    case 2:
        GATHER(uint16_t);
        break;
    case 4:
        GATHER(uint32_t);
        break;
    case 8:
        GATHER(uint64_t);
        break;
    default:
        for (size_t i = 0; i < n; i++)
            memcpy((uint8_t *)out + 16 * i, from + 16 * (size_t)sel[i], 16);
        break;
    }
}

/* When one row in so many is selected, all packed codes between them are unpacked at once. */
#define UNPACK_SHARE 16

/* The codes of the selected rows, in the width that they have in the block (packed ones as bytes).
 */
static unsigned gather_codes(
    const HyChunk *chunk, size_t first, const uint32_t *sel, size_t n, void *out)
{
    unsigned bits = chunk->encoding->bits;
    if (bits >= 8) {
        gather(out, chunk->codes + first * (bits / 8), bits / 8, sel, n);
        return hy_width_index(bits / 8);
    }
    size_t span = n > 0 ? (size_t)sel[n - 1] - sel[0] + 1 : 0;
    if (span <= HY_VECTOR_SIZE && n >= span / UNPACK_SHARE) {
        uint8_t buf[HY_VECTOR_SIZE + 8];
        unsigned width;
        const uint8_t *codes = hy_chunk_code_bytes(chunk, first + sel[0], span, buf, &width);
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)out)[i] = codes[sel[i] - sel[0]];
        return width;
    }
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)out)[i] = (uint8_t)hy_chunk_code(chunk->codes, bits, first + sel[i]);
    return 0;
}

static HyStatus gather_dictionary(const HyChunk *chunk, size_t first, const uint32_t *sel, size_t n,
    HyArena *arena, uint8_t *mask, HyVector *out)
{
    const HyChunkKernels *kernels = hy_chunk_kernels();
    uint64_t codes[HY_VECTOR_SIZE / 2];
    unsigned width = gather_codes(chunk, first, sel, n, codes);
    out->kind = HY_VECTOR_DICTIONARY;
    out->dict = &chunk->dict;
    HY_TRY(arena_take(arena, 4 * n, out));
    (chunk->encoding->nulls ? kernels->widen_nulls : kernels->widen)[width](out->data, codes, n);
    if (mask)
        kernels->differs[width](mask, codes, n, 0);
    return HY_OK;
}

static HyStatus gather_truncated(const HyChunk *chunk, size_t first, const uint32_t *sel, size_t n,
    HyArena *arena, uint8_t *mask, HyVector *out)
{
    uint64_t codes[HY_VECTOR_SIZE];
    unsigned width = gather_codes(chunk, first, sel, n, codes);
    HY_TRY(arena_take(arena, n * chunk->width, out));
    add_base(chunk, codes, width, n, out->data);
    if (mask)
        hy_chunk_kernels()->differs[width](mask, codes, n, 0);
    return HY_OK;
}

/* Values that need more than copying: row by row. */
static HyStatus gather_values(const HyChunk *chunk, size_t first, const uint32_t *sel, size_t n,
    HyArena *arena, uint8_t *mask, HyVector *out)
{
    HY_TRY(arena_take(arena, n * chunk->width, out));
    uint8_t *to = out->data;
    bool is_text = chunk->shape == HY_SHAPE_RAW && chunk->physical == HY_PHYS_STRING;
    for (size_t i = 0; i < n; i++) {
        HyPayload value;
        if (is_text && i + HY_TEXT_LOOKAHEAD < n)
            hy_chunk_prefetch_text(chunk, first + sel[i + HY_TEXT_LOOKAHEAD]);
        bool is_valid = hy_chunk_value(chunk, first + sel[i], &value);
        if (mask)
            mask[i] = is_valid;
        if (chunk->physical == HY_PHYS_U8)
            value.bytes[0] &= 1;
        memcpy(to + i * chunk->width, value.bytes, chunk->width);
    }
    return HY_OK;
}

static HyStatus gather_flat(const HyChunk *chunk, size_t first, const uint32_t *sel, size_t n,
    HyArena *arena, uint8_t *mask, HyVector *out)
{
    HY_TRY(arena_take(arena, n * chunk->width, out));
    gather(out->data, chunk->values + first * chunk->width, chunk->width, sel, n);
    if (!mask)
        return HY_OK;
    if (chunk->shape == HY_SHAPE_PLAIN)
        for (size_t i = 0; i < n; i++)
            mask[i] = hy_bitmap_get(chunk->validity, first + sel[i]);
    else
        hy_chunk_kernels()->differs[hy_width_index(chunk->width)](
            mask, out->data, n, chunk->mark.u64);
    return HY_OK;
}

HyStatus hy_chunk_gather(const HyChunk *chunk, uint32_t first, const uint32_t *sel, uint32_t n_sel,
    HyArena *arena, HyVector *out)
{
    HyVector v = {.type = chunk->type, .kind = HY_VECTOR_FLAT};
    if (chunk->shape == HY_SHAPE_SINGLE || chunk->shape == HY_SHAPE_ALL_NULL) {
        constant(chunk, &v);
        *out = v;
        return HY_OK;
    }
    uint8_t masks[HY_VECTOR_SIZE];
    uint8_t *mask = NULL;
    if (n_sel && has_null_within(chunk, first + sel[0], sel[n_sel - 1] - sel[0] + 1))
        mask = masks;
    bool is_copied = chunk->shape == HY_SHAPE_PLAIN ||
                     (!chunk->encoding->is_short && chunk->physical != HY_PHYS_STRING &&
                         chunk->physical != HY_PHYS_UUID && chunk->width < 16 && chunk->width > 1);
    if (chunk->shape == HY_SHAPE_DICT)
        HY_TRY(gather_dictionary(chunk, first, sel, n_sel, arena, mask, &v));
    else if (chunk->shape == HY_SHAPE_TRUNC)
        HY_TRY(gather_truncated(chunk, first, sel, n_sel, arena, mask, &v));
    else if (is_copied)
        HY_TRY(gather_flat(chunk, first, sel, n_sel, arena, mask, &v));
    else
        HY_TRY(gather_values(chunk, first, sel, n_sel, arena, mask, &v));
    if (mask) {
        HY_ARENA_NEW(arena, v.validity, hy_bitmap_words(n_sel));
        hy_chunk_kernels()->mask_to_bits(v.validity, mask, n_sel);
    }
    *out = v;
    return HY_OK;
}
