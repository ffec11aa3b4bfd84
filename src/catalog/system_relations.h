/* The relations of pg_catalog: their names and columns. Their rows are made by the session
 * (session/system_rows.h), which knows what is attached and set. spec/sql.md section 13. */
#ifndef HY_CATALOG_SYSTEM_RELATIONS_H
#define HY_CATALOG_SYSTEM_RELATIONS_H

#include "types/type.h"

/* Number of the relation of that schema ("pg_catalog") and name, or -1. */
int hy_system_relation_find(const char *schema, const char *name);
size_t hy_system_relation_count(void);
const char *hy_system_relation_name(int id);
size_t hy_system_relation_column_count(int id);
const char *hy_system_relation_column_name(int id, size_t column);
HyType hy_system_relation_column_type(int id, size_t column);

#endif
