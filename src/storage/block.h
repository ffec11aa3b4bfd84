/* Blocks: up to HY_BLOCK_ROWS rows of a table whose columns are encoded and, in a database with a
 * file, lie in it. Immutable, reference counted. A column is an object of its own (HyStoredChunk),
 * so that blocks can share columns when a table gets or loses one.
 *
 * A stored chunk knows what its bytes in the file are to the container: written for a commit to
 * come, part of the live state, or left behind by it and pinned because a version is still being
 * read. */
#ifndef HY_STORAGE_BLOCK_H
#define HY_STORAGE_BLOCK_H

#include "storage/block_store.h"

typedef struct HyStoredChunk HyStoredChunk;
typedef struct HyBlock HyBlock;

/* As kind 3 records it (spec/hyper-file-format.md, section 5.2). */
typedef enum HyBlockState {
    HY_BLOCK_ABSENT = 0,
    HY_BLOCK_PLAIN = 1,
    HY_BLOCK_COLUMNS = 2
} HyBlockState;

/* Stored chunks. */

/* One in the live state of the file; nothing is read yet. `key` is for messages. ref NULL: the file
 * lacks the object, which is an error (XX001) once the chunk is used. */
HyStatus hy_stored_chunk_open(HyBlockStore *store, HyType type, uint32_t n_rows,
    const HyObjectKey *key, const HyObjectRef *ref, HyStoredChunk **out) HY_MUST_CHECK;
/* Encodes flat values and writes them into free space of the file, or keeps them when there is
 * none. */
HyStatus hy_stored_chunk_encode(HyBlockStore *store, HyType type, const void *data,
    const uint64_t *validity, uint32_t n_rows, HyCompression compression,
    HyStoredChunk **out) HY_MUST_CHECK;
HyStoredChunk *hy_stored_chunk_ref(HyStoredChunk *chunk);
void hy_stored_chunk_unref(HyStoredChunk *chunk);

HyType hy_stored_chunk_type(const HyStoredChunk *chunk);
/* Nulls among its first n_rows rows; -1: not known without reading it. */
int64_t hy_stored_chunk_null_count(const HyStoredChunk *chunk, uint32_t n_rows);
HyStatus hy_stored_chunk_pin(HyStoredChunk *chunk, const HyChunk **out) HY_MUST_CHECK;
/* The same only if it is in memory already. */
bool hy_stored_chunk_pin_resident(HyStoredChunk *chunk, const HyChunk **out);
void hy_stored_chunk_unpin(HyStoredChunk *chunk);
/* Where its own object lies; NULL for one in memory and for a part of a plain block. */
const HyObjectRef *hy_stored_chunk_file_ref(const HyStoredChunk *chunk);

/* For commits, which are serialised. written -> live: a commit has bound it to a key. */
void hy_stored_chunk_set_live(HyStoredChunk *chunk);
/* live -> left: before a commit that will unbind it; `undo` when that commit failed. */
HyStatus hy_stored_chunk_leave(HyStoredChunk *chunk) HY_MUST_CHECK;
void hy_stored_chunk_undo_leave(HyStoredChunk *chunk);

/* Blocks. */

/* Takes over one reference to each column, also on failure. */
HyStatus hy_block_create(
    uint32_t n_rows, HyStoredChunk *const *columns, size_t n_cols, HyBlock **out) HY_MUST_CHECK;
/* A block without chunks, all of whose rows are deleted. */
HyStatus hy_block_create_absent(uint32_t n_rows, size_t n_cols, HyBlock **out) HY_MUST_CHECK;
/* A plain block (state 1) of the live state; decoded as a whole when a column is first used. */
HyStatus hy_block_open_plain(HyBlockStore *store, const HyType *types, size_t n_cols,
    uint32_t n_rows, const HyObjectKey *key, const HyObjectRef *ref, HyBlock **out) HY_MUST_CHECK;
HyBlock *hy_block_ref(HyBlock *block);
void hy_block_unref(HyBlock *block);

HyBlockState hy_block_state(const HyBlock *block);
uint32_t hy_block_rows(const HyBlock *block);
size_t hy_block_column_count(const HyBlock *block);
/* Borrowed. The block must not be absent. */
HyStoredChunk *hy_block_column(const HyBlock *block, size_t column);

/* For a plain block, as hy_stored_chunk_leave. */
HyStatus hy_block_leave_plain(HyBlock *block) HY_MUST_CHECK;
void hy_block_undo_leave_plain(HyBlock *block);

/* Values of rows [first, first + n) of a chunk, any n, decoded flat: data has room for n values;
 * validity for n bits, all set for a column without nulls in them. String bytes longer than
 * HY_STRING_INLINE are copied into `strings`, NULL: views that live as long as the chunk. */
HyStatus hy_chunk_decode(const HyChunk *chunk, HyType type, uint32_t first, uint32_t n,
    HyArena *strings, void *data, uint64_t *validity) HY_MUST_CHECK;

#endif
