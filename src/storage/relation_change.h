/* New versions from old ones other than by appending: deletes, columns added and dropped. */
#ifndef HY_STORAGE_RELATION_CHANGE_H
#define HY_STORAGE_RELATION_CHANGE_H

#include "storage/block_store.h"
#include "storage/deletes.h"
#include "storage/relation.h"

/* Versions that come from one another have the same lineage: a row id means the same row in all of
 * them. A table that is truncated goes on with a new one. */
uint64_t hy_relation_lineage(const HyRelation *relation);
/* Before anybody else sees the version. */
void hy_relation_set_lineage(HyRelation *relation, uint64_t lineage);

/* The rows of `rows` deleted too; those that are deleted already are fine. */
HyStatus hy_relation_with_deletes(
    const HyRelation *relation, const HyRowSet *rows, HyRelation **out) HY_MUST_CHECK;

/* A further column behind the others; every row gets `fill`, whose type is the column's. */
HyStatus hy_relation_add_column(HyRelation *relation, const HyValue *fill, HyType type,
    HyBlockStore *store, HyRelation **out) HY_MUST_CHECK;
HyStatus hy_relation_drop_column(
    HyRelation *relation, size_t column, HyBlockStore *store, HyRelation **out) HY_MUST_CHECK;

/* Number of nulls of a column among the live rows of a block. */
HyStatus hy_relation_count_nulls(
    HyRelation *relation, size_t block, uint32_t column, int64_t *out) HY_MUST_CHECK;

#endif
