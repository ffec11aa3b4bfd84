/* Putting the workers' groups together. Few groups are merged into the first worker's table; many
 * are cut into partitions by their hash, which are merged in parallel. Then distinct arguments,
 * once their repetitions in several workers are removed, and ordered rows are fed. */
#include "exec/aggregate_internal.h"
#include <stdlib.h>

#define N_PARTITIONS      64
#define PARALLEL_GROUPS   32768
#define PREFETCH_DISTANCE 16

_Static_assert(N_PARTITIONS == HY_SPILL_PARTS, "frozen tables and rows on disk are cut alike");

static size_t partition_of(uint64_t hash)
{
    return hy_spill_part_of(hash, 0);
}

/* The groups of a table in the order of their partitions. */
struct HyGroupParts {
    uint32_t *groups;
    size_t bytes;
    size_t starts[N_PARTITIONS + 1];
};

static HyStatus sort_by_partition(
    const HyGroupTable *table, const uint64_t *hashes, HyMemory *memory, HyGroupParts *out)
{
    size_t next[N_PARTITIONS] = {0};
    void *groups;
    HY_TRY(hy_memory_alloc(memory, (table->n_groups + 1) * sizeof *out->groups, &groups));
    out->groups = groups;
    out->bytes = (table->n_groups + 1) * sizeof *out->groups;
    for (size_t g = 0; g < table->n_groups; g++)
        next[partition_of(hashes[g])]++;
    for (size_t p = 0, at = 0; p < N_PARTITIONS; p++) {
        out->starts[p] = at;
        at += next[p];
        next[p] = out->starts[p];
        out->starts[p + 1] = at;
    }
    for (size_t g = 0; g < table->n_groups; g++)
        out->groups[next[partition_of(hashes[g])]++] = (uint32_t)g;
    return HY_OK;
}

/* How many groups of the table are in the partition. */
static size_t part_size(const HyGroupParts *parts, size_t partition)
{
    return parts->starts[partition + 1] - parts->starts[partition];
}

static size_t pick_listed(HyGroupPicker *picker, uint32_t *sel)
{
    const HyGroupParts *parts = picker->parts;
    size_t left = part_size(parts, picker->partition) - picker->at;
    size_t n = left < HY_VECTOR_SIZE ? left : HY_VECTOR_SIZE;
    memcpy(sel, parts->groups + parts->starts[picker->partition] + picker->at, n * sizeof *sel);
    picker->at += n;
    return n;
}

size_t hy_group_pick(HyGroupPicker *picker, const uint64_t *hashes, uint32_t *sel)
{
    size_t n = 0;
    if (picker->parts)
        return pick_listed(picker, sel);
    for (; picker->at < picker->table->n_groups && n < HY_VECTOR_SIZE; picker->at++) {
        sel[n] = (uint32_t)picker->at;
        n += picker->partition == SIZE_MAX || partition_of(hashes[picker->at]) == picker->partition;
    }
    return n;
}

/* States are of whole words. */
static inline void copy_state(char *restrict into, const char *restrict from, size_t size)
{
    for (size_t at = 0; at < size; at += 8)
        memcpy(into + at, from + at, 8);
}

/* Groups from n_old on are new: theirs is the state, pointers and all, as combine() may do too. */
static HyStatus combine_states(const HyAggOp *op, HyAggTable *into, const HyAggTable *from,
    size_t n_old, const uint32_t *into_groups, const uint32_t *from_groups, size_t n,
    HyFuncEnv *env)
{
    for (size_t i = 0; i < op->n_items; i++) {
        const HyAggItem *item = &op->items[i];
        if (item->is_ordered || item->is_distinct)
            continue;
        size_t size = hy_agg_state_size(item);
        char *ours = into->states[i].data;
        const char *theirs = from->states[i].data;
        for (size_t g = 0; g < n; g++) {
            if (g + PREFETCH_DISTANCE < n) {
                __builtin_prefetch(ours + into_groups[g + PREFETCH_DISTANCE] * size, 1);
                __builtin_prefetch(theirs + from_groups[g + PREFETCH_DISTANCE] * size);
            }
            char *to = ours + into_groups[g] * size;
            const char *state = theirs + from_groups[g] * size;
            if (into_groups[g] >= n_old)
                copy_state(to, state, size);
            else
                HY_TRY(item->call->aggregate->combine(env, item->call, to, state, into->heap));
        }
    }
    return HY_OK;
}

