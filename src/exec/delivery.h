/* Rows of several workers, delivered in the order of the morsels they come from, by one thread at a
 * time: results and loads do not depend on how the workers raced. With one worker rows pass
 * straight through. With several, each morsel's rows are kept aside and handed over when all
 * morsels before it have been; whoever is far ahead of the others waits. */
#ifndef HY_EXEC_DELIVERY_H
#define HY_EXEC_DELIVERY_H

#include "exec/pipeline.h"
#include <pthread.h>

typedef struct HyParked HyParked;

typedef struct HyDelivery {
    const HyType *types;
    size_t n_cols;
    HyMemory *memory;
    bool is_direct; /* one worker */
    bool may_wait;  /* bounds the rows that wait; false: all are kept in the end anyway */
    /* Takes a batch, or with take_rows a whole rowset, which it may empty. */
    HyStatus (*take)(void *ctx, HyWorker *worker, const HyBatch *batch);
    HyStatus (*take_rows)(void *ctx, HyRowset *rows); /* or NULL */
    void *ctx;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t next_sequence;
    bool has_failed; /* the receiver refused rows: it gets none any more */
    HyParked *parked;
    size_t n_parked;
} HyDelivery;

/* Once, before the first run; the caller has set the functions, types and n_cols. */
void hy_delivery_init(HyDelivery *delivery);
void hy_delivery_destroy(HyDelivery *delivery);
/* Before each run. */
void hy_delivery_start(HyDelivery *delivery, const HyExec *exec, const HyPipeline *pipeline);

/* A worker's state is the rowset of its morsel. */
HyStatus hy_delivery_open(HyRowset ***local) HY_MUST_CHECK;
void hy_delivery_close(HyRowset **local);
HyStatus hy_delivery_push(
    HyDelivery *delivery, HyWorker *worker, HyRowset **local, const HyBatch *batch) HY_MUST_CHECK;
HyStatus hy_delivery_end_morsel(
    HyDelivery *delivery, HyWorker *worker, HyRowset **local) HY_MUST_CHECK;

#endif
