#include "plan/column_set.h"
#include <string.h>

static HyStatus reserve(HyArena *arena, HyColumnSet *set, size_t n_words)
{
    if (n_words <= set->n_words)
        return HY_OK;
    uint64_t *words = NULL;
    HY_ARENA_NEW(arena, words, n_words + n_words / 2 + 1);
    if (set->words)
        memcpy(words, set->words, set->n_words * sizeof *words);
    set->words = words;
    set->n_words = n_words + n_words / 2 + 1;
    return HY_OK;
}

HyStatus hy_column_set_add(HyArena *arena, HyColumnSet *set, HyColumnId id)
{
    HY_TRY(reserve(arena, set, id / 64 + 1));
    set->words[id / 64] |= UINT64_C(1) << id % 64;
    return HY_OK;
}

HyStatus hy_column_set_union(HyArena *arena, HyColumnSet *into, const HyColumnSet *from)
{
    HY_TRY(reserve(arena, into, from->n_words));
    for (size_t i = 0; i < from->n_words; i++)
        into->words[i] |= from->words[i];
    return HY_OK;
}

void hy_column_set_remove(HyColumnSet *set, const HyColumnSet *other)
{
    for (size_t i = 0; i < set->n_words && i < other->n_words; i++)
        set->words[i] &= ~other->words[i];
}

bool hy_column_set_has(const HyColumnSet *set, HyColumnId id)
{
    return id / 64 < set->n_words && (set->words[id / 64] >> id % 64 & 1);
}

bool hy_column_set_intersects(const HyColumnSet *a, const HyColumnSet *b)
{
    for (size_t i = 0; i < a->n_words && i < b->n_words; i++) {
        if (a->words[i] & b->words[i])
            return true;
    }
    return false;
}

bool hy_column_set_within(const HyColumnSet *a, const HyColumnSet *b)
{
    for (size_t i = 0; i < a->n_words; i++) {
        uint64_t other = i < b->n_words ? b->words[i] : 0;
        if (a->words[i] & ~other)
            return false;
    }
    return true;
}

bool hy_column_set_is_empty(const HyColumnSet *set)
{
    return hy_column_set_next(set, 0) == 0;
}

HyColumnId hy_column_set_next(const HyColumnSet *set, HyColumnId after)
{
    for (size_t id = (size_t)after + 1; id < set->n_words * 64; id++) {
        uint64_t rest = set->words[id / 64] >> id % 64;
        if (rest == 0)
            id |= 63; /* the loop goes on with the next word */
        else
            return (HyColumnId)(id + (size_t)__builtin_ctzll(rest));
    }
    return 0;
}
