/* A materialized list of rows by columns: query results, build sides, CTEs, VALUES. Rows are kept
 * in pieces of HY_VECTOR_SIZE; string bytes are owned by the rowset. Appending is for one thread at
 * a time; reading is safe from several threads once nothing is appended any more. */
#ifndef HY_TYPES_ROWSET_H
#define HY_TYPES_ROWSET_H

#include "base/memory.h"
#include "types/vector.h"

typedef struct HyRowset HyRowset;

/* Copies the types. `memory` may be NULL. */
HyStatus hy_rowset_create(
    const HyType *types, size_t n_cols, HyMemory *memory, HyRowset **out) HY_MUST_CHECK;
void hy_rowset_destroy(HyRowset *rowset);

/* Copies the rows of a batch of any length and form. */
HyStatus hy_rowset_append(HyRowset *rowset, const HyBatch *batch) HY_MUST_CHECK;
/* Moves all rows of `from` behind those of `into`; `from` is empty afterwards. Same types. */
HyStatus hy_rowset_splice(HyRowset *into, HyRowset *from) HY_MUST_CHECK;

/* From now on its rows do not count in the budget, which may then be gone before the rowset is. */
void hy_rowset_leave_budget(HyRowset *rowset);

size_t hy_rowset_row_count(const HyRowset *rowset);
/* What its rows take in the budget. */
size_t hy_rowset_memory_bytes(const HyRowset *rowset);
size_t hy_rowset_column_count(const HyRowset *rowset);
const HyType *hy_rowset_types(const HyRowset *rowset);
/* Pieces of 1 to HY_VECTOR_SIZE rows; flat vectors that live as long as the rowset. */
size_t hy_rowset_piece_count(const HyRowset *rowset);
const HyBatch *hy_rowset_piece(const HyRowset *rowset, size_t piece);

#endif
