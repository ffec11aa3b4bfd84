/* Sets of column ids, as bitmaps that grow in the statement's arena. */
#ifndef HY_PLAN_COLUMN_SET_H
#define HY_PLAN_COLUMN_SET_H

#include "sql/expr.h"

typedef struct HyColumnSet {
    uint64_t *words;
    size_t n_words;
} HyColumnSet; /* zeroed: empty */

HyStatus hy_column_set_add(HyArena *arena, HyColumnSet *set, HyColumnId id) HY_MUST_CHECK;
HyStatus hy_column_set_union(
    HyArena *arena, HyColumnSet *into, const HyColumnSet *from) HY_MUST_CHECK;
void hy_column_set_remove(HyColumnSet *set, const HyColumnSet *other);
bool hy_column_set_has(const HyColumnSet *set, HyColumnId id);
bool hy_column_set_intersects(const HyColumnSet *a, const HyColumnSet *b);
/* Whether every member of a is in b. */
bool hy_column_set_within(const HyColumnSet *a, const HyColumnSet *b);
bool hy_column_set_is_empty(const HyColumnSet *set);
/* The smallest member above `after`, or 0. */
HyColumnId hy_column_set_next(const HyColumnSet *set, HyColumnId after);

#endif