/* Finds the groups sel[0..n) of `from` in `into`, adding them; keys [0, n_keys) only. */
static HyStatus find_in(HyGroupTable *into, const HyGroupTable *from, const uint32_t *sel, size_t n,
    const uint64_t *from_hashes, HyArena *scratch, uint32_t *groups, HyVector **out_keys)
{
    HyVector *keys = hy_arena_alloc(scratch, from->n_keys * sizeof *keys);
    uint64_t *hashes = hy_arena_alloc(scratch, n * sizeof *hashes);
    if (!keys || !hashes)
        return hy_error_oom(n * sizeof *hashes);
    for (size_t k = 0; k < from->n_keys; k++)
        HY_TRY(hy_group_table_gather(from, k, sel, n, scratch, &keys[k]));
    if (from_hashes)
        for (size_t i = 0; i < n; i++)
            hashes[i] = from_hashes[sel[i]];
    else
        HY_TRY(hy_group_hash(keys, into->n_keys, n, hashes));
    if (out_keys)
        *out_keys = keys;
    if (into->n_keys == 0) {
        memset(groups, 0, n * sizeof *groups);
        return HY_OK;
    }
    return hy_group_table_find(into, keys, n, hashes, scratch, groups);
}

HyStatus hy_agg_merge_table(const HyAggOp *op, HyAggTable *into, const HyAggTable *from,
    size_t partition, const HyGroupParts *parts, HyFuncEnv *env)
{
    HyGroupPicker picker = {.table = &from->groups, .partition = partition, .parts = parts};
    uint32_t sel[HY_VECTOR_SIZE], groups[HY_VECTOR_SIZE];
    size_t n;
    while ((n = hy_group_pick(&picker, from->groups.hashes.data, sel)) > 0) {
        size_t n_old = into->groups.n_groups;
        HY_TRY(hy_cancel_check(env->cancel));
        HY_TRY(find_in(&into->groups, &from->groups, sel, n, from->groups.hashes.data, env->arena,
            groups, NULL));
        HY_TRY(hy_agg_table_reserve(op, into));
        HY_TRY(combine_states(op, into, from, n_old, groups, sel, n, env));
        hy_arena_reset(env->arena);
    }
    return HY_OK;
}

/* ---- Distinct arguments ---- */

HyStatus hy_agg_group_hashes(const HyAggSet *set, const HyGroupTable *distinct, uint64_t **out)
{
    *out = calloc(distinct->n_groups + 1, sizeof **out);
    if (!*out)
        return hy_error_oom(distinct->n_groups * sizeof **out);
    HyVector *keys = calloc(set->n_keys + 1, sizeof *keys);
    if (!keys)
        return hy_error_oom(set->n_keys * sizeof *keys);
    HyStatus st = HY_OK;
    for (size_t first = 0; first < distinct->n_groups && !st; first += HY_VECTOR_SIZE) {
        size_t left = distinct->n_groups - first;
        for (size_t k = 0; k < set->n_keys; k++)
            keys[k] = hy_group_table_key(distinct, k, first);
        st = hy_group_hash(
            keys, set->n_keys, left < HY_VECTOR_SIZE ? left : HY_VECTOR_SIZE, *out + first);
    }
    free(keys);
    return st;
}

/* Feeds the entries of one worker's distinct table that `seen` did not have yet. parts NULL: of all
 * partitions. */
static HyStatus feed_distinct_table(const HyAggOp *op, const HyAggSet *set, size_t i,
    HyAggTable *into, const HyGroupTable *distinct, const HyGroupParts *parts, size_t partition,
    HyGroupTable *seen, HyFuncEnv *env)
{
    const HyAggItem *item = &op->items[i];
    HyGroupPicker picker = {.table = distinct, .partition = partition, .parts = parts};
    uint32_t sel[HY_VECTOR_SIZE], groups[HY_VECTOR_SIZE];
    size_t n;
    while ((n = hy_group_pick(&picker, NULL, sel)) > 0) {
        HY_TRY(hy_cancel_check(env->cancel));
        if (seen) { /* keeps those that are new; a table has each entry once */
            size_t n_seen = seen->n_groups, n_new = 0;
            HY_TRY(
                find_in(seen, distinct, sel, n, distinct->hashes.data, env->arena, groups, NULL));
            for (size_t k = 0; k < n; k++)
                if (groups[k] >= n_seen)
                    sel[n_new++] = sel[k];
            n = n_new;
        }
        HyVector *keys;
        if (n > 0) {
            HY_TRY(find_in(&into->groups, distinct, sel, n, NULL, env->arena, groups, &keys));
            HY_TRY(hy_agg_table_reserve(op, into));
            HY_TRY(item->call->aggregate->update(env, item->call, keys + set->n_keys, n,
                set->n_keys == 0 ? NULL : groups, into->states[i].data, into->heap));
        }
        hy_arena_reset(env->arena);
    }
    return HY_OK;
}

