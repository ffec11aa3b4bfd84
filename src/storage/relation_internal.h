/* What a version is made of, for the files of this layer that make versions. */
#ifndef HY_STORAGE_RELATION_INTERNAL_H
#define HY_STORAGE_RELATION_INTERNAL_H

#include "storage/block.h"
#include "storage/deletes.h"
#include "storage/relation.h"
#include "storage/relation_file.h"
#include "storage/tail.h"
#include <stdatomic.h>

/* The types of the columns, shared by versions. */
typedef struct HyLayout {
    atomic_uint n_refs;
    size_t n_cols;
    HyType types[];
} HyLayout;

HyStatus hy_layout_create(const HyType *types, size_t n_cols, HyLayout **out) HY_MUST_CHECK;
HyLayout *hy_layout_ref(HyLayout *layout);
void hy_layout_unref(HyLayout *layout);

/* The blocks of a version, shared by versions. */
typedef struct HyBlockList {
    atomic_uint n_refs;
    size_t n;
    HyBlock *blocks[];
} HyBlockList;

/* The first `n` blocks of `from` (NULL with n = 0), and n_more more, whose references are taken
 * over, also on failure. */
HyStatus hy_block_list_create(const HyBlockList *from, size_t n, HyBlock *const *more,
    size_t n_more, HyBlockList **out) HY_MUST_CHECK;
HyBlockList *hy_block_list_ref(HyBlockList *list);
void hy_block_list_unref(HyBlockList *list);

/* The chunk of a column of the tail in one version, made when first asked for. */
typedef struct HyTailView {
    HyChunk *chunk;
    uint64_t *validity; /* owned, or NULL */
} HyTailView;

/* Either tail is NULL and the rows are in blocks, the last of which may be short (or longer than
 * what this version has of it), or all blocks are full and the last rows are in the tail, at least
 * one. */
typedef struct HyRelationParts {
    HyLayout *layout;
    HyBlockList *blocks;
    HyDeleteMap *deletes; /* NULL: none */
    HyTail *tail;
    uint32_t tail_rows;
    int64_t row_count;
    uint64_t lineage;
} HyRelationParts;

struct HyRelation {
    atomic_uint n_refs;
    HyRelationParts parts;
    _Atomic(HyTailView *) views[]; /* n_cols, with a tail only */
};

/* See relation_file.h. */
struct HyRelationImage {
    HyBlockStore *store; /* referenced */
    uint32_t slot;
    HyBlock **blocks; /* as they are in the file */
    size_t n_blocks;
    HyTail *tail; /* what the last block was encoded from, or NULL; referenced */
    uint32_t tail_rows;
    HyRelation *version;  /* what was saved or loaded; NULL: nothing is in the file */
    int64_t *null_counts; /* or NULL: not known */
};

/* References to all parts of a version, to be changed and assembled. */
HyRelationParts hy_relation_parts(const HyRelation *relation);
/* Drops the references; NULL ones are fine. */
void hy_relation_parts_release(HyRelationParts *parts);
/* Makes a version; takes over the references in `parts`, also on failure. */
HyStatus hy_relation_assemble(const HyRelationParts *parts, HyRelation **out) HY_MUST_CHECK;

#endif
