/* What the files of a chunk share: the encodings, the parts of an opened chunk, and the forms of
 * values in the file. Inside storage only. Section numbers are those of spec/hyper-file-blocks.md.
 */
#ifndef HY_STORAGE_CHUNK_INTERNAL_H
#define HY_STORAGE_CHUNK_INTERNAL_H

#include "base/bytes.h"
#include "storage/chunk.h"
#include "storage/chunk_kernel.h"
#include "types/collation.h"
#include "types/interval.h"
#include <stdatomic.h>

/* ---- Encodings (section 3) ---- */

typedef enum HyChunkShape {
    HY_SHAPE_PLAIN, /* not of the file: values in memory */
    HY_SHAPE_DICT,
    HY_SHAPE_TRUNC,
    HY_SHAPE_RAW,
    HY_SHAPE_SINGLE,
    HY_SHAPE_ALL_NULL
} HyChunkShape;

typedef struct HyChunkEncoding {
    uint8_t id;
    HyChunkShape shape;
    uint8_t bits;  /* of a code or truncated value; else 0 */
    bool nulls;    /* null can be encoded */
    bool is_short; /* dictionary entries or raw values of 4 bytes (text, double precision) */
    const char *name;
} HyChunkEncoding;

/* NULL: no such encoding. */
const HyChunkEncoding *hy_chunk_encoding(uint64_t id);
const HyChunkEncoding *hy_chunk_encoding_find(
    HyChunkShape shape, unsigned bits, bool nulls, bool is_short);
/* Whether blocks of the type can have the encoding at all. */
bool hy_chunk_encoding_fits(HyType type, const HyChunkEncoding *encoding);

#define HY_CHUNK_HEADER         48u /* offsets A, B, C of the header count from here */
#define HY_CHUNK_MAX_HEAP_SHORT (UINT32_C(1) << 24)

/* 0..3 for elements of 1, 2, 4, 8 bytes (or as many bits times 8): the index into kernel tables. */
static inline unsigned hy_width_index(size_t bytes)
{
    return bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3;
}
/* Bytes of one entry of a dictionary or of one raw value in the file. */
size_t hy_chunk_entry_bytes(HyPhysical physical, bool is_short);
/* Bytes of min or max; slots of the positional index. */
static inline size_t hy_chunk_psma_slots(HyPhysical physical)
{
    return physical == HY_PHYS_STRING ? 256 : 256 * hy_physical_size(physical);
}

/* Where the parts lie that all encodings but single and all null have, from the block's start. */
typedef struct HyChunkFrame {
    size_t psma;
    size_t null_range; /* two u32, then the distinct count */
    size_t mark;       /* raw with nulls, not text: the value that stands for null */
    size_t values;     /* the least offset for the values or dictionary */
} HyChunkFrame;
HyChunkFrame hy_chunk_frame(HyPhysical physical, const HyChunkEncoding *encoding);

/* ---- An opened chunk ---- */

typedef union HyPayload {
    uint8_t bytes[16];
    uint64_t u64;
    HyUint128 u128;
    HyInterval interval;
    HyString string;
} HyPayload;

typedef enum HyDictionaryOrder {
    HY_ORDER_UNKNOWN, /* collated text: asking the collation is left to the first who needs it */
    HY_ORDER_ASCENDING,
    HY_ORDER_NONE
} HyDictionaryOrder;

struct HyChunk {
    HyType type;
    HyPhysical physical;
    size_t width; /* of a value in memory */
    const HyChunkEncoding *encoding;
    HyChunkShape shape;
    bool has_nulls;  /* n_nulls > 0 */
    bool has_bounds; /* min and max are to be believed in the order of the type */
    bool has_psma;
    uint16_t version;
    uint32_t n_rows;
    uint32_t n_nulls;
    uint32_t null_first, null_end; /* every null lies in here */
    uint32_t distinct;             /* of values that are not null; 0: not known */

    const uint8_t *codes;  /* dictionary: codes; truncated: differences */
    const uint8_t *values; /* raw: references or values in the form of the file; plain: in memory */
    const char *heap;      /* text */
    size_t heap_len;
    const uint8_t *psma;      /* pairs of u32, aligned to 4 */
    const uint64_t *validity; /* plain; or NULL */