/* Groups that a partition of n tables may have together. parts[w * step]: of the w-th. */
static size_t expected_groups(const HyGroupParts *parts, size_t step, size_t n, size_t partition)
{
    size_t most = 0, all = 0;
    for (size_t w = 0; w < n; w++) {
        size_t size = part_size(&parts[w * step], partition);
        most = size > most ? size : most;
        all += size;
    }
    return all < 2 * most ? all : 2 * most;
}

static HyStatus feed_distinct(const HyAggOp *op, size_t s, size_t i, HyAggTable *into,
    HyAggLocal **locals, size_t n, size_t partition, const HyGroupParts *parts, HyFuncEnv *env)
{
    const HyAggSet *set = &op->sets[s];
    HyGroupTable seen = {0};
    HyType *types;
    HyArena *arena = NULL;
    HyStatus st = HY_OK;
    if (n > 1) {
        arena = hy_arena_create();
        if (!arena)
            return hy_error_oom(0);
        HY_GO(hy_agg_distinct_types(set, &op->items[i], arena, &types));
        HY_GO(hy_group_table_open(
            &seen, types, set->n_keys + op->items[i].n_args, op->exec->ctx->memory));
        seen.cancel = env->cancel;
        if (parts)
            HY_GO(hy_group_table_reserve(
                &seen, expected_groups(parts + 1 + i, op->n_items + 1, n, partition)));
    }
    for (size_t w = 0; w < n; w++)
        HY_GO(feed_distinct_table(op, set, i, into, &locals[w]->distinct[s * op->n_items + i],
            parts ? &parts[w * (op->n_items + 1) + 1 + i] : NULL, partition, n > 1 ? &seen : NULL,
            env));
done:
    hy_group_table_close(&seen);
    hy_arena_destroy(arena);
    return st;
}

/* ---- One set ---- */

typedef struct SetMerge {
    HyAggOp *op;
    size_t set;
    HyAggLocal **locals;
    size_t n;
    HyAggTable *parts;   /* N_PARTITIONS */
    HyGroupParts *lists; /* per worker: of its groups, then per item of its distinct tables */
} SetMerge;

static HyStatus merge_serially(HyAggOp *op, size_t s, HyAggLocal **locals, size_t n, HyFuncEnv *env)
{
    HyAggTable *into = &locals[0]->tables[s];
    for (size_t w = 1; w < n; w++)
        HY_TRY(hy_agg_merge_table(op, into, &locals[w]->tables[s], SIZE_MAX, NULL, env));
    for (size_t i = 0; i < op->n_items; i++) {
        if (hy_agg_feeds_distinct(&op->items[i]))
            HY_TRY(feed_distinct(op, s, i, into, locals, n, SIZE_MAX, NULL, env));
        if (op->items[i].is_ordered)
            HY_TRY(hy_agg_feed_ordered(op, &op->sets[s], i, into, locals, n, env));
    }
    op->parts[s * op->max_parts] = into;
    op->n_parts[s] = 1;
    return HY_OK;
}

static HyStatus merge_partition(void *ctx, size_t partition)
{
    const SetMerge *merge = ctx;
    const HyAggOp *op = merge->op;
    HyAggTable *into = &merge->parts[partition];
    HyFuncEnv env = op->exec->ctx->env;
    HyStatus st;
    env.cancel = op->exec->ctx->cancel;
    env.memory = op->exec->ctx->memory;
    env.arena = hy_arena_create();
    if (!env.arena)
        return hy_error_oom(0);
    HY_GO(hy_agg_table_open(op, &op->sets[merge->set], into));
    HY_GO(hy_group_table_reserve(
        &into->groups, expected_groups(merge->lists, op->n_items + 1, merge->n, partition)));
    for (size_t w = 0; w < merge->n; w++)
        HY_GO(hy_agg_merge_table(op, into, &merge->locals[w]->tables[merge->set], partition,
            &merge->lists[w * (op->n_items + 1)], &env));
    for (size_t i = 0; i < op->n_items; i++)
        if (hy_agg_feeds_distinct(&op->items[i]))
            HY_GO(feed_distinct(
                op, merge->set, i, into, merge->locals, merge->n, partition, merge->lists, &env));
done:
    hy_arena_destroy(env.arena);
    return st;
}

