/* The relations of pg_catalog and information_schema: their names and columns. Their rows are made
 * by the session (session/system_rows.h), which knows what is attached and set. spec/sql.md
 * section 13. */
#ifndef HY_CATALOG_SYSTEM_RELATIONS_H
#define HY_CATALOG_SYSTEM_RELATIONS_H

#include "types/type.h"

typedef struct HyTable HyTable; /* catalog/table.h */

/* Numbers of what is not in a file. Temporary tables are numbered from their own beginning. */
#define HY_OID_PG_CATALOG         11
#define HY_OID_TABLEAU            12
#define HY_OID_PG_TEMP            42
#define HY_OID_INFORMATION_SCHEMA 9000
#define HY_OID_SYSTEM             10002 /* the owner of what the system brings along */
#define HY_OID_USER               10003 /* the one user */
#define HY_OID_FIRST_FUNCTION     59000
#define HY_OID_FIRST_TEMPORARY    0x80000000u

/* The number of a table as catalogs show it: its own, moved for temporary tables. */
uint32_t hy_system_table_oid(const HyTable *table);

/* Number of the relation of that schema ("pg_catalog") and name, or -1. */
int hy_system_relation_find(const char *schema, const char *name);
int hy_system_relation_find_oid(uint32_t oid);
size_t hy_system_relation_count(void);
const char *hy_system_relation_name(int id);
uint32_t hy_system_relation_oid(int id);
uint32_t hy_system_relation_schema_oid(int id);
char hy_system_relation_kind(int id); /* 'r' table, 'v' view */

/* Columns, the hidden ones last: those are found by name and not part of `*`. */
size_t hy_system_relation_column_count(int id);
size_t hy_system_relation_visible_count(int id);
const char *hy_system_relation_column_name(int id, size_t column);
HyType hy_system_relation_column_type(int id, size_t column);
/* The type that pg_attribute names: it differs for types that the engine does not have. */
uint32_t hy_system_relation_column_type_oid(int id, size_t column);

#endif
