#include "storage/appender.h"
#include "storage/relation_internal.h"
#include "types/collation.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#define FIRST_TAIL_ROWS 64
#define FULL_PERCENT    40 /* of the budget in use: nothing runs in the background */

/* A full tail on its way to a block. The job is the task's until it has run, then the appender's.
 */
typedef struct EncodeJob {
    HyAppender *appender;
    HyTail *tail;
    HyCompression compression;
    HyBlock *block; /* the outcome */
} EncodeJob;

struct HyAppender {
    HyRelation *from;
    HyAppenderOptions options;
    const HyType *types;
    size_t n_cols;
    size_t n_base_blocks; /* full blocks of `from` that stay */
    int64_t n_appended;
    HyTail *tail; /* NULL: no rows behind the full blocks */
    uint32_t tail_rows;
    EncodeJob **jobs;
    size_t n_jobs, jobs_capacity;
    HyTaskGroup *group;      /* made with the first job */
    atomic_size_t n_running; /* jobs submitted and not yet done */
};

typedef struct TailEncoding {
    HyAppender *appender;
    HyTail *tail;
    HyCompression compression;
    HyStoredChunk **columns;
} TailEncoding;

static HyStatus encode_column(void *context, size_t i)
{
    TailEncoding *encoding = context;
    const HyAppender *appender = encoding->appender;
    uint64_t *validity = NULL;
    HY_TRY(hy_cancel_check(appender->options.cancel));
    HY_TRY(hy_tail_validity(encoding->tail, i, HY_BLOCK_ROWS, &validity));
    HyStatus st = hy_stored_chunk_encode(appender->options.store, appender->types[i],
        hy_tail_data(encoding->tail, i), validity, HY_BLOCK_ROWS, encoding->compression,
        &encoding->columns[i]);
    free(validity);
    return st;
}

/* In a load all threads have a block of their own, and each encodes it column by column; the last
 * block is everybody's. */
static HyStatus encode_tail(
    HyAppender *appender, HyTail *tail, HyCompression compression, HyBlock **out)
{
    HyStatus st = HY_OK;
    size_t n_cols = appender->n_cols;
    HyStoredChunk **columns = calloc(n_cols + 1, sizeof *columns);
    if (!columns)
        return hy_error_oom(n_cols * sizeof *columns);
    TailEncoding encoding = {
        .appender = appender, .tail = tail, .compression = compression, .columns = columns};
    if (appender->options.pool) {
        HY_GO(hy_task_pool_run(appender->options.pool, n_cols, encode_column, &encoding));
    } else {
        for (size_t i = 0; i < n_cols; i++)
            HY_GO(encode_column(&encoding, i));
    }
    st = hy_block_create(HY_BLOCK_ROWS, columns, n_cols, out);
    free(columns);
    return st;

done:
    for (size_t i = 0; i < n_cols; i++)
        hy_stored_chunk_unref(columns[i]);
    free(columns);
    return st;
}

static HyStatus run_job(void *arg)
{
    EncodeJob *job = arg;
    HyStatus st = encode_tail(job->appender, job->tail, job->compression, &job->block);
    hy_tail_unref(job->tail);
    job->tail = NULL;
    atomic_fetch_sub_explicit(&job->appender->n_running, 1, memory_order_relaxed);
    return st;
}

/* A load is pressed for time and compresses lightly. Where the encoder keeps up with the producer
 * (rows that a program makes one by one) or a block has filled by many small inserts, more effort
 * costs nobody time. */
static HyCompression pick_compression(HyAppender *appender)
{
    const HyBlockStoreOptions *options = hy_block_store_options(appender->options.store);
    bool keeps_up = appender->n_jobs > 0 &&
                    atomic_load_explicit(&appender->n_running, memory_order_relaxed) == 0;
    bool is_load = appender->n_appended >= HY_BLOCK_ROWS / 8;
    return is_load && !keeps_up ? options->load_compression : options->compression;
}

/* Hands the full tail to the background. */
static HyStatus submit_tail(HyAppender *appender)
{
    if (appender->n_jobs == appender->jobs_capacity) {
        size_t capacity = appender->jobs_capacity ? appender->jobs_capacity * 2 : 16;
        EncodeJob **grown = realloc(appender->jobs, capacity * sizeof *grown);
        if (!grown)
            return hy_error_oom(capacity * sizeof *grown);
        appender->jobs = grown;
        appender->jobs_capacity = capacity;
    }
    EncodeJob *job = calloc(1, sizeof *job);
    if (!job)
        return hy_error_oom(sizeof *job);
    *job = (EncodeJob){
        .appender = appender, .tail = appender->tail, .compression = pick_compression(appender)};
    atomic_fetch_add_explicit(&appender->n_running, 1, memory_order_relaxed);
    appender->tail = NULL;
    appender->tail_rows = 0;
    appender->jobs[appender->n_jobs++] = job;
    if (!appender->options.pool)
        return run_job(job);
    if (!appender->group)
        HY_TRY(hy_task_group_create(
            appender->options.pool, hy_task_pool_size(appender->options.pool), &appender->group));
    return hy_task_group_submit(appender->group, run_job, job);
}

