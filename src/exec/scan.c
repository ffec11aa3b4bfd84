/* Scanning a table. A morsel is a slice of a block. What the planner pushed down is tested on the
 * encoded chunks: whole blocks and ranges drop out by their statistics, rows by their codes.
 * Conditions of a filter right above follow, each with only its columns decoded and only for the
 * rows that are left; then the other columns are decoded for what survived. */
#include "catalog/transaction.h"
#include "exec/compile.h"
#include "storage/chunk_zones.h"
#include <stdlib.h>

#define MORSEL_ROWS 16384
/* Longer IN lists are looked at by the workers only. */
#define MAX_EARLY_VALUES 16
/* Rows after which a join's filter must have dropped an eighth. */
#define FILTER_TRIAL      16384
#define MORSELS_PER_BLOCK (HY_BLOCK_ROWS / MORSEL_ROWS)

/* Rows [first, end) of a block. */
typedef struct ScanMorsel {
    size_t block;
    uint32_t first, end;
} ScanMorsel;

typedef struct ScanSource {
    HySource source;
    HyAlg *scan;
    HyAlg *filter;   /* merged into the scan, or NULL */
    HyLayout layout; /* columns for conditions and output */
    uint32_t *table_columns;
    HyPredicate *predicate; /* of the filter, or NULL */
    uint32_t *output;       /* places in the layout */
    size_t n_output;
    HyTopBar *bar; /* on the column at bar_place, or NULL */
    uint32_t bar_place;
    const HyKeyFilter **filters; /* of joins above, on the columns at filter_places */
    uint32_t *filter_places;
    size_t n_filters;
    bool wants_extremes;
    HyRelation *relation;
    ScanMorsel *morsels;  /* what is left after a look at the statistics; NULL: all */
    size_t n_joined;      /* so many of them are run as one, if not 0 */
    uint8_t *read_blocks; /* 1: rows of it were looked at; EXPLAIN ANALYZE, else NULL */
    size_t n_blocks;
} ScanSource;

/* How a worker fares with a join's filter. */
typedef struct FilterUse {
    uint64_t n_seen, n_passed;
    bool is_off;
} FilterUse;

/* Of one worker: the chunks of the block that it reads, and the rows that passed so far. */
typedef struct ScanLocal {
    HyRelation *relation;
    HyPredicateState *predicate;
    HyAlg *scan;
    bool has_filter; /* then rows that it gets are the scan's */
    bool has_bar;    /* the last of tests is the bar's */
    bool counts;     /* EXPLAIN ANALYZE: what the bar drops */
    uint64_t n_tested;
    uint64_t n_key_filtered;
    uint64_t n_bar_filtered;
    size_t block;
    HyChunkPin *pins;      /* by place */
    HyChunkPin *test_pins; /* by scan predicate */
    HyChunkPin bar_pin;
    HyTopBarView bar;
    FilterUse *filters;
    size_t n_pins, n_tests;
    HyChunkCondition *tests; /* the bar's is one of them */
    size_t n_active;
    uint32_t sel[2 * HY_VECTOR_SIZE]; /* rows relative to `first` */
    size_t n_sel;
    bool is_dense; /* sel is 0, 1, .. n_sel - 1 */
    uint32_t first;
} ScanLocal;

static HyChunkTest test_of(const HyScanPredicate *predicate)
{
    return (HyChunkTest){.kind = (HyChunkTestKind)predicate->kind,
        .op = predicate->op,
        .values = predicate->values,
        .n_values = predicate->n_values};
}

/* Narrows [*first, *end) of a block by the tests whose chunks are in memory. */
static HyStatus narrow_block(const ScanSource *scan, size_t block, uint32_t *first, uint32_t *end)
{
    for (size_t i = 0; i < scan->scan->n_scan_predicates && *first < *end; i++) {
        const HyScanPredicate *predicate = &scan->scan->scan_predicates[i];
        HyChunkTest test = test_of(predicate);
        HyChunkPin pin = {0};
        bool is_resident;
        if (predicate->n_values > MAX_EARLY_VALUES)
            continue;
        HY_TRY(hy_relation_chunk_if_resident(
            scan->relation, block, predicate->table_column, &pin, &is_resident));
        if (!is_resident)
            continue;
        HyChunkMatch match = hy_chunk_match(pin.chunk, &test);
        if (match == HY_MATCH_NONE)
            *end = *first;
        else if (match == HY_MATCH_SOME)
            hy_chunk_narrow(pin.chunk, &test, first, end);
        hy_chunk_unpin(&pin);
    }
    return HY_OK;
}

