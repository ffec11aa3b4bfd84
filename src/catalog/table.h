/* A table as it stands in a database: definition and identity.
 *
 * A HyTable never changes. ALTER makes a new one that takes its place in the database (same OID,
 * same slot); the old one lives on, with is_current false, for statements that were bound to it.
 * Hence a bound plan is good as long as all its tables are current. The rows are versions
 * (storage/relation.h) that a transaction hands out (catalog/transaction.h). */
#ifndef HY_CATALOG_TABLE_H
#define HY_CATALOG_TABLE_H

#include "storage/relation.h"
#include <stdatomic.h>

typedef struct HyDatabase HyDatabase;
typedef struct HyTable HyTable;

typedef struct HyTableColumn {
    const char *name;
    HyType type;             /* with nullability and collation */
    const char *default_sql; /* SQL text of the default expression, or NULL */
} HyTableColumn;

/* Keys are assumed: noted for the planner and the catalogs, never checked. */
typedef enum HyTableKeyKind { HY_KEY_PRIMARY, HY_KEY_UNIQUE } HyTableKeyKind;
typedef struct HyTableKey {
    HyTableKeyKind kind;
    const char *name;        /* "" for a primary key */
    uint32_t oid;            /* of the constraint */
    uint32_t index_oid;      /* of the index that the file lists for it; 0: none listed */
    const uint32_t *columns; /* 0-based */
    size_t n_columns;
} HyTableKey;

typedef struct HyForeignKey {
    uint32_t oid;
    const uint32_t *columns; /* 0-based */
    size_t n_columns;
    uint32_t referenced_oid;            /* of the table referenced */
    const uint32_t *referenced_columns; /* 0-based; n_columns, or NULL: its primary key */
} HyForeignKey;

/* What a new table shall be. Everything is copied. */
typedef struct HyTableDefinition {
    const char *schema_name; /* ignored for temporary tables, which are in pg_temp */
    const char *name;
    const HyTableColumn *columns;
    size_t n_columns;
    const HyTableKey *keys; /* oid and index_oid are ignored, name may be NULL */
    size_t n_keys;
    const HyForeignKey *foreign_keys; /* oid is ignored */
    size_t n_foreign_keys;
} HyTableDefinition;

/* Fields to read; made and changed by the catalog only. */
struct HyTable {
    HyDatabase *database;
    const char *schema_name;
    const char *name;
    uint32_t oid;
    uint32_t schema_oid;
    uint32_t slot; /* index in the catalog's list of relations: part of the keys of its objects */
    bool is_temporary;
    const HyTableColumn *columns;
    size_t n_columns;
    const HyTableKey *keys;
    size_t n_keys;
    const HyForeignKey *foreign_keys;
    size_t n_foreign_keys;
    atomic_bool is_current;     /* false once dropped or altered */
    struct HyTableState *state; /* private */
};

HyTable *hy_table_ref(HyTable *table); /* returns `table` */
void hy_table_unref(HyTable *table);   /* NULL is fine */

static inline bool hy_table_is_current(const HyTable *table)
{
    return atomic_load_explicit(&table->is_current, memory_order_acquire);
}

/* Index of the column of exactly this name, or -1. */
int64_t hy_table_find_column(const HyTable *table, const char *name);

/* The last committed version (one reference for the caller), for estimates and catalogs. Statements
 * that read rows use hy_transaction_relation. */
HyRelation *hy_table_committed(HyTable *table);

#endif
