/* One column of one block of up to HY_BLOCK_ROWS rows, encoded as it stands in the file
 * (spec/hyper-file-blocks.md) or plain in memory. Immutable once made and safe to read from any
 * thread.
 *
 * Reading works on the encoded form: predicates are tested on codes and truncated integers,
 * dictionaries become dictionary vectors, and only the rows asked for are decoded. */
#ifndef HY_STORAGE_CHUNK_H
#define HY_STORAGE_CHUNK_H

#include "base/memory.h"
#include "types/compare.h"
#include "types/value.h"
#include "types/vector.h"

#define HY_BLOCK_ROWS 131072

typedef struct HyChunk HyChunk;

/* Makes a chunk from an encoded column block. Takes over `bytes` (allocated with hy_memory_alloc
 * from `memory`), also on failure. Everything that reading relies on is checked here: encoding id
 * against the type, offsets, sizes, codes below the dictionary's size, string references inside the
 * heap. `type` must have the nullability and collation of the catalog's column. n_rows: as the
 * block's kind-4 attribute-0 object says. Errors: XX001 with a text that names the fault and its
 * offset. */
HyStatus hy_chunk_open(HyType type, uint16_t database_version, uint8_t *bytes, size_t len,
    uint32_t n_rows, HyMemory *memory, HyChunk **out) HY_MUST_CHECK;

/* The same from an object of the container, with its padding and its memory. Takes over the bytes,
 * also on failure; *bytes is empty afterwards. */
struct HyObjectBytes;
HyStatus hy_chunk_open_object(HyType type, uint16_t database_version, struct HyObjectBytes *bytes,
    uint32_t n_rows, HyChunk **out) HY_MUST_CHECK;

/* Makes a plain chunk over values in memory (flat; validity may be NULL). Copies nothing: data,
 * validity and string bytes must outlive the chunk. Used for the tail of a table and for plain
 * blocks. */
HyStatus hy_chunk_plain(HyType type, const void *data, const uint64_t *validity, uint32_t n_rows,
    HyChunk **out) HY_MUST_CHECK;

void hy_chunk_destroy(HyChunk *chunk);

/* What a chunk knows about itself. */
typedef struct HyChunkInfo {
    HyType type;
    uint32_t n_rows;
    uint32_t n_nulls;
    uint8_t encoding_id; /* spec section 3; 0 for plain */
    const char *
        encoding; /* "dictionary u8", "truncated u16", "raw", "single value", "all null", "plain" */
    size_t memory_bytes;
    bool has_min_max;        /* false: all null, or plain */
    HyValue min, max;        /* string bytes live in the chunk */
    uint32_t distinct_count; /* of values that are not null; 0: not known */
} HyChunkInfo;
void hy_chunk_info(const HyChunk *chunk, HyChunkInfo *out);

/* Rows [first, first + n) as a vector, n <= HY_VECTOR_SIZE: a dictionary vector for dictionary
 * encodings (its HyDictionary lives in the chunk and has an id), a constant one for single value
 * and all null, a flat one else; plain and raw fixed-width data without nulls is given without
 * copying. Strings are views into the chunk. Memory from `arena`. */
HyStatus hy_chunk_read(
    const HyChunk *chunk, uint32_t first, uint32_t n, HyArena *arena, HyVector *out) HY_MUST_CHECK;
/* Rows first + sel[0..n_sel), sel ascending. */
HyStatus hy_chunk_gather(const HyChunk *chunk, uint32_t first, const uint32_t *sel, uint32_t n_sel,
    HyArena *arena, HyVector *out) HY_MUST_CHECK;

/* A predicate prepared for one chunk. `kind` and `op` as in HyScanPredicate of the algebra, with
 * values of exactly the chunk's type. */
typedef enum HyChunkTestKind {
    HY_CHUNK_COMPARE,
    HY_CHUNK_IN, /* values sorted ascending, distinct */
    HY_CHUNK_IS_NULL,
    HY_CHUNK_IS_NOT_NULL
} HyChunkTestKind;
typedef struct HyChunkTest {
    HyChunkTestKind kind;
    HyCompareOp op;
    const HyValue *values;
    size_t n_values;
} HyChunkTest;