/* Lists the morsels that can match. Few rows are one morsel: a statement that looks for one row
 * wakes nobody then. */
static HyStatus list_morsels(ScanSource *scan, size_t n_blocks, size_t *n_morsels)
{
    size_t n = 0;
    uint64_t n_rows = 0;
    scan->morsels = calloc(n_blocks * MORSELS_PER_BLOCK, sizeof *scan->morsels);
    if (!scan->morsels)
        return hy_error_oom(n_blocks * MORSELS_PER_BLOCK * sizeof *scan->morsels);
    for (size_t block = 0; block < n_blocks; block++) {
        uint32_t first = 0;
        uint32_t end = hy_relation_block_rows(scan->relation, block);
        if (hy_relation_block_live_rows(scan->relation, block) == 0)
            continue;
        HY_TRY(narrow_block(scan, block, &first, &end));
        while (first < end) {
            uint32_t limit = (first / MORSEL_ROWS + 1) * MORSEL_ROWS;
            limit = limit < end ? limit : end;
            scan->morsels[n++] = (ScanMorsel){.block = block, .first = first, .end = limit};
            n_rows += limit - first;
            first = limit;
        }
    }
    scan->n_joined = n > 1 && n_rows <= MORSEL_ROWS ? n : 0;
    *n_morsels = scan->n_joined ? 1 : n;
    return HY_OK;
}

/* Adds up what the run before looked at; a recursion runs several times. */
static void count_blocks(ScanSource *scan)
{
    if (!scan->read_blocks)
        return;
    scan->scan->blocks_total += scan->n_blocks;
    for (size_t i = 0; i < scan->n_blocks; i++)
        scan->scan->blocks_read += scan->read_blocks[i];
    free(scan->read_blocks);
    scan->read_blocks = NULL;
}

static HyStatus begin_counting(ScanSource *scan, size_t n_blocks)
{
    count_blocks(scan);
    scan->n_blocks = n_blocks;
    scan->read_blocks = calloc(n_blocks + 1, sizeof *scan->read_blocks);
    return scan->read_blocks ? HY_OK : hy_error_oom(n_blocks);
}

static HyStatus scan_start(HySource *source, HyExec *exec, size_t *n_morsels)
{
    ScanSource *scan = (ScanSource *)source;
    if (!scan->relation) {
        if (!exec->ctx->txn)
            return hy_error("XX000", "internal error: a table without a transaction");
        HY_TRY(hy_transaction_relation(exec->ctx->txn, scan->scan->table, &scan->relation));
    }
    size_t n_blocks = hy_relation_block_count(scan->relation);
    *n_morsels = 0;
    free(scan->morsels);
    scan->morsels = NULL;
    scan->n_joined = 0;
    if (exec->ctx->analyze)
        HY_TRY(begin_counting(scan, n_blocks));
    if (n_blocks > 0 && scan->scan->n_scan_predicates > 0)
        return list_morsels(scan, n_blocks, n_morsels);
    if (n_blocks > 0) {
        uint32_t rows = hy_relation_block_rows(scan->relation, n_blocks - 1);
        *n_morsels = (n_blocks - 1) * MORSELS_PER_BLOCK + (rows + MORSEL_ROWS - 1) / MORSEL_ROWS;
    }
    return HY_OK;
}

static void unpin_all(ScanLocal *local)
{
    for (size_t i = 0; i < local->n_pins; i++)
        hy_chunk_unpin(&local->pins[i]);
    for (size_t i = 0; i < local->n_tests; i++)
        hy_chunk_unpin(&local->test_pins[i]);
    hy_chunk_unpin(&local->bar_pin);
    local->block = SIZE_MAX;
}

