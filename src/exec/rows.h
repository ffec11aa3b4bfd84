/* Rows kept in rowsets: the sink that collects them, the source that gives them again, and random
 * access by references for operators that reorder or look up rows. */
#ifndef HY_EXEC_ROWS_H
#define HY_EXEC_ROWS_H

#include "exec/compile.h"
#include "exec/spill.h"
#include <pthread.h>

/* Collects columns of its input; `rows` is there once the pipeline has run, until the statement
 * ends or the pipeline runs again. */
typedef struct HyCollectOp {
    HyOp op;
    HyLayout layout; /* of the rows */
    const uint32_t *places;
    HyMemory *memory;
    HyRowset *rows;
    /* Rows that do not fit go to disk, all of them then, by the hash of these columns of the
     * layout; without columns to one partition. */
    bool may_spill;
    HyAlg *spill_alg; /* whose statistics count them */
    const uint32_t *hash_columns;
    size_t n_hash;
    const bool *null_equal; /* by hash column: or a null there makes a row equal to none */
    bool drops_nulls;       /* such rows are not wanted */
    bool has_null_key;      /* there was one */
    HyExec *exec;
    pthread_mutex_t lock; /* making the set */
    _Atomic(HySpillSet *) spilled;
} HyCollectOp;

/* Keeps the stream's columns that `need` has; ends the stream. */
HyStatus hy_collect_stream(HyCompiler *c, HyStream *stream, HyAlg *alg, const HyNeed *need,
    HyCollectOp **out) HY_MUST_CHECK;
/* Keeps the columns ids[0..n), in this order. */
HyStatus hy_collect_columns(HyCompiler *c, HyStream *stream, HyAlg *alg, const HyColumnId *ids,
    size_t n, HyCollectOp **out) HY_MUST_CHECK;

/* The hash by whose upper bits rows of join keys are cut into partitions: other bits than those by
 * which an index starts. */
static inline uint64_t hy_partition_hash(uint64_t hash)
{
    return hash << 32 | hash >> 32;
}

/* A source over *rows (as it is when the pipeline starts; NULL: no rows), and over what `collect`
 * (or NULL) put on disk: column i of its batches is column places[i] of the rows. Gives whole
 * pieces without copying. */
HyStatus hy_rows_source(HyCompiler *c, HyAlg *alg, HyRowset *const *rows,
    const HyCollectOp *collect, const uint32_t *places, size_t n, HySource **out) HY_MUST_CHECK;

/* A reference to a row of a rowset: its piece and its place there. */
typedef uint64_t HyRowRef;
#define HY_ROW_REF(piece, row) ((HyRowRef)(piece)*HY_VECTOR_SIZE + (row))
#define HY_REF_PIECE(ref)      ((size_t)((ref) / HY_VECTOR_SIZE))
#define HY_REF_ROW(ref)        ((size_t)((ref) % HY_VECTOR_SIZE))

/* Addresses of a rowset's columns, for random access. Made once the rowset is complete. */
typedef struct HyRowAccess {
    size_t n_pieces;
    size_t n_cols;
    const HyType *types;
    const void **data;         /* [col * n_pieces + piece] */
    const uint64_t **validity; /* likewise; NULL entries: no nulls */
    bool *has_nulls;           /* by column */
} HyRowAccess;

/* Zeroed *access may be freed. */
HyStatus hy_row_access_open(const HyRowset *rows, HyRowAccess *out) HY_MUST_CHECK;
void hy_row_access_close(HyRowAccess *access);
/* Column `col` of the rows refs[0..n) as a flat vector; string bytes are shared. A reference of
 * HY_NO_ROW gives null. */
#define HY_NO_ROW UINT64_MAX
HyStatus hy_row_access_gather(const HyRowAccess *access, size_t col, const HyRowRef *refs, size_t n,
    HyArena *arena, HyVector *out) HY_MUST_CHECK;
/* The same for any number of rows, looking at cancel (or NULL) now and then. */
HyStatus hy_row_access_gather_many(const HyRowAccess *access, size_t col, const HyRowRef *refs,
    size_t n, HyArena *arena, const HyCancel *cancel, HyVector *out) HY_MUST_CHECK;
static inline bool hy_row_access_is_null(const HyRowAccess *access, size_t col, HyRowRef ref)
{
    const uint64_t *validity = access->validity[col * access->n_pieces + HY_REF_PIECE(ref)];
    return validity && !hy_bitmap_get(validity, HY_REF_ROW(ref));
}

#endif
