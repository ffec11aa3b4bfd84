/* Sorting rows that do not fit: workers write sorted runs, which are read merged. */
#include "exec/sort.h"
#include <stdlib.h>

#define MIN_BLOCK_BYTES ((size_t)8 << 10)
#define MAX_BLOCK_BYTES ((size_t)256 << 10)
#define MIN_BLOCK_ROWS  16
#define MAX_FAN_IN      96 /* runs that are read together */

/* ---- Writing runs ---- */

/* Blocks of all runs are in memory together when they are merged. */
static size_t block_rows(const HySortOp *sort, size_t bytes, size_t n)
{
    size_t target = hy_memory_limit(sort->memory) / (8 * MAX_FAN_IN);
    target = target < MIN_BLOCK_BYTES   ? MIN_BLOCK_BYTES
             : target > MAX_BLOCK_BYTES ? MAX_BLOCK_BYTES
                                        : target;
    size_t rows = target / (bytes / n + sizeof(HySortEntry));
    return rows < MIN_BLOCK_ROWS ? MIN_BLOCK_ROWS : rows > HY_VECTOR_SIZE ? HY_VECTOR_SIZE : rows;
}

static HyStatus key_columns(
    const HySortOp *sort, const HySortEntry *entries, size_t n, HyArena *arena, HyVector *out)
{
    const HyType *types = sort->run_types + sort->layout.n;
    HY_TRY(hy_vector_alloc(arena, types[0], n, &out[0]));
    if (!sort->spec.is_fixed) {
        HyString *keys = out[0].data;
        for (size_t i = 0; i < n; i++) {
            const char *key;
            uint32_t len;
            memcpy(&key, &entries[i].low, sizeof key);
            memcpy(&len, key, sizeof len);
            keys[i] = hy_string_view(key, (size_t)len + 4); /* with its length in front */
        }
        return HY_OK;
    }
    HY_TRY(hy_vector_alloc(arena, types[1], n, &out[1]));
    uint64_t *high = out[0].data, *low = out[1].data;
    for (size_t i = 0; i < n; i++) {
        high[i] = entries[i].high;
        low[i] = entries[i].low;
    }
    return HY_OK;
}

static HyStatus write_block(const HySortOp *sort, HySpillWriter *writer, size_t part,
    const HyRowAccess *access, const HySortEntry *entries, size_t n, HyArena *arena)
{
    HyBatch batch = {.n_rows = n, .n_cols = sort->n_run_columns};
    HyRowRef refs[HY_VECTOR_SIZE];
    batch.cols = hy_arena_alloc(arena, batch.n_cols * sizeof *batch.cols);
    if (!batch.cols)
        return hy_error_oom(batch.n_cols * sizeof *batch.cols);
    for (size_t i = 0; i < n; i++)
        refs[i] = entries[i].ref;
    for (size_t i = 0; i < sort->layout.n; i++)
        HY_TRY(hy_row_access_gather(access, i, refs, n, arena, &batch.cols[i]));
    HY_TRY(key_columns(sort, entries, n, arena, batch.cols + sort->layout.n));
    return hy_spill_write(writer, part, &batch);
}

HyStatus hy_sort_write_run(HySortOp *sort, HySortRun *run, const HyRowset *rows)
{
    HyRowAccess access = {0};
    HySpillWriter *writer = NULL;
    HyArena *scratch = hy_arena_create();
    size_t part, n = run->n;
    HyStatus st = scratch ? HY_OK : hy_error_oom(0);
    HY_GO(st);
    HY_GO(hy_sort_run_sort(run, sort->exec->ctx->cancel));
    HY_GO(hy_row_access_open(rows, &access));
    HY_GO(hy_spill_add_part(sort->runs, &part));
    HY_GO(hy_spill_writer_open(sort->runs, &writer));
    size_t step = block_rows(sort, hy_rowset_memory_bytes(rows), n);
    for (size_t first = 0; first < n; first += step) {
        HY_GO(write_block(sort, writer, part, &access, hy_sort_run_entries(run) + first,
            n - first < step ? n - first : step, scratch));
        hy_arena_reset(scratch);
    }
    HY_GO(hy_spill_writer_flush(writer));
    hy_sort_run_close(run);
    st = hy_sort_run_open(run, &sort->spec, sort->memory);
done:
    hy_row_access_close(&access);
    hy_spill_writer_close(writer);
    hy_arena_destroy(scratch);
    return st;
}