static void scan_close(void *arg)
{
    ScanLocal *local = arg;
    HyAlg *scan = local->scan;
    if (local->has_filter)
        __atomic_fetch_add(&scan->actual_rows, local->n_tested, __ATOMIC_RELAXED);
    __atomic_fetch_add(&scan->key_filtered, local->n_key_filtered, __ATOMIC_RELAXED);
    __atomic_fetch_add(&scan->bar_filtered, local->n_bar_filtered, __ATOMIC_RELAXED);
    unpin_all(local);
    hy_predicate_close(local->predicate);
    hy_buffer_free(&local->bar.text);
    free(local->filters);
    free(local->pins);
    free(local->test_pins);
    free(local->tests);
    free(local);
}

static HyStatus scan_open(HySource *source, HyWorker *worker, void **out)
{
    const ScanSource *scan = (const ScanSource *)source;
    ScanLocal *local = calloc(1, sizeof *local);
    if (!local)
        return hy_error_oom(sizeof *local);
    *out = local;
    local->block = SIZE_MAX;
    local->relation = scan->relation;
    local->scan = scan->scan;
    local->has_filter = scan->filter != NULL;
    local->counts = worker->exec->ctx->analyze;
    local->pins = calloc(scan->layout.n + 1, sizeof *local->pins);
    local->test_pins = calloc(scan->scan->n_scan_predicates + 1, sizeof *local->test_pins);
    local->tests = calloc(scan->scan->n_scan_predicates + 2, sizeof *local->tests);
    local->filters = calloc(scan->n_filters + 1, sizeof *local->filters);
    if (!local->pins || !local->test_pins || !local->tests || !local->filters)
        return hy_error_oom(scan->layout.n * sizeof *local->pins);
    local->n_pins = scan->layout.n;
    local->n_tests = scan->scan->n_scan_predicates;
    return scan->predicate ? hy_predicate_open(scan->predicate, &local->predicate) : HY_OK;
}

/* ---- Which rows ---- */

/* What the sort above wants, as one more condition of the block. */
static HyStatus add_bar(const ScanSource *scan, ScanLocal *local, bool *is_empty)
{
    HyChunkInfo info;
    HY_TRY(hy_top_bar_read(scan->bar, &local->bar));
    if (local->bar.version == 0)
        return HY_OK;
    if (!local->bar_pin.chunk)
        HY_TRY(hy_relation_chunk(
            scan->relation, local->block, scan->table_columns[scan->bar_place], &local->bar_pin));
    const HyChunk *chunk = local->bar_pin.chunk;
    hy_chunk_info(chunk, &info);
    if (scan->bar->nulls_first && info.n_nulls > 0)
        return HY_OK;
    HyChunkTest test = {.kind = HY_CHUNK_COMPARE,
        .op = hy_top_bar_op(scan->bar),
        .values = &local->bar.value,
        .n_values = 1};
    HyChunkMatch match = hy_chunk_match(chunk, &test);
    *is_empty = match == HY_MATCH_NONE;
    local->has_bar = match != HY_MATCH_ALL;
    if (match == HY_MATCH_SOME)
        local->tests[local->n_active++] = (HyChunkCondition){.chunk = chunk, .test = test};
    return HY_OK;
}

/* Conditions of a block, those left out that hold for all its rows. *is_empty: none of its rows
 * match. */
static HyStatus open_block(const ScanSource *scan, ScanLocal *local, size_t block, bool *is_empty)
{
    *is_empty = false;
    if (local->block != block)
        unpin_all(local);
    local->block = block;
    local->n_active = 0;
    local->has_bar = false;
    for (size_t i = 0; i < local->n_tests; i++) {
        const HyScanPredicate *predicate = &scan->scan->scan_predicates[i];
        HyChunkPin *pin = &local->test_pins[i];
        if (!pin->chunk)
            HY_TRY(hy_relation_chunk(scan->relation, block, predicate->table_column, pin));
        HyChunkTest test = test_of(predicate);
        HyChunkMatch match = hy_chunk_match(pin->chunk, &test);
        if (match == HY_MATCH_NONE) {
            *is_empty = true;
            return HY_OK;
        }
        if (match == HY_MATCH_SOME)
            local->tests[local->n_active++] = (HyChunkCondition){.chunk = pin->chunk, .test = test};
    }
    return scan->bar ? add_bar(scan, local, is_empty) : HY_OK;
}

