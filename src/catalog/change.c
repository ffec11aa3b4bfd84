/* Changes of one statement to one table. */
#include "catalog/transaction_internal.h"
#include "storage/appender.h"
#include "storage/relation_change.h"
#include <assert.h>
#include <stdlib.h>

/* Rows behind the full blocks from which on a transaction's rows are kept apart, and the number of
 * rows up to which. */
#define MIN_SHARED_ROWS 1024
#define MAX_ROWS_APART  1024

struct HyChange {
    HyTransactionTable *entry;
    pthread_mutex_t mutex;
    const HyCancel *cancel;
    HyRelation *start;    /* what the statement reads; after TRUNCATE an empty one */
    HyAppender *appender; /* made with the first row */
    HyRelation *apart;    /* what it continues if that is not `start`: nothing */
    const char **column_names;
    HyRowSet deletes; /* rows of `start` */
    bool is_truncated;
};

/* Counts the transaction among the table's writers. */
static HyStatus become_writer(HyTransactionTable *entry)
{
    HyDatabase *database = entry->table->database;
    HyStatus st = HY_OK;
    if (entry->is_writer)
        return HY_OK;
    pthread_mutex_lock(&database->lock);
    while (entry->table->state->is_changing)
        pthread_cond_wait(&database->changed, &database->lock);
    if (!hy_table_is_current(entry->table)) {
        st = hy_error("40001", "conflict with concurrent transaction");
    } else {
        entry->table->state->n_writers++;
        entry->is_writer = true;
    }
    pthread_mutex_unlock(&database->lock);
    return st;
}

HyStatus hy_transaction_change(
    HyTransaction *transaction, HyTable *table, const HyCancel *cancel, HyChange **out)
{
    HyTransactionTable *entry = NULL;
    HY_TRY(hy_transaction_table(transaction, table, &entry));
    assert(!entry->change);
    HY_TRY(hy_transaction_table_settle(entry));
    HY_TRY(become_writer(entry));
    HyChange *change = calloc(1, sizeof *change);
    if (!change)
        return hy_error_oom(sizeof *change);
    change->column_names = calloc(table->n_columns + 1, sizeof(char *));
    if (!change->column_names) {
        free(change);
        return hy_error_oom(table->n_columns * sizeof(char *));
    }
    for (size_t i = 0; i < table->n_columns; i++)
        change->column_names[i] = table->columns[i].name;
    pthread_mutex_init(&change->mutex, NULL);
    change->entry = entry;
    change->cancel = cancel;
    change->start = hy_relation_ref(entry->current);
    entry->change = change;
    *out = change;
    return HY_OK;
}

static HyStatus open_appender(HyChange *change, HyRelation *from)
{
    const HyDatabase *database = change->entry->table->database;
    HyAppenderOptions options = {.store = database->store,
        .pool = database->catalog->options.pool,
        .cancel = change->cancel,
        .column_names = change->column_names};
    return hy_appender_create(from, &options, &change->appender);
}

/* The rows of a transaction's only small statement are kept apart and put into the table at the
 * commit. Of several transactions that append to the same version at once only one can write behind
 * its last row; the others would copy the tail, and the first one's place, once another has
 * committed, would be a hole. */
static HyStatus begin_rows(HyChange *change, size_t n_rows)
{
    int64_t rest = hy_relation_row_count(change->start) % HY_BLOCK_ROWS;
    if (rest < MIN_SHARED_ROWS || n_rows > MAX_ROWS_APART)
        return open_appender(change, change->start);
    HY_TRY(hy_relation_create(
        hy_relation_types(change->start), hy_relation_column_count(change->start), &change->apart));
    return open_appender(change, change->apart);
}

/* It is not small: goes on behind the version. */
static HyStatus leave_apart(HyChange *change)
{
    HyRelation *rows = NULL;
    HyAppender *appender = change->appender;
    change->appender = NULL;
    hy_relation_unref(change->apart);
    change->apart = NULL;
    HY_TRY(hy_appender_finish(appender, &rows));
    HyStatus st = open_appender(change, change->start);
    if (!st)
        st = hy_appender_append_relation(change->appender, rows, 0);
    hy_relation_unref(rows);
    return st;
}

static HyStatus append_rows(HyChange *change, const HyBatch *batch)
{
    if (!change->appender)
        HY_TRY(begin_rows(change, batch->n_rows));
    else if (change->apart && hy_appender_row_count(change->appender) > MAX_ROWS_APART)
        HY_TRY(leave_apart(change));
    return hy_appender_append(change->appender, batch);
}

