#include "exec/delivery.h"
#include <stdlib.h>

#define MAX_PARKED   64
#define FULL_PERCENT 40 /* of the budget in use */

/* Rows of a morsel that is done, waiting for those before it. */
struct HyParked {
    HyParked *next; /* ascending sequence */
    uint64_t sequence;
    HyRowset *rows; /* or NULL */
};

void hy_delivery_init(HyDelivery *delivery)
{
    pthread_mutex_init(&delivery->lock, NULL);
    pthread_cond_init(&delivery->moved, NULL);
}

static void free_parked(HyDelivery *delivery)
{
    while (delivery->parked) {
        HyParked *parked = delivery->parked;
        delivery->parked = parked->next;
        hy_rowset_destroy(parked->rows);
        free(parked);
    }
    delivery->n_parked = 0;
}

void hy_delivery_destroy(HyDelivery *delivery)
{
    free_parked(delivery);
    pthread_mutex_destroy(&delivery->lock);
    pthread_cond_destroy(&delivery->moved);
}

void hy_delivery_start(HyDelivery *delivery, const HyExec *exec, const HyPipeline *pipeline)
{
    free_parked(delivery);
    delivery->next_sequence = 0;
    delivery->has_failed = false;
    delivery->is_direct = pipeline->is_serial || exec->n_workers == 1;
    delivery->memory = exec->ctx->memory;
}

HyStatus hy_delivery_open(HyRowset ***local)
{
    *local = calloc(1, sizeof **local);
    return *local ? HY_OK : hy_error_oom(sizeof **local);
}

void hy_delivery_close(HyRowset **local)
{
    hy_rowset_destroy(*local);
    free(local);
}

HyStatus hy_delivery_push(
    HyDelivery *delivery, HyWorker *worker, HyRowset **local, const HyBatch *batch)
{
    if (delivery->is_direct)
        return delivery->take(delivery->ctx, worker, batch);
    if (!*local)
        HY_TRY(hy_rowset_create(delivery->types, delivery->n_cols, delivery->memory, local));
    return hy_rowset_append(*local, batch);
}

static HyStatus deliver_rows(HyDelivery *delivery, HyWorker *worker, HyRowset *rows)
{
    if (!rows)
        return HY_OK;
    HyStatus st = HY_OK;
    if (delivery->take_rows)
        st = delivery->take_rows(delivery->ctx, rows);
    else
        for (size_t i = 0; i < hy_rowset_piece_count(rows) && !st; i++)
            st = delivery->take(delivery->ctx, worker, hy_rowset_piece(rows, i));
    hy_rowset_destroy(rows);
    return st;
}

static HyStatus park(HyDelivery *delivery, uint64_t sequence, HyRowset **rows)
{
    HyParked *parked = malloc(sizeof *parked);
    if (!parked)
        return hy_error_oom(sizeof *parked);
    HyParked **at = &delivery->parked;
    while (*at && (*at)->sequence < sequence)
        at = &(*at)->next;
    *parked = (HyParked){.next = *at, .sequence = sequence, .rows = *rows};
    *rows = NULL;
    *at = parked;
    delivery->n_parked++;
    return HY_OK;
}

static HyStatus deliver_parked(HyDelivery *delivery, HyWorker *worker)
{
    HyStatus st = HY_OK;
    while (!delivery->has_failed && delivery->parked &&
           delivery->parked->sequence == delivery->next_sequence) {
        HyParked *parked = delivery->parked;
        delivery->parked = parked->next;
        delivery->n_parked--;
        delivery->next_sequence++;
        st = deliver_rows(delivery, worker, parked->rows);
        delivery->has_failed = st != HY_OK;
        free(parked);
    }
    pthread_cond_broadcast(&delivery->moved);
    return st;
}

/* Many rows wait already, or few that are large for the budget. */
static bool is_full(const HyDelivery *delivery)
{
    return delivery->n_parked > MAX_PARKED ||
           (delivery->n_parked > 0 && hy_memory_exceeds(delivery->memory, 0, FULL_PERCENT));
}

/* The worker whose morsel is next never waits, so the others go on. */
static void wait_for_turn(HyDelivery *delivery, const HyWorker *worker)
{
    while (is_full(delivery) && worker->sequence != delivery->next_sequence &&
           !hy_worker_may_stop(worker))
        hy_worker_wait(&delivery->moved, &delivery->lock);
}

HyStatus hy_delivery_end_morsel(HyDelivery *delivery, HyWorker *worker, HyRowset **local)
{
    if (delivery->is_direct)
        return HY_OK;
    pthread_mutex_lock(&delivery->lock);
    if (delivery->may_wait)
        wait_for_turn(delivery, worker);
    HyStatus st = park(delivery, worker->sequence, local);
    if (!st)
        st = deliver_parked(delivery, worker);
    pthread_mutex_unlock(&delivery->lock);
    return st;
}
