/* Sorting references to rows by normalized keys. Keys whose columns take up to 16 bytes together
 * stand in the entries themselves and are sorted by radix; longer ones are bytes beside them, with
 * their first eight in the entry. */
#ifndef HY_EXEC_SORT_KEYS_H
#define HY_EXEC_SORT_KEYS_H

#include "base/cancel.h"
#include "exec/group_table.h" /* HyGrowing */

typedef struct HySortColumn {
    HyType type;
    bool is_descending;
    bool nulls_first;
} HySortColumn;

typedef struct HySortSpec {
    const HySortColumn *columns;
    size_t n;
    bool is_fixed;           /* keys are whole in the entries */
    bool trusts_nullability; /* no room for a null byte in columns that say they are not nullable */
    unsigned bits;           /* is_fixed: of a key */
} HySortSpec;

/* `columns` must outlive the spec. */
void hy_sort_spec_init(HySortSpec *spec, const HySortColumn *columns, size_t n);

typedef struct HySortEntry {
    uint64_t high;
    uint64_t low; /* not is_fixed: address of the whole key */
    uint64_t ref;
} HySortEntry;

/* < 0, 0, > 0 */
int hy_sort_compare(const HySortSpec *spec, const HySortEntry *a, const HySortEntry *b);

/* Moves the bytes of a key that is not fixed into the arena. */
HyStatus hy_sort_entry_own_key(
    const HySortSpec *spec, HySortEntry *entry, HyArena *arena) HY_MUST_CHECK;

/* Entries that are collected and then sorted. */
typedef struct HySortRun {
    const HySortSpec *spec;
    HyMemory *memory;
    HyGrowing entries; /* HySortEntry */
    size_t n;
    HyArena *keys; /* of keys that are not fixed */
    HyBuffer buffer;
} HySortRun;

HyStatus hy_sort_run_open(HySortRun *run, const HySortSpec *spec, HyMemory *memory) HY_MUST_CHECK;
void hy_sort_run_close(HySortRun *run); /* legal when zeroed */
static inline HySortEntry *hy_sort_run_entries(const HySortRun *run)
{
    return run->entries.data;
}
/* Adds n rows with these key vectors (flat, constant or dictionary) and references first_ref + i.
 */
HyStatus hy_sort_run_add(HySortRun *run, const HyVector *keys, size_t n, uint64_t first_ref,
    HyArena *scratch) HY_MUST_CHECK;
/* Sorts n entries, stable; `other` has room for as many. cancel: looked at now and then; or NULL.
 */
HyStatus hy_sort_entries(const HySortSpec *spec, HySortEntry *e, HySortEntry *other, size_t n,
    const HyCancel *cancel) HY_MUST_CHECK;
/* Stable. */
HyStatus hy_sort_run_sort(HySortRun *run, const HyCancel *cancel) HY_MUST_CHECK;

#endif