    HyPayload min, max; /* in the form of memory; single value: both are the value */
    HyPayload mark;     /* raw with nulls, not text: null, in the form of the file's values */
    HyUint128 base;     /* truncated: the number of difference 0, modulo the width */
    HyDictionary dict;
    _Atomic int dict_order;               /* HyDictionaryOrder */
    uint64_t no_validity;                 /* 0: the validity of a null constant */
    _Atomic(const struct HyZone *) zones; /* or NULL; owned unless plain */

    HyMemory *memory;
    uint8_t *bytes; /* the block, owned; NULL for plain chunks */
    size_t len;
    size_t bytes_allocated; /* len, or more with padding */
    void *owned[3];         /* dictionary; values, validity and heap of plain blocks */
    size_t owned_len[3];
};

/* Zeroed but for type, physical and width. Errors: 53200. */
HyStatus hy_chunk_new(HyType type, HyMemory *memory, HyChunk **out) HY_MUST_CHECK;
uint64_t hy_dictionary_next_id(void);

static inline bool hy_chunk_is_collated(const HyChunk *chunk)
{
    return chunk->physical == HY_PHYS_STRING && chunk->type.collation;
}

/* A view of bytes of which `room` can be read from `data` on. */
static inline HyString hy_chunk_string(const char *data, size_t len, size_t room)
{
    if (len > HY_STRING_INLINE) {
        HyString s;
        s.len = (uint32_t)len;
        memcpy(s.prefix, data, 4);
        s.ptr = data;
        return s;
    }
    if (room < 16)
        return hy_string_view(data, len);
    HyUint128 word;
    memcpy(&word, data, 16);
    word = len ? word << (128 - 8 * len) >> (128 - 8 * len) : 0;
    word = word << 32 | (uint32_t)len;
    HyString s;
    memcpy(&s, &word, 16);
    return s;
}

/* The text behind a reference that was checked at open; not null. */
static inline HyString hy_chunk_long_text(const HyChunk *chunk, uint64_t ref)
{
    uint32_t len = (uint32_t)ref;
    uint32_t rest = (uint32_t)(ref >> 32);
    if (len > 4)
        return hy_chunk_string(chunk->heap + rest, len, chunk->heap_len - rest);
    HyString s = {.len = len};
    rest = len ? rest << (32 - 8 * len) >> (32 - 8 * len) : 0;
    memcpy(s.prefix, &rest, 4);
    return s;
}
static inline HyString hy_chunk_short_text(const HyChunk *chunk, uint32_t ref)
{
    uint32_t len = ref & 0xFF;
    uint32_t rest = ref >> 8;
    if (len > 3)
        return hy_chunk_string(chunk->heap + rest, len, chunk->heap_len - rest);
    HyString s = {.len = len};
    rest = len ? rest << (32 - 8 * len) >> (32 - 8 * len) : 0;
    memcpy(s.prefix, &rest, 4);
    return s;
}
#define HY_LONG_TEXT_NULL  UINT64_MAX
#define HY_SHORT_TEXT_NULL UINT32_MAX

/* A raw text by row; an empty text and *is_null for null. */
static inline HyString hy_chunk_raw_text(const HyChunk *chunk, size_t row, bool *is_null)
{
    if (chunk->encoding->is_short) {
        uint32_t ref = hy_load_u32(chunk->values + 4 * row);
        *is_null = chunk->has_nulls && ref == HY_SHORT_TEXT_NULL;
        return hy_chunk_short_text(chunk, *is_null ? 0 : ref);
    }
    uint64_t ref = hy_load_u64(chunk->values + 8 * row);
    *is_null = chunk->has_nulls && ref == HY_LONG_TEXT_NULL;
    return hy_chunk_long_text(chunk, *is_null ? 0 : ref);
}

/* The heap is in sorted order, so that rows lie anywhere in it: whoever goes through many rows asks
 * for the bytes of those to come. */