/* Tails that wait are the largest part of a load's memory: with a small budget none does. */
static HyStatus wait_for_room(HyAppender *appender)
{
    const HyMemory *memory = hy_block_store_options(appender->options.store)->memory;
    if (!appender->group || !hy_memory_exceeds(memory, 0, FULL_PERCENT))
        return HY_OK;
    return hy_task_group_wait(appender->group);
}

/* A last block that is short becomes a tail, so that rows can be put behind it. */
static HyStatus load_short_block(HyAppender *appender)
{
    HyRelation *from = appender->from;
    size_t block = appender->n_base_blocks;
    uint32_t n = hy_relation_block_rows(from, block);
    bool is_readable = hy_relation_block_live_rows(from, block) > 0;
    HY_TRY(hy_tail_create(appender->types, appender->n_cols, HY_BLOCK_ROWS,
        hy_block_store_options(appender->options.store)->memory, &appender->tail));
    bool is_claimed = hy_tail_claim(appender->tail, 0, n);
    assert(is_claimed);
    (void)is_claimed;
    appender->tail_rows = n;
    for (size_t i = 0; i < appender->n_cols; i++) {
        HyChunkPin pin = {0};
        HyStatus st;
        if (is_readable) {
            HY_TRY(hy_relation_chunk(from, block, (uint32_t)i, &pin));
            st = hy_tail_load(appender->tail, i, pin.chunk, n);
        } else { /* no chunks are there; the rows are deleted, so any value will do */
            uint64_t zero[2] = {0, 0};
            HyVector nothing = {
                .type = appender->types[i], .kind = HY_VECTOR_CONSTANT, .data = zero};
            st = hy_tail_write(appender->tail, i, 0, &nothing, 0, n);
        }
        hy_chunk_unpin(&pin);
        if (st)
            return st;
    }
    return HY_OK;
}

HyStatus hy_appender_create(HyRelation *from, const HyAppenderOptions *options, HyAppender **out)
{
    assert(options->store);
    for (size_t i = 0; i < hy_relation_column_count(from); i++)
        HY_TRY(hy_collation_require(hy_relation_types(from)[i].collation));
    HyAppender *appender = calloc(1, sizeof *appender);
    if (!appender)
        return hy_error_oom(sizeof *appender);
    appender->from = hy_relation_ref(from);
    appender->options = *options;
    appender->types = hy_relation_types(from);
    appender->n_cols = hy_relation_column_count(from);
    appender->n_base_blocks = (size_t)(hy_relation_row_count(from) / HY_BLOCK_ROWS);
    if (from->parts.tail) {
        appender->tail = hy_tail_ref(from->parts.tail);
        appender->tail_rows = from->parts.tail_rows;
    }
    *out = appender;
    return HY_OK;
}

/* Makes the tail one into which rows [tail_rows, tail_rows + n) may be written. */
static HyStatus claim_rows(HyAppender *appender, uint32_t n)
{
    if (!appender->tail && hy_relation_row_count(appender->from) % HY_BLOCK_ROWS != 0 &&
        appender->n_jobs == 0)
        HY_TRY(load_short_block(appender));
    uint32_t needed = appender->tail_rows + n;
    if (!appender->tail) {
        uint32_t capacity = FIRST_TAIL_ROWS;
        if (appender->n_appended > 0) /* behind a full block: a load */
            capacity = HY_BLOCK_ROWS;
        while (capacity < needed)
            capacity *= 2;
        HY_TRY(hy_tail_create(appender->types, appender->n_cols, capacity,
            hy_block_store_options(appender->options.store)->memory, &appender->tail));
    }
    if (hy_tail_claim(appender->tail, appender->tail_rows, n))
        return HY_OK;
    uint32_t capacity = hy_tail_capacity(appender->tail);
    while (capacity < needed)
        capacity *= 2;
    HyTail *grown;
    HY_TRY(hy_tail_grow(appender->tail, appender->tail_rows, capacity, &grown));
    hy_tail_unref(appender->tail);
    appender->tail = grown;
    bool is_claimed = hy_tail_claim(grown, appender->tail_rows, n);
    assert(is_claimed);
    (void)is_claimed;
    return HY_OK;
}

static bool has_null(const HyVector *v, size_t n)
{
    if (!v->validity || n == 0)
        return false;
    if (v->kind == HY_VECTOR_CONSTANT)
        return !hy_bitmap_get(v->validity, 0);
    return hy_bitmap_count(v->validity, n) != n;
}

static HyStatus check_nulls(const HyAppender *appender, const HyBatch *batch)
{
    for (size_t i = 0; i < appender->n_cols; i++) {
        if (appender->types[i].nullable || !has_null(&batch->cols[i], batch->n_rows))
            continue;
        HyStatus st = hy_error("23502", "non-NULL value required");
        if (appender->options.column_names)
            st = hy_error_detail(st, "column: %s", appender->options.column_names[i]);
        return st;
    }
    return HY_OK;
}

