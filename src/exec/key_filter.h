/* What a hash join tells the scans on its probe side: rows whose key is none of the build side's
 * cannot come out (sideways information passing; Beeri & Ramakrishnan 1991, and the Bloom filters
 * of Mullin 1990). A filter is made when the build rows are complete, before the pipelines of the
 * probe side run, and is about one integer key: its range, and a bitmap of the values or, where
 * those lie too far apart, a Bloom filter. */
#ifndef HY_EXEC_KEY_FILTER_H
#define HY_EXEC_KEY_FILTER_H

#include "exec/group_table.h"
#include "sql/algebra.h"
#include "types/rowset.h"

typedef struct HyKeyFilter {
    HyType type;
    uint32_t build_column; /* of the build rows */
    uint64_t probe_rows;   /* so many are expected to be tested */
    HyMemory *memory;
    bool is_ready;    /* false: lets all rows pass */
    bool is_bitmap;   /* else a Bloom filter */
    int64_t min, max; /* min > max: no rows */
    HyGrowing words;  /* uint64_t */
    unsigned bits;    /* Bloom filter: of the number of words */
} HyKeyFilter;

/* A filter on its way down the tree, under the id that its column has there. */
typedef struct HyKeyFilterRef HyKeyFilterRef;
struct HyKeyFilterRef {
    HyKeyFilter *filter;
    HyColumnId id;
    HyKeyFilterRef *next;
};

/* Whether there can be filters on keys of this type. */
bool hy_key_filter_fits(HyType type);
/* From all build rows. Too many of them: the filter stays unready. */
HyStatus hy_key_filter_make(
    HyKeyFilter *filter, const HyRowset *rows, HyMemory *memory) HY_MUST_CHECK;
void hy_key_filter_free(HyKeyFilter *filter);

/* Rows of the flat vector that may match, ascending; returns how many. Nulls never match. */
size_t hy_key_filter_select(
    const HyKeyFilter *filter, const HyVector *keys, size_t n, uint32_t *sel);

#endif
