/* The sink of the whole statement. */
#ifndef HY_EXEC_RESULT_H
#define HY_EXEC_RESULT_H

#include "exec/compile.h"

/* Where result rows go: into `rows` when keep_rows, else to on_batch unless that is NULL. */
typedef struct HyResultTarget {
    bool keep_rows;
    HyRowset *rows; /* made at the start of the run; the caller's afterwards */
    HyExecBatchFn on_batch;
    void *sink;
    uint64_t n_rows;
} HyResultTarget;

/* Ends the stream with the query's columns. `target` lives as long as the statement runs. */
HyStatus hy_result_end(HyCompiler *c, HyStream *stream, HyResultTarget *target) HY_MUST_CHECK;

#endif
