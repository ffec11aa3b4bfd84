/* What the files of DDL share. All functions are called under the commit lock. */
#ifndef HY_CATALOG_DDL_INTERNAL_H
#define HY_CATALOG_DDL_INTERNAL_H

#include "catalog/catalog_internal.h"

/* Keeps new writers away from a table for the length of a DDL statement. Errors: 40001 when the
 * table is not current or a transaction has changes to it. */
HyStatus hy_ddl_begin_table(HyTable *table) HY_MUST_CHECK;
void hy_ddl_end_table(HyTable *table);

/* Persists the state `next` and makes it the current one; takes `next` over, also on failure. */
HyStatus hy_ddl_publish(
    HyDatabase *database, HySnapshot *next, HyPersistItem *items, size_t n_items) HY_MUST_CHECK;

/* Puts a table like `definition`, with the rows of `relation` (NULL: as they are), into `next` in
 * the place of `table`. dropped_column: number of the column that is gone, or SIZE_MAX, so that
 * what is kept with columns follows. */
HyStatus hy_ddl_replace_in(HySnapshot *next, HyTable *table, const HyTable *definition,
    HyRelation *relation, size_t dropped_column) HY_MUST_CHECK;

/* Checks keys against columns and gives them names and OIDs; drops unique keys that are there
 * already, and a former primary key for a later one in ALTER. The arrays lie in the arena.
 * is_alter: the last key is the new one. */
HyStatus hy_ddl_finish_keys(
    HyDatabase *database, HyArena *arena, HyTable *definition, bool is_alter) HY_MUST_CHECK;
HyStatus hy_ddl_check_foreign_keys(const HySnapshot *snapshot, HyTable *definition) HY_MUST_CHECK;
HyStatus hy_ddl_check_columns(const HyDatabase *database, const HyTable *definition) HY_MUST_CHECK;

#endif