/* ---- Merging ---- */

typedef struct Run {
    HySpillReader *reader;
    size_t part;
    size_t next_block;
    HyBatch batch; /* of the block at hand */
    size_t at;     /* next row of it */
} Run;

struct HySortMerger {
    HySortOp *sort;
    const HySpillSet *set;
    size_t n_columns; /* that come out */
    Run *runs;
    size_t n_runs;
    HySortEntry *heads; /* of runs that have rows left */
    size_t *heap;       /* runs, that with the smallest head first */
    size_t n_heap;
    HyRowAccess access; /* blocks at hand: a piece per run */
    HyRowRef picks[HY_VECTOR_SIZE];
    size_t n_picks;
    HyArena *arena;
    uint64_t n_skipped; /* rows still to be skipped */
    uint64_t n_left;    /* rows still to come */
    bool with_ties;
    HySortEntry last; /* WITH TIES: the last row of the limit */
    HyArena *last_key;
};

void hy_sort_merger_close(HySortMerger *merger)
{
    if (!merger)
        return;
    for (size_t r = 0; r < merger->n_runs && merger->runs; r++)
        hy_spill_reader_close(merger->runs[r].reader);
    free(merger->runs);
    free(merger->heads);
    free(merger->heap);
    hy_row_access_close(&merger->access);
    hy_arena_destroy(merger->arena);
    hy_arena_destroy(merger->last_key);
    free(merger);
}

static HySortEntry head_of(const HySortMerger *merger, const Run *run)
{
    const HyVector *keys = &run->batch.cols[merger->sort->layout.n];
    if (merger->sort->spec.is_fixed)
        return (HySortEntry){.high = ((const uint64_t *)keys[0].data)[run->at],
            .low = ((const uint64_t *)keys[1].data)[run->at]};
    const HyString *s = (const HyString *)keys->data + run->at;
    const char *key = hy_string_data(s);
    HySortEntry entry = {0};
    for (uint32_t i = 0; i < 8; i++)
        entry.high = entry.high << 8 | (i + 4 < s->len ? (uint8_t)key[4 + i] : 0);
    memcpy(&entry.low, &key, sizeof key);
    return entry;
}

/* The next block of a run; *has_rows false: there is none. */
static HyStatus load_block(HySortMerger *merger, size_t r, bool *has_rows)
{
    Run *run = &merger->runs[r];
    *has_rows = run->next_block < hy_spill_part(merger->set, run->part)->n_blocks;
    if (!*has_rows)
        return HY_OK;
    HY_TRY(hy_spill_read(run->reader, run->part, run->next_block++, &run->batch));
    run->at = 0;
    for (size_t col = 0; col < merger->n_columns; col++) {
        merger->access.data[col * merger->n_runs + r] = run->batch.cols[col].data;
        merger->access.validity[col * merger->n_runs + r] = run->batch.cols[col].validity;
        merger->access.has_nulls[col] |= run->batch.cols[col].validity != NULL;
    }
    merger->heads[r] = head_of(merger, run);
    return HY_OK;
}

/* Ties go to the earlier run. */
static bool comes_first(const HySortMerger *merger, size_t a, size_t b)
{
    int c = hy_sort_compare(&merger->sort->spec, &merger->heads[a], &merger->heads[b]);
    return c != 0 ? c < 0 : a < b;
}

