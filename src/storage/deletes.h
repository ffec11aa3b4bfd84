/* Sets of rows: which rows of a relation are deleted, in memory and in the file (kind 5,
 * spec/hyper-file-format.md section 5.3), and which rows a transaction has claimed.
 *
 * HyRowSet is a bitmap per block for one owner to change. HyDeleteMap is its immutable, shared
 * form: the bitmaps of blocks that did not change are shared between versions. */
#ifndef HY_STORAGE_DELETES_H
#define HY_STORAGE_DELETES_H

#include "base/bitmap.h"
#include "base/buffer.h"
#include "base/status.h"
#include "io/container.h"
#include "storage/chunk.h"

#define HY_ROW_SET_WORDS (HY_BLOCK_ROWS / 64)

/* Zero-initialise to create. */
typedef struct HyRowSet {
    uint64_t **blocks; /* NULL: no row of the block; else HY_ROW_SET_WORDS words */
    size_t n_blocks;   /* of the array: rows of later blocks are not in the set */
    int64_t count;
} HyRowSet;

void hy_row_set_free(HyRowSet *set);
/* Adds a row; *was_added is false when it was there. Errors: 53200. */
HyStatus hy_row_set_add(HyRowSet *set, int64_t row_id, bool *was_added) HY_MUST_CHECK;
/* Adds the rows of word `w` of a block that are set in `rows`. Errors: 53200. */
HyStatus hy_row_set_add_word(HyRowSet *set, size_t block, size_t w, uint64_t rows) HY_MUST_CHECK;
/* Adds the rows of a block that are set in a bitmap of HY_ROW_SET_WORDS words. Errors: 53200. */
HyStatus hy_row_set_add_block(HyRowSet *set, size_t block, const uint64_t *words) HY_MUST_CHECK;
bool hy_row_set_has(const HyRowSet *set, int64_t row_id);
/* Removes from `set` all rows of `other`. */
void hy_row_set_subtract(HyRowSet *set, const HyRowSet *other);

typedef struct HyDeleteMap HyDeleteMap;

/* Returns `map`, which may be NULL: nothing deleted. */
HyDeleteMap *hy_delete_map_ref(HyDeleteMap *map);
void hy_delete_map_unref(HyDeleteMap *map);
/* `from` (or NULL) and the rows of `added`; *n_new: how many of them were not deleted before. */
HyStatus hy_delete_map_add(const HyDeleteMap *from, const HyRowSet *added, HyDeleteMap **out,
    int64_t *n_new) HY_MUST_CHECK;
/* NULL: none of the block. */
const uint64_t *hy_delete_map_block(const HyDeleteMap *map, size_t block);
uint32_t hy_delete_map_count(const HyDeleteMap *map, size_t block);
int64_t hy_delete_map_total(const HyDeleteMap *map);

/* The content of a kind-5 object. Rows from row_count on are left out. Errors: XX001. */
HyStatus hy_deletes_parse(
    const uint8_t *bytes, size_t len, int64_t row_count, HyRowSet *out) HY_MUST_CHECK;
/* The same, and tells of all that is against the format. (Rows behind the row count are not: the
 * genuine server leaves them there when it deletes the last rows of a table.) */
HyStatus hy_deletes_verify(const uint8_t *bytes, size_t len, int64_t row_count, HyRowSet *out,
    HyFaultFn report, void *context) HY_MUST_CHECK;
/* Of the rows below row_count. */
HyStatus hy_deletes_format(const HyDeleteMap *map, int64_t row_count, HyBuffer *out) HY_MUST_CHECK;

#endif
