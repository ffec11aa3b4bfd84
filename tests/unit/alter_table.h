/* ALTER TABLE with one change, published at once. */
#ifndef HY_TESTS_ALTER_TABLE_H
#define HY_TESTS_ALTER_TABLE_H

#include "catalog/database.h"

#define HY_ALTER_ONCE(table, change, out)                                                          \
    HyAlteration *alteration;                                                                      \
    HY_TRY(hy_alteration_begin(table, &alteration));                                               \
    return hy_alteration_end(alteration, change, out)

static inline HyStatus alter_rename(HyTable *table, const char *new_name, HyTable **out)
{
    HY_ALTER_ONCE(table, hy_alteration_rename(alteration, new_name), out);
}
static inline HyStatus alter_rename_column(
    HyTable *table, const char *name, const char *new_name, HyTable **out)
{
    HY_ALTER_ONCE(table, hy_alteration_rename_column(alteration, name, new_name), out);
}
static inline HyStatus alter_add_column(
    HyTable *table, const HyTableColumn *column, const HyValue *fill, HyTable **out)
{
    HY_ALTER_ONCE(table, hy_alteration_add_column(alteration, column, fill), out);
}
static inline HyStatus alter_drop_column(HyTable *table, const char *name, HyTable **out)
{
    HY_ALTER_ONCE(table, hy_alteration_drop_column(alteration, name), out);
}
static inline HyStatus alter_add_constraint(
    HyTable *table, const HyTableKey *key, const HyForeignKey *foreign_key, HyTable **out)
{
    HY_ALTER_ONCE(table, hy_alteration_add_constraint(alteration, key, foreign_key), out);
}

#endif