/* Keeps the rows of sel[0..n), or with is_all of [0, n), that are not deleted. */
static uint32_t drop_deleted(
    const uint64_t *deletes, uint32_t first, bool is_all, uint32_t n, uint32_t *sel)
{
    uint32_t n_sel = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = is_all ? i : sel[i];
        sel[n_sel] = row;
        n_sel += !hy_bitmap_get(deletes, first + row);
    }
    return n_sel;
}

/* Adds the rows that pass all tests but the bar's. */
static HyStatus count_without_bar(ScanLocal *local, uint32_t first, uint32_t n, uint32_t *sel)
{
    uint32_t n_sel = n;
    if (local->n_active > 1)
        HY_TRY(hy_chunk_filter_all(local->tests, local->n_active - 1, first, sel, &n_sel));
    local->n_bar_filtered += n_sel;
    return HY_OK;
}

/* Rows of [first, first + n) that pass the tests are added to local->sel, relative to local->first.
 */
static HyStatus select_window(ScanLocal *local, const uint64_t *deletes, uint32_t first, uint32_t n)
{
    uint32_t *sel = local->sel + local->n_sel;
    uint32_t n_sel = n;
    if (local->counts && local->has_bar)
        HY_TRY(count_without_bar(local, first, n, sel));
    if (local->n_active > 0)
        HY_TRY(hy_chunk_filter_all(local->tests, local->n_active, first, sel, &n_sel));
    if (local->counts && local->has_bar)
        local->n_bar_filtered -= n_sel;
    bool is_all = n_sel == n;
    if (deletes && n_sel > 0) { /* last: most tests leave few rows */
        uint32_t n_live = drop_deleted(deletes, first, is_all, n_sel, sel);
        is_all = is_all && n_live == n_sel;
        n_sel = n_live;
    }
    uint32_t offset = first - local->first;
    if (is_all && local->is_dense && offset == local->n_sel) {
        for (uint32_t i = 0; i < n; i++)
            sel[i] = offset + i;
        local->n_sel += n;
        return HY_OK;
    }
    if (n_sel > 0)
        local->is_dense = false;
    if (is_all)
        for (uint32_t i = 0; i < n; i++)
            sel[i] = offset + i;
    else if (offset > 0)
        for (uint32_t i = 0; i < n_sel; i++)
            sel[i] += offset;
    local->n_sel += n_sel;
    return HY_OK;
}

/* ---- Their values ---- */

static HyStatus row_ids(
    const ScanLocal *local, HyWorker *worker, HyType type, size_t n, HyVector *out)
{
    HY_TRY(hy_vector_alloc(worker->arena, type, n, out));
    int64_t *ids = out->data;
    for (size_t i = 0; i < n; i++)
        ids[i] = HY_ROW_ID(local->block, local->first + local->sel[i]);
    return HY_OK;
}

static HyStatus load_column(
    const ScanSource *scan, ScanLocal *local, HyWorker *worker, size_t place, HyVector *out)
{
    uint32_t column = scan->table_columns[place];
    size_t n = local->n_sel;
    if (column == HY_ROW_ID_COLUMN)
        return row_ids(local, worker, scan->layout.types[place], n, out);
    HyChunkPin *pin = &local->pins[place];
    if (!pin->chunk)
        HY_TRY(hy_relation_chunk(scan->relation, local->block, column, pin));
    if (local->is_dense)
        HY_TRY(hy_chunk_read(pin->chunk, local->first, (uint32_t)n, worker->arena, out));
    else
        HY_TRY(
            hy_chunk_gather(pin->chunk, local->first, local->sel, (uint32_t)n, worker->arena, out));
    out->type = scan->layout.types[place];
    return HY_OK;
}

/* Columns that are loaded, for the rows that are left. */
typedef struct Loaded {
    HyBatch batch; /* cols by place */
    bool *has;
} Loaded;

static HyStatus keep_rows(const ScanSource *scan, ScanLocal *local, HyWorker *worker,
    Loaded *loaded, const uint32_t *kept, size_t n)
{
    for (size_t place = 0; place < scan->layout.n; place++)
        if (loaded->has[place])
            HY_TRY(hy_vector_gather(
                worker->arena, &loaded->batch.cols[place], kept, n, &loaded->batch.cols[place]));
    for (size_t i = 0; i < n; i++)
        local->sel[i] = local->sel[kept[i]];
    local->n_sel = n;
    local->is_dense = false;
    return HY_OK;
}

