/* The build side of a join: rows are collected in a rowset, then linked into chains by the hash of
 * their keys, pieces in parallel. */
#include "exec/join_internal.h"
#include "types/compare.h"
#include <stdlib.h>

#define PIECES_PER_TASK   8
#define PREFETCH_DISTANCE 16

typedef struct JoinStep {
    HyStep step;
    HyJoin *join;
} JoinStep;

void hy_join_free_build(HyJoinBuild *build)
{
    hy_row_access_close(&build->access);
    hy_growing_free(&build->index.directory, build->memory);
    hy_growing_free(&build->index.next, build->memory);
    hy_growing_free(&build->matched, build->memory);
    *build = (HyJoinBuild){0};
}

void hy_join_free_filters(HyJoin *join)
{
    for (size_t i = 0; i < join->n_filters; i++)
        hy_key_filter_free(&join->filters[i]);
}

/* Rows with a null key, which equals nothing, stay out. */
static size_t rows_with_keys(HyJoin *join, const HyBatch *piece, uint32_t *sel)
{
    size_t n = 0;
    for (size_t i = 0; i < piece->n_rows; i++) {
        bool is_null = false;
        for (size_t k = 0; k < join->n_keys; k++)
            is_null |=
                !join->null_equal[k] && hy_vector_is_null(&piece->cols[join->build_keys[k]], i);
        sel[n] = (uint32_t)i;
        n += !is_null;
    }
    return n;
}

static bool may_have_nulls(const HyJoin *join, const HyBatch *piece)
{
    for (size_t k = 0; k < join->n_keys; k++)
        if (!join->null_equal[k] && piece->cols[join->build_keys[k]].validity)
            return true;
    return false;
}

/* Exchanging is a barrier, behind which misses would not overlap. */
static inline void prefetch_slot(const HyJoinIndex *index, uint64_t hash)
{
    __builtin_prefetch((const uint64_t *)index->directory.data + (hash >> (64 - index->bits)), 1);
}