HyStatus hy_appender_append(HyAppender *appender, const HyBatch *batch)
{
    assert(batch->n_cols == appender->n_cols);
    HY_TRY(check_nulls(appender, batch));
    size_t done_rows = 0;
    while (done_rows < batch->n_rows) {
        HY_TRY(hy_cancel_check(appender->options.cancel));
        /* A base with a short last block has its tail made first, which sets tail_rows. */
        uint32_t room = HY_BLOCK_ROWS - appender->tail_rows;
        if (!appender->tail && appender->n_jobs == 0)
            room =
                HY_BLOCK_ROWS - (uint32_t)(hy_relation_row_count(appender->from) % HY_BLOCK_ROWS);
        size_t rest = batch->n_rows - done_rows;
        uint32_t n = rest < room ? (uint32_t)rest : room;
        HY_TRY(claim_rows(appender, n));
        for (size_t i = 0; i < appender->n_cols; i++)
            HY_TRY(hy_tail_write(
                appender->tail, i, appender->tail_rows, &batch->cols[i], done_rows, n));
        appender->tail_rows += n;
        appender->n_appended += n;
        done_rows += n;
        if (appender->tail_rows == HY_BLOCK_ROWS) {
            HY_TRY(wait_for_room(appender));
            HY_TRY(submit_tail(appender));
            HY_TRY(wait_for_room(appender));
        }
    }
    return HY_OK;
}

HyStatus hy_appender_append_relation(HyAppender *appender, HyRelation *from, int64_t first)
{
    HyStatus st = HY_OK;
    HyArena *arena = hy_arena_create();
    uint32_t *columns = calloc(appender->n_cols + 1, sizeof *columns);
    if (!arena || !columns) {
        st = hy_error_oom(appender->n_cols * sizeof *columns);
        goto done;
    }
    for (size_t i = 0; i < appender->n_cols; i++)
        columns[i] = (uint32_t)i;
    for (int64_t row = first; row < hy_relation_row_count(from);) {
        size_t block = HY_ROW_BLOCK(row);
        uint32_t at = HY_ROW_POSITION(row);
        uint32_t n = hy_relation_block_rows(from, block) - at;
        if (hy_relation_block_live_rows(from, block) == 0) {
            row += n;
            continue;
        }
        if (n > HY_VECTOR_SIZE)
            n = HY_VECTOR_SIZE;
        row += n;
        HyBatch batch;
        hy_arena_reset(arena);
        HY_GO(hy_relation_read(from, block, at, n, columns, appender->n_cols, arena, &batch, NULL));
        if (batch.n_rows > 0)
            HY_GO(hy_appender_append(appender, &batch));
    }

done:
    free(columns);
    hy_arena_destroy(arena);
    return st;
}

int64_t hy_appender_row_count(const HyAppender *appender)
{
    return appender->n_appended;
}

static HyStatus assemble(HyAppender *appender, HyRelation **out)
{
    HyStatus st = HY_OK;
    const HyRelationParts *from = &appender->from->parts;
    HyRelationParts parts = {.row_count = from->row_count + appender->n_appended,
        .lineage = from->lineage,
        .tail_rows = appender->tail_rows};
    size_t n_jobs = appender->n_jobs;
    HyBlock **blocks = calloc(n_jobs + 1, sizeof *blocks);
    if (!blocks)
        return hy_error_oom(n_jobs * sizeof *blocks);
    for (size_t i = 0; i < n_jobs; i++) {
        blocks[i] = appender->jobs[i]->block;
        appender->jobs[i]->block = NULL;
    }
    if (n_jobs == 0 && from->blocks->n == appender->n_base_blocks)
        parts.blocks = hy_block_list_ref(from->blocks);
    else
        st = hy_block_list_create(
            from->blocks, appender->n_base_blocks, blocks, n_jobs, &parts.blocks);
    free(blocks);
    if (st)
        return st;
    parts.layout = hy_layout_ref(from->layout);
    parts.deletes = hy_delete_map_ref(from->deletes);
    parts.tail = appender->tail;
    appender->tail = NULL;
    return hy_relation_assemble(&parts, out);
}

HyStatus hy_appender_finish(HyAppender *appender, HyRelation **out)
{
    HyStatus st = HY_OK;
    if (appender->group)
        HY_GO(hy_task_group_wait(appender->group));
    if (appender->n_appended == 0)
        *out = hy_relation_ref(appender->from);
    else
        HY_GO(assemble(appender, out));

done:
    hy_appender_abort(appender);
    return st;
}

void hy_appender_abort(HyAppender *appender)
{
    if (!appender)
        return;
    if (appender->group)
        hy_task_group_destroy(appender->group);
    for (size_t i = 0; i < appender->n_jobs; i++) {
        hy_tail_unref(appender->jobs[i]->tail);
        hy_block_unref(appender->jobs[i]->block);
        free(appender->jobs[i]);
    }
    free(appender->jobs);
    hy_tail_unref(appender->tail);
    hy_relation_unref(appender->from);
    free(appender);
}