/* Drops rows that no join above wants; a filter that lets nearly all pass is not asked again. */
static HyStatus apply_key_filters(
    const ScanSource *scan, ScanLocal *local, HyWorker *worker, Loaded *loaded)
{
    uint32_t *kept;
    HY_BATCH_NEW(worker, kept, local->n_sel);
    for (size_t i = 0; i < scan->n_filters && local->n_sel > 0; i++) {
        FilterUse *use = &local->filters[i];
        uint32_t place = scan->filter_places[i];
        HyVector keys;
        if (use->is_off || !scan->filters[i]->is_ready)
            continue;
        if (!loaded->has[place]) {
            HY_TRY(load_column(scan, local, worker, place, &loaded->batch.cols[place]));
            loaded->has[place] = true;
        }
        HY_TRY(hy_vector_flatten(worker->arena, &loaded->batch.cols[place], local->n_sel, &keys));
        size_t n = hy_key_filter_select(scan->filters[i], &keys, local->n_sel, kept);
        use->n_seen += local->n_sel;
        use->n_passed += n;
        use->is_off = use->n_seen > FILTER_TRIAL && use->n_passed > use->n_seen / 8 * 7;
        if (n < local->n_sel)
            HY_TRY(keep_rows(scan, local, worker, loaded, kept, n));
    }
    return HY_OK;
}

static HyStatus apply_filter(
    const ScanSource *scan, ScanLocal *local, HyWorker *worker, Loaded *loaded)
{
    size_t n_parts = hy_predicate_part_count(scan->predicate);
    uint32_t *kept;
    HY_BATCH_NEW(worker, kept, local->n_sel);
    for (size_t part = 0; part < n_parts && local->n_sel > 0; part++) {
        size_t n_columns, n_kept;
        const uint32_t *columns = hy_predicate_part_columns(scan->predicate, part, &n_columns);
        for (size_t i = 0; i < n_columns; i++) {
            if (loaded->has[columns[i]])
                continue;
            HY_TRY(load_column(scan, local, worker, columns[i], &loaded->batch.cols[columns[i]]));
            loaded->has[columns[i]] = true;
        }
        loaded->batch.n_rows = local->n_sel;
        HY_TRY(hy_predicate_part_select(
            local->predicate, part, &worker->env, &loaded->batch, kept, &n_kept));
        if (n_kept < local->n_sel)
            HY_TRY(keep_rows(scan, local, worker, loaded, kept, n_kept));
    }
    return HY_OK;
}

/* Pushes the rows in local->sel on and empties it. */
static HyStatus emit_selected(ScanSource *scan, ScanLocal *local, HyWorker *worker)
{
    if (local->n_sel == 0)
        return HY_OK;
    Loaded loaded = {.batch = {.n_cols = scan->layout.n}};
    HY_BATCH_NEW(worker, loaded.batch.cols, scan->layout.n);
    HY_BATCH_NEW(worker, loaded.has, scan->layout.n);
    if (scan->layout.n)
        memset(loaded.has, 0, scan->layout.n);
    size_t n_found = local->n_sel;
    if (scan->n_filters > 0)
        HY_TRY(apply_key_filters(scan, local, worker, &loaded));
    local->n_key_filtered += n_found - local->n_sel;
    local->n_tested += local->n_sel;
    if (scan->predicate && local->n_sel > 0)
        HY_TRY(apply_filter(scan, local, worker, &loaded));
    if (local->n_sel > 0) {
        HyBatch out = {.n_rows = local->n_sel, .n_cols = scan->n_output};
        HY_BATCH_NEW(worker, out.cols, scan->n_output);
        for (size_t i = 0; i < scan->n_output; i++) {
            uint32_t place = scan->output[i];
            if (loaded.has[place])
                out.cols[i] = loaded.batch.cols[place];
            else
                HY_TRY(load_column(scan, local, worker, place, &out.cols[i]));
        }
        HY_TRY(hy_source_emit(&scan->source, worker, &out));
    }
    hy_arena_reset(worker->arena);
    local->n_sel = 0;
    local->is_dense = true;
    return HY_OK;
}

/* ---- Blocks whose statistics are enough ---- */

