/* What a statement gave: a tag, a count, rows. Independent of the session that made it. */
#ifndef HY_SESSION_RESULT_H
#define HY_SESSION_RESULT_H

#include "base/arena.h"
#include "types/rowset.h"

typedef struct HyResult {
    HyArena *arena; /* of names, notices and types */
    const char *tag;
    int64_t affected; /* -1: does not count */
    bool has_rows;
    size_t n_columns;
    const char **column_names;
    HyType *column_types;
    HyRowset *rows; /* NULL without rows */
    size_t next_piece;
    void *fetched; /* columns of the piece last given out, by the C interface */
    const char **notices;
    size_t n_notices;
} HyResult;

/* Copies of names and types in `arena`. */
HyStatus hy_columns_copy(HyArena *arena, const char *const *names, const HyType *types, size_t n,
    const char ***out_names, HyType **out_types) HY_MUST_CHECK;

HyStatus hy_result_create(HyResult **out) HY_MUST_CHECK;
void hy_result_destroy(HyResult *result); /* NULL is fine */

/* Copies names and types (deeply). */
HyStatus hy_result_set_columns(
    HyResult *result, const char *const *names, const HyType *types, size_t n) HY_MUST_CHECK;
HyStatus hy_result_set_tag(HyResult *result, const char *format, ...) HY_PRINTF(2, 3) HY_MUST_CHECK;
HyStatus hy_result_add_notice(HyResult *result, const char *text) HY_MUST_CHECK;
/* For SHOW, EXPLAIN: a row of text; the result's columns are n text columns. NULL is null. */
HyStatus hy_result_add_text_row(
    HyResult *result, const char *const *values, size_t n) HY_MUST_CHECK;

#endif