static void link_row(HyJoinIndex *index, uint64_t hash, HyRowRef ref)
{
    uint64_t *slot = (uint64_t *)index->directory.data + (hash >> (64 - index->bits));
    uint64_t *next = (uint64_t *)index->next.data + ref;
    uint64_t tag = UINT64_C(1) << (48 + (hash & 15));
    uint64_t old = __atomic_load_n(slot, __ATOMIC_RELAXED);
    uint64_t entry;
    do {
        *next = old & UINT64_C(0xFFFFFFFFFFFF);
        entry = (old & ~UINT64_C(0xFFFFFFFFFFFF)) | tag | (ref + 1);
    } while (
        !__atomic_compare_exchange_n(slot, &old, entry, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

typedef struct LinkJob {
    HyJoin *join;
    HyJoinBuild *build;
    const HyCancel *cancel;
} LinkJob;

static HyStatus link_piece(const LinkJob *job, size_t p, HyVector *keys)
{
    HyJoin *join = job->join;
    HyJoinIndex *index = &job->build->index;
    const HyBatch *piece = hy_rowset_piece(job->build->rows, p);
    uint64_t hashes[HY_VECTOR_SIZE];
    uint32_t sel[HY_VECTOR_SIZE];
    for (size_t k = 0; k < join->n_keys; k++)
        keys[k] = piece->cols[join->build_keys[k]];
    HY_TRY(hy_group_hash(keys, join->n_keys, piece->n_rows, hashes));
    if (!may_have_nulls(join, piece)) {
        for (size_t i = 0; i < piece->n_rows; i++) {
            if (i + PREFETCH_DISTANCE < piece->n_rows)
                prefetch_slot(index, hashes[i + PREFETCH_DISTANCE]);
            link_row(index, hashes[i], HY_ROW_REF(p, i));
        }
        return HY_OK;
    }
    size_t n = rows_with_keys(join, piece, sel);
    for (size_t i = 0; i < n; i++)
        link_row(index, hashes[sel[i]], HY_ROW_REF(p, sel[i]));
    if (n < piece->n_rows)
        __atomic_store_n(&join->has_null_key, true, __ATOMIC_RELAXED);
    return HY_OK;
}

static HyStatus link_pieces(void *ctx, size_t task)
{
    const LinkJob *job = ctx;
    HyVector *keys = calloc(job->join->n_keys + 1, sizeof *keys);
    if (!keys)
        return hy_error_oom(job->join->n_keys * sizeof *keys);
    size_t end = (task + 1) * PIECES_PER_TASK;
    if (end > job->build->access.n_pieces)
        end = job->build->access.n_pieces;
    HyStatus st = hy_cancel_check(job->cancel);
    for (size_t p = task * PIECES_PER_TASK; p < end && !st; p++)
        st = link_piece(job, p, keys);
    free(keys);
    return st;
}

static HyStatus make_index(HyJoin *join, HyExec *exec, bool is_parallel, HyJoinBuild *build)
{
    HyJoinIndex *index = &build->index;
    LinkJob job = {.join = join, .build = build, .cancel = exec->ctx->cancel};
    uint64_t n_rows = hy_rowset_row_count(build->rows);
    size_t n_refs = HY_ROW_REF(build->access.n_pieces, 0);
    index->bits = 6;
    while (index->bits < 40 && (UINT64_C(1) << index->bits) < n_rows + n_rows / 2)
        index->bits++;
    size_t bytes = sizeof(uint64_t) << index->bits;
    HY_TRY(hy_growing_reserve_zeroed(&index->directory, build->memory, bytes));
    HY_TRY(hy_growing_reserve(&index->next, build->memory, (n_refs + 1) * sizeof(uint64_t)));
    size_t n_tasks = (build->access.n_pieces + PIECES_PER_TASK - 1) / PIECES_PER_TASK;
    if (is_parallel)
        return hy_exec_parallel(exec, n_tasks, link_pieces, &job);
    for (size_t i = 0; i < n_tasks; i++)
        HY_TRY(link_pieces(&job, i));
    return HY_OK;
}

HyStatus hy_join_make_build(
    HyJoin *join, HyExec *exec, bool is_parallel, const HyRowset *rows, HyJoinBuild *out)
{
    *out = (HyJoinBuild){.rows = rows, .memory = exec->ctx->memory};
    HY_TRY(hy_row_access_open(rows, &out->access));
    if (hy_join_notes_matches(join)) {
        size_t n = HY_ROW_REF(out->access.n_pieces, 0) + 1;
        HY_TRY(hy_growing_reserve_zeroed(&out->matched, out->memory, n));
    }
    return join->n_keys > 0 ? make_index(join, exec, is_parallel, out) : HY_OK;
}

static HyStatus build_run(HyStep *step, HyExec *exec)
{
    HyJoin *join = ((JoinStep *)step)->join;
    HySpillSet *spilled = join->collect->spilled;
    hy_join_free_build(&join->build);
    hy_join_free_filters(join);
    hy_spill_destroy(join->probe_rows);
    join->probe_rows = NULL;
    join->n_rows = hy_rowset_row_count(join->collect->rows) + hy_spill_row_count(spilled);
    join->has_null_key = join->collect->has_null_key;
    if (spilled)
        HY_TRY(hy_spill_create(exec, join->alg, join->probe_row_types, join->n_probe_columns,
            HY_SPILL_PARTS, &join->probe_rows));
    for (size_t i = 0; i < join->n_filters && !spilled; i++)
        HY_TRY(hy_key_filter_make(&join->filters[i], join->collect->rows, exec->ctx->memory));
    return hy_join_make_build(join, exec, true, join->collect->rows, &join->build);
}

HyStatus hy_join_add_build_step(HyCompiler *c, HyJoin *join)
{
    JoinStep *step;
    HY_ARENA_NEW(c->arena, step, 1);
    step->step.run = build_run;
    step->join = join;
    hy_plan_append(c->plan, &step->step);
    return HY_OK;
}

/* ---- Comparing keys ---- */

#define COMPARE_KEY(T, EQUAL)                                                                      \
    do {                                                                                           \
        const T *theirs_ = probe->data;                                                            \
        for (size_t i = 0; i < n; i++) {                                                           \
            const T *a = (const T *)data[HY_REF_PIECE(refs[i])] + HY_REF_ROW(refs[i]);             \
            const T *b = &theirs_[rows[i]];                                                        \
            keep[i] &= (EQUAL);                                                                    \
        }                                                                                          \
    } while (0)

static void compare_payloads(HyType type, const void *const *data, const HyVector *probe,
    const uint32_t *rows, const HyRowRef *refs, size_t n, uint8_t *keep)
{
    switch (hy_type_physical(type)) {
    case HY_PHYS_U8:
        COMPARE_KEY(uint8_t, *a == *b);
        break;
    case HY_PHYS_I16:
        COMPARE_KEY(uint16_t, *a == *b);
        break;
    case HY_PHYS_I32:
    case HY_PHYS_U32:
        COMPARE_KEY(uint32_t, *a == *b);
        break;
    case HY_PHYS_I64:
    case HY_PHYS_U64:
        COMPARE_KEY(uint64_t, *a == *b);
        break;
    case HY_PHYS_I128:
        COMPARE_KEY(HyInt128, *a == *b);
        break;
    case HY_PHYS_F32:
        COMPARE_KEY(float, *a == *b || (*a != *a && *b != *b));
        break;
    case HY_PHYS_F64:
        COMPARE_KEY(double, *a == *b || (*a != *a && *b != *b));
        break;
    case HY_PHYS_INTERVAL:
    case HY_PHYS_UUID:
        COMPARE_KEY(HyString, memcmp(a, b, 16) == 0);
        break;
    case HY_PHYS_STRING:
        if (type.collation || type.id == HY_TYPE_ARRAY || type.id == HY_TYPE_JSON)
            COMPARE_KEY(HyString, hy_compare_payload(type, a, b) == 0);
        else
            COMPARE_KEY(HyString, hy_string_equal(a, b));
        break;
    }
}

void hy_join_compare_key(const HyJoin *join, const HyJoinBuild *build, size_t k,
    const HyVector *probe, const uint32_t *rows, const HyRowRef *refs, size_t n, uint8_t *keep)
{
    uint32_t column = join->build_keys[k];
    const HyRowAccess *access = &build->access;
    const void *const *data = access->data + column * access->n_pieces;
    HyType type = access->types[column];
    if (!join->null_equal[k] || (!access->has_nulls[column] && !probe->validity)) {
        compare_payloads(type, data, probe, rows, refs, n, keep);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        bool null_a = hy_row_access_is_null(access, column, refs[i]);
        bool null_b = hy_vector_is_null(probe, rows[i]);
        if (null_a || null_b)
            keep[i] &= null_a == null_b;
        else
            compare_payloads(type, data, probe, rows + i, refs + i, 1, keep + i);
    }
}