static bool is_integer(HyType type)
{
    switch (hy_type_physical(type)) {
    case HY_PHYS_I16:
    case HY_PHYS_I32:
    case HY_PHYS_U32:
    case HY_PHYS_I64:
    case HY_PHYS_U64:
    case HY_PHYS_I128:
        return true;
    default:
        return false;
    }
}

/* A vector of the smallest and the largest value, or of two nulls. *is_known: there is one. */
static HyStatus column_extremes(const ScanSource *scan, ScanLocal *local, HyWorker *worker,
    size_t place, HyVector *out, bool *is_known)
{
    HyChunkInfo info;
    HyChunkPin *pin = &local->pins[place];
    HyType type = scan->layout.types[place];
    *is_known = false;
    if (scan->table_columns[place] == HY_ROW_ID_COLUMN || !is_integer(type))
        return HY_OK;
    if (!pin->chunk)
        HY_TRY(hy_relation_chunk(scan->relation, local->block, scan->table_columns[place], pin));
    hy_chunk_info(pin->chunk, &info);
    *is_known = info.has_min_max;
    if (!info.has_min_max)
        return HY_OK;
    size_t width = hy_physical_size(hy_type_physical(type));
    HY_TRY(hy_vector_alloc(worker->arena, type, 2, out));
    memcpy(out->data, hy_value_payload(&info.min), width);
    memcpy((char *)out->data + width, hy_value_payload(&info.max), width);
    return HY_OK;
}

/* Pushes the extremes of the block's columns as two rows. *is_done: all of them are known. */
static HyStatus emit_extremes(ScanSource *scan, ScanLocal *local, HyWorker *worker, bool *is_done)
{
    HyBatch out = {.n_rows = 2, .n_cols = scan->n_output};
    HY_BATCH_NEW(worker, out.cols, scan->n_output);
    *is_done = true;
    for (size_t i = 0; i < scan->n_output && *is_done; i++)
        HY_TRY(column_extremes(scan, local, worker, scan->output[i], &out.cols[i], is_done));
    if (*is_done)
        HY_TRY(hy_source_emit(&scan->source, worker, &out));
    hy_arena_reset(worker->arena);
    return HY_OK;
}

static ScanMorsel find_morsel(const ScanSource *scan, size_t morsel)
{
    if (scan->morsels)
        return scan->morsels[morsel];
    ScanMorsel found = {.block = morsel / MORSELS_PER_BLOCK,
        .first = (uint32_t)(morsel % MORSELS_PER_BLOCK) * MORSEL_ROWS};
    found.end = hy_relation_block_rows(scan->relation, found.block);
    if (found.end > found.first + MORSEL_ROWS)
        found.end = found.first + MORSEL_ROWS;
    return found;
}

static HyStatus run_morsel(
    ScanSource *scan, ScanLocal *local, HyWorker *worker, const ScanMorsel *morsel)
{
    size_t block = morsel->block;
    uint32_t first = morsel->first;
    uint32_t end = morsel->end;
    if (hy_relation_block_live_rows(scan->relation, block) == 0 || first >= end)
        return HY_OK;
    bool is_empty;
    HY_TRY(open_block(scan, local, block, &is_empty));
    if (is_empty && local->has_bar)
        local->n_bar_filtered += end - first;
    bool is_whole = hy_relation_block_live_rows(scan->relation, block) ==
                    hy_relation_block_rows(scan->relation, block);
    if (scan->wants_extremes && !is_empty && local->n_active == 0 && is_whole) {
        bool is_done;
        HY_TRY(emit_extremes(scan, local, worker, &is_done));
        if (is_done)
            return HY_OK;
    }
    for (size_t i = 0; i < local->n_active && !is_empty; i++) {
        bool is_bar = local->has_bar && i + 1 == local->n_active;
        uint32_t n_rows = end - first;
        hy_chunk_need_zones(local->tests[i].chunk);
        hy_chunk_narrow(local->tests[i].chunk, &local->tests[i].test, &first, &end);
        is_empty = first >= end;
        if (is_bar)
            local->n_bar_filtered += n_rows - (is_empty ? 0 : end - first);
    }
    if (is_empty)
        return HY_OK;
    if (scan->read_blocks)
        __atomic_store_n(&scan->read_blocks[block], 1, __ATOMIC_RELAXED);
    const uint64_t *deletes = hy_relation_block_deletes(scan->relation, block);
    local->n_sel = 0;
    local->is_dense = true;
    for (uint32_t at = first; at < end && !hy_worker_may_stop(worker);) {
        uint32_t n = end - at < HY_VECTOR_SIZE ? end - at : HY_VECTOR_SIZE;
        if (local->n_sel + n > HY_VECTOR_SIZE)
            HY_TRY(emit_selected(scan, local, worker));
        if (local->n_sel == 0)
            local->first = at;
        HY_TRY(select_window(local, deletes, at, n));
        at += n;
    }
    return hy_worker_may_stop(worker) ? HY_OK : emit_selected(scan, local, worker);
}