static void sift_down(HySortMerger *merger, size_t i)
{
    size_t *heap = merger->heap;
    for (;;) {
        size_t least = i, left = 2 * i + 1, right = left + 1;
        if (left < merger->n_heap && comes_first(merger, heap[left], heap[least]))
            least = left;
        if (right < merger->n_heap && comes_first(merger, heap[right], heap[least]))
            least = right;
        if (least == i)
            return;
        size_t swap = heap[i];
        heap[i] = heap[least];
        heap[least] = swap;
        i = least;
    }
}

static HyStatus make_arrays(HySortMerger *merger, size_t n)
{
    merger->runs = calloc(n + 1, sizeof *merger->runs);
    merger->heads = calloc(n + 1, sizeof *merger->heads);
    merger->heap = calloc(n + 1, sizeof *merger->heap);
    merger->access =
        (HyRowAccess){.n_pieces = n, .n_cols = merger->n_columns, .types = merger->sort->run_types};
    size_t n_data = n * merger->n_columns + 1;
    merger->access.data = calloc(n_data, sizeof *merger->access.data);
    merger->access.validity = calloc(n_data, sizeof *merger->access.validity);
    merger->access.has_nulls = calloc(merger->n_columns + 1, sizeof *merger->access.has_nulls);
    merger->arena = hy_arena_create();
    merger->last_key = hy_arena_create();
    if (!merger->runs || !merger->heads || !merger->heap || !merger->access.data ||
        !merger->access.validity || !merger->access.has_nulls || !merger->arena ||
        !merger->last_key)
        return hy_error_oom(n_data * sizeof *merger->access.data);
    return HY_OK;
}

/* Runs [first, first + n) of the set; n_columns: those of the layout or, for a new run, all. */
static HyStatus open_runs(
    HySortOp *sort, size_t first, size_t n, size_t n_columns, HySortMerger **out)
{
    HySortMerger *merger = calloc(1, sizeof *merger);
    HyStatus st;
    if (!merger)
        return hy_error_oom(sizeof *merger);
    *merger = (HySortMerger){
        .sort = sort, .set = sort->runs, .n_columns = n_columns, .n_left = UINT64_MAX};
    HY_GO(make_arrays(merger, n));
    merger->n_runs = n;
    for (size_t r = 0; r < n; r++) {
        bool has_rows;
        merger->runs[r].part = first + r;
        HY_GO(hy_spill_reader_open(merger->set, &merger->runs[r].reader));
        HY_GO(load_block(merger, r, &has_rows));
        if (has_rows)
            merger->heap[merger->n_heap++] = r;
    }
    for (size_t i = merger->n_heap / 2; i-- > 0;)
        sift_down(merger, i);
    *out = merger;
    merger = NULL;
done:
    hy_sort_merger_close(merger);
    return st;
}

HyStatus hy_sort_merger_open(HySortOp *sort, HySortMerger **out)
{
    size_t n = hy_spill_part_count(sort->runs), first = 0;
    while (first < n && hy_spill_part(sort->runs, first)->n_rows == 0)
        first++; /* merged into others */
    return open_runs(sort, first, n - first, sort->layout.n, out);
}

/* Appends the rows picked so far, whose blocks are still there. */
static HyStatus append_picks(HySortMerger *merger, HyRowset *out)
{
    HyBatch batch = {.n_rows = merger->n_picks, .n_cols = merger->n_columns};
    merger->n_picks = 0;
    if (batch.n_rows == 0)
        return HY_OK;
    batch.cols = hy_arena_alloc(merger->arena, batch.n_cols * sizeof *batch.cols);
    if (!batch.cols)
        return hy_error_oom(batch.n_cols * sizeof *batch.cols);
    for (size_t col = 0; col < batch.n_cols; col++)
        HY_TRY(hy_row_access_gather(
            &merger->access, col, merger->picks, batch.n_rows, merger->arena, &batch.cols[col]));
    HY_TRY(hy_rowset_append(out, &batch));
    hy_arena_reset(merger->arena);
    return HY_OK;
}

/* Whether the row at the head of the heap comes out. */
static bool is_wanted(const HySortMerger *merger)
{
    if (merger->n_left > 0)
        return true;
    return merger->with_ties && merger->n_skipped == 0 &&
           hy_sort_compare(&merger->sort->spec, &merger->heads[merger->heap[0]], &merger->last) ==
               0;
}