HyStatus hy_change_append(HyChange *change, const HyBatch *batch)
{
    if (batch->n_rows == 0)
        return HY_OK;
    pthread_mutex_lock(&change->mutex);
    HyStatus st = append_rows(change, batch);
    pthread_mutex_unlock(&change->mutex);
    return st;
}

static HyStatus conflict(void)
{
    return hy_error("40001", "conflict with concurrent transaction");
}

/* Words of the sets that the rows of one run of 64 have; 0 where there are none. */
static uint64_t map_word(const uint64_t *words, size_t w)
{
    return words ? words[w] : 0;
}

static const uint64_t *set_words(const HyRowSet *set, size_t block)
{
    return block < set->n_blocks ? set->blocks[block] : NULL;
}

/* Claims the rows `wanted` of word w of a block of the base. database->lock */
static HyStatus claim_word(HyTransactionTable *entry, size_t block, size_t w, uint64_t wanted)
{
    HyTableState *state = entry->table->state;
    if (hy_relation_lineage(state->committed) != hy_relation_lineage(entry->base))
        return conflict();
    uint64_t taken = map_word(hy_relation_block_deletes(state->committed, block), w) |
                     map_word(set_words(&state->claims, block), w);
    if (wanted & taken)
        return conflict();
    /* In this order: a claim that nobody gives up is harmless, giving up one of another's is not.
     */
    HY_TRY(hy_row_set_add_word(&state->claims, block, w, wanted));
    return hy_row_set_add_word(&entry->claims, block, w, wanted);
}

/* Deletes the rows `rows` of word w of a block; *fresh: those that were alive for the statement. */
static HyStatus delete_word(
    HyChange *change, size_t block, size_t w, uint64_t rows, uint64_t *fresh)
{
    HyTransactionTable *entry = change->entry;
    int64_t row_id = HY_ROW_ID(block, w * 64);
    *fresh = rows & ~(map_word(hy_relation_block_deletes(change->start, block), w) |
                        map_word(set_words(&change->deletes, block), w));
    uint64_t of_base = row_id + 64 <= entry->base_rows ? *fresh
                       : row_id >= entry->base_rows
                           ? 0
                           : *fresh & ((UINT64_C(1) << (entry->base_rows - row_id)) - 1);
    if (of_base)
        HY_TRY(claim_word(entry, block, w, of_base));
    return *fresh ? hy_row_set_add_word(&change->deletes, block, w, *fresh) : HY_OK;
}

/* Rows [i, *end) of the list are of one word and ascend; their bits. */
static uint64_t gather_word(const int64_t *row_ids, size_t n, size_t i, size_t *end)
{
    uint64_t bits = UINT64_C(1) << (row_ids[i] & 63);
    size_t k = i + 1;
    for (; k < n && row_ids[k] > row_ids[k - 1] && row_ids[k] >> 6 == row_ids[i] >> 6; k++)
        bits |= UINT64_C(1) << (row_ids[k] & 63);
    *end = k;
    return bits;
}

static HyStatus check_row_ids(const HyChange *change, const int64_t *row_ids, size_t n)
{
    int64_t n_rows = hy_relation_row_count(change->start);
    for (size_t i = 0; i < n; i++) {
        if (row_ids[i] < 0 || row_ids[i] >= n_rows)
            return hy_error("XX000", "row %lld does not exist", (long long)row_ids[i]);
    }
    return HY_OK;
}

HyStatus hy_change_delete(
    HyChange *change, const int64_t *row_ids, size_t n, uint32_t *first, size_t *n_deleted)
{
    HyDatabase *database = change->entry->table->database;
    HyStatus st = HY_OK;
    *n_deleted = 0;
    pthread_mutex_lock(&change->mutex);
    pthread_mutex_lock(&database->lock);
    assert(!change->is_truncated);
    HY_GO(check_row_ids(change, row_ids, n));
    for (size_t i = 0; i < n;) {
        size_t end;
        uint64_t fresh;
        uint64_t rows = gather_word(row_ids, n, i, &end);
        HY_GO(delete_word(
            change, HY_ROW_BLOCK(row_ids[i]), HY_ROW_POSITION(row_ids[i]) / 64, rows, &fresh));
        for (; i < end; i++) {
            if (!(fresh >> (row_ids[i] & 63) & 1))
                continue;
            if (first)
                first[*n_deleted] = (uint32_t)i;
            ++*n_deleted;
        }
    }

done:
    pthread_mutex_unlock(&database->lock);
    pthread_mutex_unlock(&change->mutex);
    return st;
}

