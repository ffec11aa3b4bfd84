/* x IN (a, b, ..): comparisons for short or variable lists, a hash set for long constant ones. */
#include "base/hash.h"
#include "exec/program_internal.h"

#define SHORT_LIST 8

struct HyInList {
    HyType type;
    bool has_null;
    uint32_t *slots; /* 1 + index of a value; 0: empty */
    uint64_t mask;
    uint64_t *hashes;
    const char *values; /* flat */
    size_t width;
};

static bool is_constant_list(const HyExpr *expr)
{
    for (size_t i = 1; i < expr->n_args; i++)
        if (expr->args[i]->kind != HY_EXPR_CONST)
            return false;
    return true;
}

static void insert_values(HyInList *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t slot = list->hashes[i] & list->mask;
        while (list->slots[slot])
            slot = (slot + 1) & list->mask;
        list->slots[slot] = (uint32_t)i + 1;
    }
}

HyStatus hy_in_list_build(HyArena *arena, const HyExpr *expr, const HyInList **out)
{
    *out = NULL;
    size_t n_items = expr->n_args - 1;
    if (n_items <= SHORT_LIST || n_items >= UINT32_MAX / 4 || !is_constant_list(expr))
        return HY_OK;
    HyInList *list;
    HY_ARENA_NEW(arena, list, 1);
    list->type = expr->args[0]->type;
    list->width = hy_physical_size(hy_type_physical(list->type));
    size_t n_slots = 16;
    while (n_slots < n_items * 2)
        n_slots *= 2;
    list->mask = n_slots - 1;
    HY_ARENA_NEW(arena, list->slots, n_slots);
    HY_ARENA_NEW(arena, list->hashes, n_items);
    HyVector values;
    HY_TRY(hy_vector_alloc(arena, list->type, n_items, &values));
    size_t n = 0;
    for (size_t i = 0; i < n_items; i++) {
        const HyValue *value = &expr->args[i + 1]->value;
        if (value->is_null)
            list->has_null = true;
        else
            memcpy((char *)values.data + n++ * list->width, hy_value_payload(value), list->width);
    }
    list->values = values.data;
    for (size_t first = 0; first < n; first += HY_VECTOR_SIZE) {
        HyVector piece = values;
        piece.data = (char *)values.data + first * list->width;
        size_t len = n - first < HY_VECTOR_SIZE ? n - first : HY_VECTOR_SIZE;
        HY_TRY(hy_vector_hash(&piece, len, true, list->hashes + first));
    }
    insert_values(list, n);
    *out = list;
    return HY_OK;
}

static bool contains(const HyInList *list, uint64_t hash, const void *payload)
{
    for (uint64_t slot = hash & list->mask; list->slots[slot]; slot = (slot + 1) & list->mask) {
        uint32_t i = list->slots[slot] - 1;
        if (list->hashes[i] == hash &&
            hy_compare_payload(list->type, list->values + i * list->width, payload) == 0)
            return true;
    }
    return false;
}

/* Rows without a match are null when the list has a null. */
static HyStatus finish(HyArena *arena, HyVector *out, bool has_null, bool negated, size_t n)
{
    uint8_t *restrict result = out->data;
    if (has_null) {
        HY_TRY(hy_vector_need_validity(arena, out, n));
        for (size_t i = 0; i < n; i++)
            if (!result[i])
                hy_bitmap_clear(out->validity, i);
    }
    if (negated)
        for (size_t i = 0; i < n; i++)
            result[i] ^= 1;
    return HY_OK;
}

static HyStatus eval_set(
    HyFuncEnv *env, const HyInstr *instr, const HyVector *args, size_t n, HyVector *out)
{
    const HyInList *list = instr->list;
    const HyVector *in = &args[0];
    uint64_t *hashes = hy_arena_alloc(env->arena, n * sizeof *hashes);
    if (!hashes)
        return hy_error_oom(n * sizeof *hashes);
    HY_TRY(hy_vector_hash(in, n, true, hashes));
    uint8_t *result = out->data;
    const char *values = hy_vector_values(in);
    for (size_t i = 0; i < n; i++)
        result[i] = !hy_vector_is_null(in, i) &&
                    contains(list, hashes[i], values + hy_vector_index(in, i) * list->width);
    return HY_OK;
}

/* result |= (x = item), with a null item noted per row. */
static HyStatus compare_item(HyFuncEnv *env, const HyVector *x, const HyVector *item, size_t n,
    uint8_t *restrict match, uint8_t *restrict result, uint8_t *restrict unknown)
{
    if (hy_is_null_constant(item)) {
        memset(unknown, 1, n);
        return HY_OK;
    }
    HY_TRY(hy_compare_vectors(HY_CMP_EQ, x, item, n, match));
    (void)env;
    if (!item->validity) {
        for (size_t i = 0; i < n; i++)
            result[i] |= match[i];
        return HY_OK;
    }
    for (size_t i = 0; i < n; i++) {
        bool is_null = hy_vector_is_null(item, i);
        result[i] |= (uint8_t)(!is_null && match[i]);
        unknown[i] |= is_null;
    }
    return HY_OK;
}

static HyStatus eval_items(
    HyFuncEnv *env, const HyInstr *instr, const HyVector *args, size_t n, HyVector *out)
{
    uint8_t *match = hy_arena_alloc(env->arena, n * 2);
    if (!match)
        return hy_error_oom(n * 2);
    uint8_t *unknown = match + n;
    uint8_t *result = out->data;
    memset(result, 0, n);
    memset(unknown, 0, n);
    for (size_t k = 1; k < instr->n_args; k++)
        HY_TRY(compare_item(env, &args[0], &args[k], n, match, result, unknown));
    for (size_t i = 0; i < n; i++) {
        if (!unknown[i] || result[i])
            continue;
        HY_TRY(hy_vector_need_validity(env->arena, out, n));
        hy_bitmap_clear(out->validity, i);
    }
    return HY_OK;
}

HyStatus hy_eval_in_list(
    HyFuncEnv *env, const HyInstr *instr, const HyVector *args, size_t n, HyVector *out)
{
    if (hy_is_null_constant(&args[0]))
        return hy_null_vector(env->arena, instr->expr->type, out);
    HY_TRY(hy_vector_alloc(env->arena, instr->expr->type, n, out));
    HY_TRY(hy_and_validity(env->arena, args, 1, n, &out->validity));
    bool has_null = false;
    if (instr->list) {
        HY_TRY(eval_set(env, instr, args, n, out));
        has_null = instr->list->has_null;
    } else {
        HY_TRY(eval_items(env, instr, args, n, out));
    }
    return finish(env->arena, out, has_null, instr->expr->negated, n);
}