typedef enum HyChunkMatch { HY_MATCH_NONE, HY_MATCH_SOME, HY_MATCH_ALL } HyChunkMatch;
/* From minimum, maximum, null range and dictionary alone; NONE lets the scan skip the block. */
HyChunkMatch hy_chunk_match(const HyChunk *chunk, const HyChunkTest *test);
/* Narrows [*first, *end) to the rows that can match, by the positional index (PSMA, equality only),
 * the null range, and the zones that are there (chunk_zones.h). */
void hy_chunk_narrow(const HyChunk *chunk, const HyChunkTest *test, uint32_t *first, uint32_t *end);
/* Keeps in sel (row numbers relative to `first`, ascending, n_sel of them) those rows that match.
 * With sel_is_all every row of [first, first + *n_sel) is in; sel is then only written. n <=
 * HY_VECTOR_SIZE. Nulls do not match (but IS NULL does). */
HyStatus hy_chunk_filter(const HyChunk *chunk, const HyChunkTest *test, uint32_t first,
    bool sel_is_all, uint32_t *sel, uint32_t *n_sel) HY_MUST_CHECK;

/* A test with the chunk that it is for. */
typedef struct HyChunkCondition {
    const HyChunk *chunk;
    HyChunkTest test;
} HyChunkCondition;
/* The rows of [first, first + *n_sel) that pass all conditions, on chunks of one block. As
 * hy_chunk_filter for one after the other, but what can be tested on codes meets as masks. */
HyStatus hy_chunk_filter_all(const HyChunkCondition *conditions, size_t n, uint32_t first,
    uint32_t *sel, uint32_t *n_sel) HY_MUST_CHECK;

/* ---- Writing ---- */

/* How hard the writer tries. */
typedef enum HyChunkEffort {
    HY_EFFORT_SMALLEST, /* the smallest of all encodings that the format has for these values */
    HY_EFFORT_GENUINE /* the genuine writer's choice (spec section 10), for comparing bytes in tests
                       */
} HyChunkEffort;

/* Encodes n_rows flat values. The result is the object's content (not compressed) in *out, which
 * the caller frees with hy_memory_free(memory, *out, *out_len). Minimum, maximum, null range,
 * distinct count and PSMA are exact. n_rows >= 1. */
HyStatus hy_chunk_encode(HyType type, uint16_t database_version, const void *data,
    const uint64_t *validity, uint32_t n_rows, HyChunkEffort effort, HyMemory *memory,
    uint8_t **out, size_t *out_len) HY_MUST_CHECK;
/* The same with a given encoding id, for tests; 0A000 when the values or the type cannot have it.
 */
HyStatus hy_chunk_encode_as(HyType type, uint16_t database_version, const void *data,
    const uint64_t *validity, uint32_t n_rows, uint8_t encoding_id, HyMemory *memory, uint8_t **out,
    size_t *out_len) HY_MUST_CHECK;

/* ---- Plain blocks (block state 1, spec/hyper-file-format.md section 5.4) ---- */

/* Decodes a whole plain block into one plain chunk per column; `chunks` has room for n_cols. The
 * chunks own their memory. Takes over `bytes`. */
HyStatus hy_plain_block_open(const HyType *types, size_t n_cols, uint8_t *bytes, size_t len,
    uint32_t n_rows, HyMemory *memory, HyChunk **chunks) HY_MUST_CHECK;

/* ---- Checking ---- */

/* Everything a chunk states about itself against its values: min/max, PSMA, null range, distinct
 * count, order of the dictionary. Calls report(ctx, text) per fault. */
HyStatus hy_chunk_verify(
    const HyChunk *chunk, void (*report)(void *ctx, const char *fault), void *ctx) HY_MUST_CHECK;

#endif
