/* Nodes over one dictionary column: computed once per distinct value, then looked up by code. The
 * result is a dictionary vector with the same codes, so that what is above profits too; booleans,
 * which end in selections, are spread out at once. */
#include "exec/program_internal.h"
#include <stdatomic.h>

/* Ids of dictionaries that were computed here; those of chunks lack the high bit. */
static uint64_t next_dictionary_id(void)
{
    static atomic_uint_fast64_t next;
    return (UINT64_C(1) << 63) | (atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) + 1);
}

/* Computes the node for all values of the dictionary, in pieces as long as kernels may expect. */
static HyStatus compute_values(HyFuncEnv *env, const HyInstr *instr, HyVector *args,
    size_t variable, const HyDictionary *dict, HyVector *out)
{
    HyVector dictionary_arg = args[variable];
    size_t width = hy_physical_size(hy_type_physical(dictionary_arg.type));
    size_t out_width = hy_physical_size(hy_type_physical(instr->expr->type));
    HY_TRY(hy_vector_alloc(env->arena, instr->expr->type, dict->size, out));
    HyStatus st = HY_OK;
    for (size_t first = 0; first < dict->size; first += HY_VECTOR_SIZE) {
        size_t n = dict->size - first < HY_VECTOR_SIZE ? dict->size - first : HY_VECTOR_SIZE;
        args[variable] = (HyVector){.type = dictionary_arg.type,
            .kind = HY_VECTOR_FLAT,
            .data = (char *)(uintptr_t)dict->values + first * width};
        HyVector piece;
        HY_GO(hy_eval_node(env, instr, args, n, &piece));
        HY_GO(hy_vector_flatten(env->arena, &piece, n, &piece));
        memcpy((char *)out->data + first * out_width, piece.data, n * out_width);
        if (piece.validity) {
            HY_GO(hy_vector_need_validity(env->arena, out, dict->size));
            memcpy(out->validity + first / 64, piece.validity, hy_bitmap_words(n) * 8);
        }
    }
done:
    args[variable] = dictionary_arg;
    return st;
}

/* Constants among the arguments live in the batch or the program; strings of results may point into
 * them or into the dictionary, which outlives the cache entry's use (ids are not used again). */
static HyStatus fill_cache(
    HyFrame *frame, const HyInstr *instr, HyVector *args, size_t variable, HyDictionaryCache *cache)
{
    const HyDictionary *dict = args[variable].dict;
    if (!cache->arena)
        cache->arena = hy_arena_create();
    else
        hy_arena_reset(cache->arena);
    if (!cache->arena)
        return hy_error_oom(0);
    HyArena *batch_arena = frame->env->arena;
    frame->env->arena = cache->arena;
    HyStatus st = compute_values(frame->env, instr, args, variable, dict, &cache->values);
    frame->env->arena = batch_arena;
    if (st) {
        if (!hy_expr_can_fail(instr->expr))
            return st;
        hy_error_free(st); /* perhaps a value that none of the rows has */
        cache->has_failed = true;
        return HY_OK;
    }
    cache->dict = (HyDictionary){
        .values = cache->values.data, .size = dict->size, .id = next_dictionary_id()};
    cache->is_filled = true;
    return HY_OK;
}

/* Rows are valid where they were and where their value's result is. */
static HyStatus spread_validity(
    HyArena *arena, const HyVector *in, const uint64_t *by_value, size_t n, uint64_t **out)
{
    *out = in->validity;
    if (!by_value)
        return HY_OK;
    HyVector own = *in;
    own.validity = NULL;
    HY_TRY(hy_vector_need_validity(arena, &own, n));
    if (in->validity)
        memcpy(own.validity, in->validity, hy_bitmap_words(n) * 8);
    const uint32_t *codes = in->data;
    for (size_t i = 0; i < n; i++)
        if (!hy_bitmap_get(by_value, codes[i]))
            hy_bitmap_clear(own.validity, i);
    *out = own.validity;
    return HY_OK;
}

/* A null's code must be 0, and code 0 must be readable: both hold as in the input. */
static HyStatus spread(HyArena *arena, const HyVector *in, const HyVector *values,
    const HyDictionary *dict, size_t n, HyVector *out)
{
    HyVector result = {
        .type = values->type, .kind = HY_VECTOR_DICTIONARY, .data = in->data, .dict = dict};
    HY_TRY(spread_validity(arena, in, values->validity, n, &result.validity));
    if (hy_type_physical(values->type) == HY_PHYS_U8)
        return hy_vector_flatten(arena, &result, n, out);
    *out = result;
    return HY_OK;
}

HyStatus hy_eval_by_dictionary(HyFrame *frame, const HyInstr *instr, HyVector *args,
    size_t variable, bool *done, HyVector *out)
{
    *done = false;
    const HyVector in = args[variable];
    const HyDictionary *dict = in.dict;
    if (dict->size == 0)
        return HY_OK;
    const HyExpr *expr = instr->expr;
    if (in.validity && expr->kind == HY_EXPR_CALL && !expr->call->is_strict)
        return HY_OK; /* null may have a result of its own */
    HyDictionaryCache *cache = &frame->state->caches[instr->cache];
    if (cache->id != dict->id || dict->id == 0) {
        cache->id = dict->id;
        cache->rows_seen = 0;
        cache->is_filled = cache->has_failed = false;
    }
    if (cache->has_failed)
        return HY_OK;
    if (!cache->is_filled) {
        cache->rows_seen += frame->n;
        if (dict->size > 2 * cache->rows_seen)
            return HY_OK; /* not yet worth it */
        HY_TRY(fill_cache(frame, instr, args, variable, cache));
        if (!cache->is_filled)
            return HY_OK;
    }
    const HyDictionary *result_dict = &cache->dict;
    if (dict->id ==
        0) { /* the next batch may overwrite the cache while this one's result is in use */
        HyDictionary *copy = hy_arena_alloc(frame->env->arena, sizeof *copy);
        if (!copy)
            return hy_error_oom(sizeof *copy);
        *copy = cache->dict;
        copy->id = 0;
        result_dict = copy;
    }
    *done = true;
    return spread(frame->env->arena, &in, &cache->values, result_dict, frame->n, out);
}