/* Claims the rows of a block of the base that are alive for the transaction. database->lock */
static HyStatus claim_block(HyTransactionTable *entry, size_t block, uint64_t *words)
{
    HyTableState *state = entry->table->state;
    uint32_t n_rows = hy_relation_block_rows(entry->base, block);
    const uint64_t *deleted = hy_relation_block_deletes(entry->base, block);
    const uint64_t *deleted_now = hy_relation_block_deletes(state->committed, block);
    const uint64_t *own = set_words(&entry->claims, block);
    const uint64_t *all = set_words(&state->claims, block);
    memset(words, 0, HY_ROW_SET_WORDS * sizeof *words);
    for (uint32_t w = 0; w < (n_rows + 63) / 64; w++) {
        uint64_t live = ~UINT64_C(0);
        if (n_rows - w * 64 < 64)
            live = (UINT64_C(1) << (n_rows - w * 64)) - 1;
        live &= ~((deleted ? deleted[w] : 0) | (own ? own[w] : 0));
        if (live & ((all ? all[w] : 0) | (deleted_now ? deleted_now[w] : 0)))
            return conflict();
        words[w] = live;
    }
    /* In this order: a claim that nobody gives up is harmless, giving up one of another's is not.
     */
    HY_TRY(hy_row_set_add_block(&state->claims, block, words));
    return hy_row_set_add_block(&entry->claims, block, words);
}

/* Claims every row of the base that is alive for the transaction. */
static HyStatus claim_all(HyTransactionTable *entry)
{
    HyDatabase *database = entry->table->database;
    HyStatus st = HY_OK;
    if (entry->base_rows == 0)
        return HY_OK;
    uint64_t *words = malloc(HY_ROW_SET_WORDS * sizeof *words);
    if (!words)
        return hy_error_oom(HY_ROW_SET_WORDS * sizeof *words);
    pthread_mutex_lock(&database->lock);
    if (hy_relation_lineage(entry->table->state->committed) != hy_relation_lineage(entry->base) &&
        hy_relation_live_count(entry->base) > 0) {
        st = conflict();
        goto done;
    }
    for (size_t b = 0; b < hy_relation_block_count(entry->base); b++)
        HY_GO(claim_block(entry, b, words));

done:
    pthread_mutex_unlock(&database->lock);
    free(words);
    return st;
}

HyStatus hy_change_truncate(HyChange *change)
{
    HyRelation *empty = NULL;
    HyStatus st = HY_OK;
    pthread_mutex_lock(&change->mutex);
    assert(!change->appender && change->deletes.count == 0);
    HY_GO(claim_all(change->entry));
    HY_GO(hy_relation_create(
        hy_relation_types(change->start), hy_relation_column_count(change->start), &empty));
    hy_relation_unref(change->start);
    change->start = empty;
    change->is_truncated = true;

done:
    pthread_mutex_unlock(&change->mutex);
    return st;
}

/* The version with the statement's changes. */
static HyStatus changed_version(HyChange *change, HyRelation **out)
{
    HyRelation *version = NULL;
    if (change->appender && !change->apart) {
        HyAppender *appender = change->appender;
        change->appender = NULL;
        HY_TRY(hy_appender_finish(appender, &version));
    } else {
        version = hy_relation_ref(change->start);
    }
    if (change->deletes.count == 0) {
        *out = version;
        return HY_OK;
    }
    HyStatus st = hy_relation_with_deletes(version, &change->deletes, out);
    hy_relation_unref(version);
    return st;
}

HyStatus hy_change_finish(HyChange *change)
{
    HyTransactionTable *entry = change->entry;
    HyRelation *version = NULL;
    HyRelation *own = NULL;
    HyStatus st = changed_version(change, &version);
    if (!st && change->apart) {
        HyAppender *appender = change->appender;
        change->appender = NULL;
        st = hy_appender_finish(appender, &own);
        if (st)
            hy_relation_unref(version);
    }
    if (!st) {
        hy_relation_unref(entry->current);
        entry->current = version;
        entry->own = own; /* former ones were settled when the change began */
        if (change->is_truncated) {
            entry->is_truncated = true;
            entry->base_rows = 0;
        }
    }
    hy_change_abort(change);
    return st;
}

void hy_change_abort(HyChange *change)
{
    if (!change)
        return;
    change->entry->change = NULL;
    hy_appender_abort(change->appender);
    hy_row_set_free(&change->deletes);
    hy_relation_unref(change->apart);
    hy_relation_unref(change->start);
    pthread_mutex_destroy(&change->mutex);
    free(change->column_names);
    free(change);
}
