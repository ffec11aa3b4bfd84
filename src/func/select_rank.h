/* The value of a rank without sorting all others (Hoare's FIND, with the middle of three as pivot).
 */
#ifndef HY_FUNC_SELECT_RANK_H
#define HY_FUNC_SELECT_RANK_H

#include "types/type.h"
#include <stdint.h>

/* Reorders n values in physical form, none of them null: the value of rank k < n comes to place k,
 * with no greater one before and no smaller one behind it. NaN is the greatest. */
void hy_select_rank(HyType type, char *values, uint64_t n, uint64_t k);
/* The same when hy_select_rank(k - 1) came before: only what lies behind is looked at. */
void hy_select_next_rank(HyType type, char *values, uint64_t n, uint64_t k);

#endif