static HyStatus scan_run(HySource *source, HyWorker *worker, void *arg, size_t morsel)
{
    ScanSource *scan = (ScanSource *)source;
    ScanMorsel found = find_morsel(scan, morsel);
    HY_TRY(run_morsel(scan, arg, worker, &found));
    for (size_t i = 1; i < scan->n_joined && !hy_worker_may_stop(worker); i++)
        HY_TRY(run_morsel(scan, arg, worker, &scan->morsels[i]));
    return HY_OK;
}

static void scan_destroy(HySource *source)
{
    count_blocks((ScanSource *)source);
    free(((ScanSource *)source)->morsels);
    hy_relation_unref(((ScanSource *)source)->relation);
}

static const HySourceClass scan_class = {.start = scan_start,
    .open = scan_open,
    .run = scan_run,
    .close = scan_close,
    .destroy = scan_destroy};

/* A sort above may tell which rows it wants. */
static void take_bar(HyCompiler *c, ScanSource *scan)
{
    if (!c->bar)
        return;
    size_t place = hy_layout_find(&scan->layout, c->bar->id);
    if (place == SIZE_MAX || scan->table_columns[place] == HY_ROW_ID_COLUMN)
        return;
    scan->bar = c->bar;
    scan->bar_place = (uint32_t)place;
    c->bar->is_read = true;
}

static HyStatus take_key_filters(HyCompiler *c, ScanSource *scan)
{
    size_t n = 0;
    for (HyKeyFilterRef *ref = c->key_filters; ref; ref = ref->next)
        n++;
    HY_ARENA_NEW(c->arena, scan->filters, n);
    HY_ARENA_NEW(c->arena, scan->filter_places, n);
    for (HyKeyFilterRef *ref = c->key_filters; ref; ref = ref->next) {
        size_t place = hy_layout_find(&scan->layout, ref->id);
        if (place == SIZE_MAX || scan->table_columns[place] == HY_ROW_ID_COLUMN ||
            hy_type_physical(scan->layout.types[place]) != hy_type_physical(ref->filter->type))
            continue;
        scan->filters[scan->n_filters] = ref->filter;
        scan->filter_places[scan->n_filters++] = (uint32_t)place;
    }
    return HY_OK;
}

HyStatus hy_compile_scan(
    HyCompiler *c, HyAlg *alg, const HyNeed *need, HyAlg *filter, HyStream *out)
{
    ScanSource *scan;
    HyNeed *all;
    HyLayout output;
    uint32_t *columns;
    HY_TRY(hy_source_new(c->exec, &scan_class, filter ? filter : alg, sizeof *scan, &scan));
    HY_TRY(hy_need_new(c, need, &all));
    if (filter)
        hy_need_expr(all, filter->predicate);
    HY_TRY(hy_leaf_layout(c, alg, all, &scan->layout, &columns));
    for (size_t i = 0; i < scan->layout.n; i++)
        columns[i] = alg->table_columns[columns[i]];
    scan->scan = alg;
    scan->filter = filter;
    scan->table_columns = columns;
    if (filter)
        HY_TRY(hy_predicate_compile(c->arena, &scan->layout, filter->predicate, &scan->predicate));
    HY_TRY(hy_layout_needed(c, &scan->layout, need, &output, &scan->output));
    scan->n_output = output.n;
    take_bar(c, scan);
    HY_TRY(take_key_filters(c, scan));
    scan->wants_extremes = c->wants_extremes && !filter && output.n > 0;
    return hy_stream_begin(c, &scan->source, &output, out);
}
