/* Sorting the entries of several workers at once: cut into buckets at keys from a sample, so that
 * each bucket fits in the processor's cache, then bucket by bucket (sample sort; Frazer & McKellar
 * 1970). Buckets of which no row is wanted are left as they are. */
#ifndef HY_EXEC_SORT_PARTITION_H
#define HY_EXEC_SORT_PARTITION_H

#include "exec/pipeline.h"
#include "exec/sort_keys.h"

typedef struct HySortInput {
    HySortEntry *entries; /* the heads of keys that are not fixed are changed */
    size_t n;
    uint64_t add; /* to the references */
} HySortInput;

/* Into `out`, which has room for all. Only entries [first, end) of the result need be in their
 * places; those before are smaller, those behind greater. Equal keys keep the order of the inputs.
 */
HyStatus hy_sort_partition(HyExec *exec, const HySortSpec *spec, HySortInput *inputs,
    size_t n_inputs, uint64_t first, uint64_t end, HySortEntry *out) HY_MUST_CHECK;

#endif