/* Takes the row at the head of the heap. */
static HyStatus pick(HySortMerger *merger, HyRowset *out)
{
    size_t r = merger->heap[0];
    Run *run = &merger->runs[r];
    if (merger->n_skipped > 0) {
        merger->n_skipped--;
    } else {
        merger->picks[merger->n_picks++] = HY_ROW_REF(r, run->at);
        merger->n_left -= merger->n_left != UINT64_MAX && merger->n_left > 0;
        if (merger->n_left == 0 && merger->with_ties) {
            merger->last = merger->heads[r];
            hy_arena_reset(merger->last_key);
            HY_TRY(hy_sort_entry_own_key(&merger->sort->spec, &merger->last, merger->last_key));
        }
    }
    if (++run->at < run->batch.n_rows) {
        merger->heads[r] = head_of(merger, run);
    } else {
        bool has_rows;
        HY_TRY(append_picks(merger, out));
        HY_TRY(load_block(merger, r, &has_rows));
        if (!has_rows)
            merger->heap[0] = merger->heap[--merger->n_heap];
    }
    sift_down(merger, 0);
    return HY_OK;
}

HyStatus hy_sort_merger_next(HySortMerger *merger, size_t n, HyRowset *out)
{
    size_t end = hy_rowset_row_count(out) + n;
    while (merger->n_heap > 0 && is_wanted(merger) &&
           hy_rowset_row_count(out) + merger->n_picks < end) {
        HY_TRY(pick(merger, out));
        if (merger->n_picks == HY_VECTOR_SIZE)
            HY_TRY(append_picks(merger, out));
    }
    return append_picks(merger, out);
}

void hy_sort_merger_bound(HySortMerger *merger, uint64_t offset, uint64_t limit, bool with_ties)
{
    merger->n_skipped = offset;
    merger->n_left = limit;
    merger->with_ties = with_ties;
}

/* ---- Fewer runs ---- */

/* Merges runs [first, first + n) into a new one behind the others. */
static HyStatus merge_into_one(HySortOp *sort, size_t first, size_t n)
{
    HySortMerger *merger = NULL;
    HySpillWriter *writer = NULL;
    HyRowset *rows = NULL;
    HyStatus st;
    size_t part;
    const HySpillPart *model = hy_spill_part(sort->runs, first);
    size_t step = model->n_rows / model->n_blocks + 1;
    step = step > HY_VECTOR_SIZE ? HY_VECTOR_SIZE : step;
    HY_GO(open_runs(sort, first, n, sort->n_run_columns, &merger));
    HY_GO(hy_spill_add_part(sort->runs, &part));
    HY_GO(hy_spill_writer_open(sort->runs, &writer));
    for (;;) {
        HY_GO(hy_rowset_create(sort->run_types, sort->n_run_columns, sort->memory, &rows));
        HY_GO(hy_sort_merger_next(merger, step, rows));
        for (size_t p = 0; p < hy_rowset_piece_count(rows); p++)
            HY_GO(hy_spill_write(writer, part, hy_rowset_piece(rows, p)));
        if (hy_rowset_row_count(rows) == 0)
            break;
        hy_rowset_destroy(rows);
        rows = NULL;
    }
    HY_GO(hy_spill_writer_flush(writer));
    for (size_t r = first; r < first + n; r++)
        hy_spill_drop_part(sort->runs, r);
done:
    hy_rowset_destroy(rows);
    hy_sort_merger_close(merger);
    hy_spill_writer_close(writer);
    return st;
}

HyStatus hy_sort_reduce_runs(HySortOp *sort)
{
    for (size_t first = 0; hy_spill_part_count(sort->runs) - first > MAX_FAN_IN;
         first += MAX_FAN_IN)
        HY_TRY(merge_into_one(sort, first, MAX_FAN_IN));
    return HY_OK;
}