/* Of one worker's table of groups, or of the distinct arguments of an item. */
static HyStatus make_list(void *ctx, size_t at)
{
    const SetMerge *merge = ctx;
    const HyAggOp *op = merge->op;
    size_t per_worker = op->n_items + 1, item = at % per_worker;
    HyAggLocal *local = merge->locals[at / per_worker];
    HyMemory *memory = op->exec->ctx->memory;
    if (item == 0) {
        const HyGroupTable *groups = &local->tables[merge->set].groups;
        return sort_by_partition(groups, groups->hashes.data, memory, &merge->lists[at]);
    }
    if (!hy_agg_feeds_distinct(&op->items[item - 1]))
        return HY_OK;
    const HyGroupTable *distinct = &local->distinct[merge->set * op->n_items + item - 1];
    uint64_t *hashes;
    HY_TRY(hy_agg_group_hashes(&op->sets[merge->set], distinct, &hashes));
    HyStatus st = sort_by_partition(distinct, hashes, memory, &merge->lists[at]);
    free(hashes);
    return st;
}

static HyStatus merge_in_parallel(
    HyAggOp *op, size_t s, HyAggLocal **locals, size_t n, HyExec *exec)
{
    HyStatus st = HY_OK;
    size_t n_lists = n * (op->n_items + 1);
    SetMerge merge = {.op = op, .set = s, .locals = locals, .n = n};
    HyAggTable *merged = realloc(op->merged, (op->n_merged + N_PARTITIONS) * sizeof *merged);
    if (!merged)
        return hy_error_oom(N_PARTITIONS * sizeof *merged);
    op->merged = merged;
    memset(merged + op->n_merged, 0, N_PARTITIONS * sizeof *merged);
    merge.parts = merged + op->n_merged;
    op->n_merged += N_PARTITIONS;
    merge.lists = calloc(n_lists, sizeof *merge.lists);
    if (!merge.lists)
        return hy_error_oom(n_lists * sizeof *merge.lists);
    HY_GO(hy_exec_parallel(exec, n_lists, make_list, &merge));
    HY_GO(hy_exec_parallel(exec, N_PARTITIONS, merge_partition, &merge));
    op->n_parts[s] = N_PARTITIONS;
done:
    for (size_t i = 0; i < n_lists; i++)
        if (merge.lists[i].groups)
            hy_memory_free(exec->ctx->memory, merge.lists[i].groups, merge.lists[i].bytes);
    free(merge.lists);
    return st;
}

static bool is_worth_partitions(const HyAggOp *op, size_t s, HyAggLocal **locals, size_t n)
{
    size_t total = 0;
    for (size_t w = 0; w < n; w++) {
        total += locals[w]->tables[s].groups.n_groups;
        for (size_t i = 0; i < op->n_items; i++)
            total += locals[w]->distinct[s * op->n_items + i].n_groups;
    }
    return n > 1 && total >= PARALLEL_GROUPS && !op->has_ordered && op->sets[s].n_keys > 0;
}

/* The partitions of the sets that were merged in parallel stand behind each other in op->merged. */
static void place_parts(HyAggOp *op)
{
    HyAggTable *next = op->merged;
    for (size_t s = 0; s < op->n_sets; s++) {
        if (op->n_parts[s] != N_PARTITIONS)
            continue;
        for (size_t p = 0; p < N_PARTITIONS; p++)
            op->parts[s * op->max_parts + p] = next++;
    }
}

HyStatus hy_agg_finish(HyOp *base, HyExec *exec, void **states, size_t n)
{
    HyAggOp *op = (HyAggOp *)base;
    HyAggLocal **locals = (HyAggLocal **)states;
    HyWorker *worker;
    void *first;
    HY_TRY(hy_exec_worker(exec, 0, &worker));
    op->max_parts = N_PARTITIONS;
    op->parts = calloc(op->n_sets * N_PARTITIONS, sizeof *op->parts);
    op->n_parts = calloc(op->n_sets, sizeof *op->n_parts);
    if (!op->parts || !op->n_parts)
        return hy_error_oom(op->n_sets * N_PARTITIONS * sizeof *op->parts);
    if (n == 0) { /* no rows at all: sets without keys still give one */
        HY_TRY(op->op.class->open(base, worker, &first));
        locals = (HyAggLocal **)&first;
        n = 1;
    }
    HY_TRY(hy_agg_settle(op, locals, n));
    for (size_t s = 0; s < op->n_sets && !op->is_lazy; s++) {
        if (is_worth_partitions(op, s, locals, n))
            HY_TRY(merge_in_parallel(op, s, locals, n, exec));
        else
            HY_TRY(merge_serially(op, s, locals, n, &worker->env));
    }
    place_parts(op);
    hy_arena_reset(worker->arena);
    return HY_OK;
}