#define HY_TEXT_LOOKAHEAD 24
static inline void hy_chunk_prefetch_text(const HyChunk *chunk, size_t row)
{
    if (row >= chunk->n_rows)
        return;
    size_t len, offset;
    if (chunk->encoding->is_short) {
        uint32_t ref = hy_load_u32(chunk->values + 4 * row);
        len = ref & 0xFF;
        offset = ref >> 8;
    } else {
        uint64_t ref = hy_load_u64(chunk->values + 8 * row);
        len = (uint32_t)ref;
        offset = (size_t)(ref >> 32);
    }
    if (offset + len <= chunk->heap_len) {
        __builtin_prefetch(chunk->heap + offset);
        __builtin_prefetch(chunk->heap + offset + len);
    }
}

/* A UUID lies in the file as one number, lowest byte first: reversed against memory. */
static inline void hy_uuid_reverse(void *out, const void *in)
{
    uint64_t low = hy_load_u64(in);
    uint64_t high = hy_load_u64((const uint8_t *)in + 8);
    hy_store_u64(out, __builtin_bswap64(high));
    hy_store_u64((uint8_t *)out + 8, __builtin_bswap64(low));
}

/* A truncated value of 16 bytes in the form of memory. */
static inline void hy_chunk_put_wide(HyPhysical physical, HyUint128 number, void *out)
{
    if (physical == HY_PHYS_UUID)
        hy_uuid_reverse(out, &number);
    else
        memcpy(out, &number, 16);
}

/* One code or truncated value of at most 64 bits. */
static inline uint64_t hy_chunk_code(const uint8_t *codes, unsigned bits, size_t row)
{
    switch (bits) {
    case 1:
        return codes[row / 8] >> (7 - row % 8) & 1;
    case 2:
        return codes[row / 4] >> (6 - 2 * (row % 4)) & 3;
    case 4:
        return codes[row / 2] >> (4 - 4 * (row % 2)) & 15;
    case 8:
        return codes[row];
    case 16:
        return hy_load_u16(codes + 2 * row);
    case 32:
        return hy_load_u32(codes + 4 * row);
    default:
        return hy_load_u64(codes + 8 * row);
    }
}

/* Codes of rows [first, first + n) in whole bytes: a pointer into the chunk, or, when they are
 * packed, into `buf` of n + 8 bytes. *width_index tells the width. */
const void *hy_chunk_code_bytes(
    const HyChunk *chunk, size_t first, size_t n, uint8_t *buf, unsigned *width_index);

/* mask[i] = row first + i is not null. Only for chunks with nulls; not all null, not single. buf: n
 * + 8. */
void hy_chunk_valid_mask(const HyChunk *chunk, size_t first, size_t n, uint8_t *buf, uint8_t *mask);

/* The value of a row in the form of memory; false: null. */
bool hy_chunk_value(const HyChunk *chunk, size_t row, HyPayload *out);

/* Why the payload cannot be a value of the type, or NULL. */
const char *hy_chunk_value_fault(HyType type, const HyPayload *value);

/* A number of 128 bits whose unsigned order is the order of the fixed-width type, and its inverse
 * up to the sign of zero and the payload of NaN. For truncatable types but interval, differences of
 * keys are differences of values. */
HyUint128 hy_fixed_key(HyPhysical physical, const void *payload);

/* Whether the dictionary ascends in the order of the type. */
bool hy_chunk_dictionary_is_ordered(const HyChunk *chunk);

/* ---- Positional index (section 6) ---- */

/* The slot of a difference to the minimum of which the low 64 bits matter. */
static inline size_t hy_psma_slot(uint64_t delta)
{
    unsigned byte = delta ? (unsigned)(63 - __builtin_clzll(delta)) / 8 : 0;
    return (size_t)(delta >> (8 * byte)) + 256 * (size_t)byte;
}
static inline size_t hy_psma_text_slot(const HyString *s)
{
    return s->len ? (uint8_t)s->prefix[0] : 0;
}
/* The slot of a value of the chunk. */
size_t hy_chunk_psma_slot(const HyChunk *chunk, const void *payload);

/* Fills zeroed pairs {begin, end} from differences of 32 or 64 bits or the low halves of 128 bits.
 * Rows whose mask is 0 go to null_slot; mask may be NULL. */
void hy_psma_build(uint32_t *pairs, const void *deltas, unsigned delta_bits, const uint8_t *mask,
    size_t n, size_t null_slot);
void hy_psma_build_text(uint32_t *pairs, const HyString *texts, const uint8_t *mask, size_t n,
    size_t null_slot, bool is_collated);

#endif
