/* The encodings of the file and the frame around them (spec/hyper-file-blocks.md, sections 2 to 4).
 */
#include "storage/chunk_internal.h"

static const HyChunkEncoding encodings[] = {
    {0x01, HY_SHAPE_DICT, 8, false, false, "dictionary u8"},
    {0x02, HY_SHAPE_DICT, 16, false, false, "dictionary u16"},
    {0x03, HY_SHAPE_DICT, 32, false, false, "dictionary u32"},
    {0x07, HY_SHAPE_TRUNC, 8, false, false, "truncated u8"},
    {0x08, HY_SHAPE_TRUNC, 16, false, false, "truncated u16"},
    {0x09, HY_SHAPE_TRUNC, 32, false, false, "truncated u32"},
    {0x0A, HY_SHAPE_RAW, 0, false, false, "raw"},
    {0x0D, HY_SHAPE_DICT, 8, true, false, "dictionary u8"},
    {0x0E, HY_SHAPE_DICT, 16, true, false, "dictionary u16"},
    {0x0F, HY_SHAPE_DICT, 32, true, false, "dictionary u32"},
    {0x13, HY_SHAPE_TRUNC, 8, true, false, "truncated u8"},
    {0x14, HY_SHAPE_TRUNC, 16, true, false, "truncated u16"},
    {0x15, HY_SHAPE_TRUNC, 32, true, false, "truncated u32"},
    {0x16, HY_SHAPE_RAW, 0, true, false, "raw"},
    {0x18, HY_SHAPE_DICT, 1, false, false, "dictionary 1 bit"},
    {0x19, HY_SHAPE_DICT, 2, false, false, "dictionary 2 bits"},
    {0x1A, HY_SHAPE_DICT, 4, false, false, "dictionary 4 bits"},
    {0x1E, HY_SHAPE_DICT, 1, true, false, "dictionary 1 bit"},
    {0x1F, HY_SHAPE_DICT, 2, true, false, "dictionary 2 bits"},
    {0x20, HY_SHAPE_DICT, 4, true, false, "dictionary 4 bits"},
    {0x24, HY_SHAPE_DICT, 8, false, true, "short dictionary u8"},
    {0x25, HY_SHAPE_DICT, 16, false, true, "short dictionary u16"},
    {0x26, HY_SHAPE_DICT, 32, false, true, "short dictionary u32"},
    {0x27, HY_SHAPE_RAW, 0, false, true, "short raw"},
    {0x28, HY_SHAPE_DICT, 8, true, true, "short dictionary u8"},
    {0x29, HY_SHAPE_DICT, 16, true, true, "short dictionary u16"},
    {0x2A, HY_SHAPE_DICT, 32, true, true, "short dictionary u32"},
    {0x2B, HY_SHAPE_RAW, 0, true, true, "short raw"},
    {0x2C, HY_SHAPE_DICT, 1, false, true, "short dictionary 1 bit"},
    {0x2D, HY_SHAPE_DICT, 2, false, true, "short dictionary 2 bits"},
    {0x2E, HY_SHAPE_DICT, 4, false, true, "short dictionary 4 bits"},
    {0x2F, HY_SHAPE_DICT, 1, true, true, "short dictionary 1 bit"},
    {0x30, HY_SHAPE_DICT, 2, true, true, "short dictionary 2 bits"},
    {0x31, HY_SHAPE_DICT, 4, true, true, "short dictionary 4 bits"},
    {0x32, HY_SHAPE_SINGLE, 0, false, false, "single value"},
    {0x33, HY_SHAPE_ALL_NULL, 0, true, false, "all null"},
    {0x34, HY_SHAPE_TRUNC, 64, false, false, "truncated u64"},
    {0x35, HY_SHAPE_TRUNC, 64, true, false, "truncated u64"},
};

const HyChunkEncoding *hy_chunk_encoding(uint64_t id)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(encodings); i++)
        if (encodings[i].id == id)
            return &encodings[i];
    return NULL;
}

const HyChunkEncoding *hy_chunk_encoding_find(
    HyChunkShape shape, unsigned bits, bool nulls, bool is_short)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(encodings); i++) {
        const HyChunkEncoding *e = &encodings[i];
        if (e->shape == shape && e->bits == bits && e->nulls == nulls && e->is_short == is_short)
            return e;
    }
    return NULL;
}

static bool can_truncate(HyPhysical physical, unsigned bits)
{
    switch (physical) {
    case HY_PHYS_U8:
        return bits == 8;
    case HY_PHYS_I16:
    case HY_PHYS_I32:
    case HY_PHYS_U32:
    case HY_PHYS_I64:
    case HY_PHYS_U64:
    case HY_PHYS_I128:
    case HY_PHYS_INTERVAL:
    case HY_PHYS_UUID:
        /* The own width gains nothing, but the genuine writer uses it. */
        return bits <= 8 * hy_physical_size(physical);
    case HY_PHYS_F32:
    case HY_PHYS_F64:
    case HY_PHYS_STRING:
        break;
    }
    return false;
}

bool hy_chunk_encoding_fits(HyType type, const HyChunkEncoding *encoding)
{
    HyPhysical physical = hy_type_physical(type);
    if (encoding->shape == HY_SHAPE_TRUNC)
        return can_truncate(physical, encoding->bits);
    return !encoding->is_short || physical == HY_PHYS_STRING || physical == HY_PHYS_F64;
}

size_t hy_chunk_entry_bytes(HyPhysical physical, bool is_short)
{
    if (is_short)
        return 4;
    return physical == HY_PHYS_STRING ? 8 : hy_physical_size(physical);
}

HyChunkFrame hy_chunk_frame(HyPhysical physical, const HyChunkEncoding *encoding)
{
    size_t width = hy_physical_size(physical);
    HyChunkFrame frame;
    frame.psma = hy_align_up(HY_CHUNK_HEADER + 2 * width, 4);
    frame.null_range = frame.psma + 8 * hy_chunk_psma_slots(physical);
    size_t end = frame.null_range + 12;
    frame.mark = 0;
    if (encoding->shape == HY_SHAPE_RAW && encoding->nulls && physical != HY_PHYS_STRING) {
        frame.mark = hy_align_up(end, width);
        end = frame.mark + width;
    }
    frame.values = hy_align_up(end, 16);
    return frame;
}
