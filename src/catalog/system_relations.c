#include "catalog/system_relations.h"

#include <string.h>

typedef struct SystemColumn {
    const char *name;
    HyTypeId type;
} SystemColumn;

typedef struct SystemRelation {
    const char *name;
    const SystemColumn *columns;
    size_t n_columns;
} SystemRelation;

static const SystemColumn pg_namespace[] = {{"oid", HY_TYPE_OID}, {"nspname", HY_TYPE_TEXT},
    {"nspowner", HY_TYPE_OID}, {"nspacl", HY_TYPE_TEXT}};

static const SystemColumn pg_class[] = {{"oid", HY_TYPE_OID}, {"relname", HY_TYPE_TEXT},
    {"relnamespace", HY_TYPE_OID}, {"reltype", HY_TYPE_OID}, {"relowner", HY_TYPE_OID},
    {"relam", HY_TYPE_OID}, {"reltuples", HY_TYPE_FLOAT8}, {"relhasindex", HY_TYPE_BOOL},
    {"relpersistence", HY_TYPE_TEXT}, {"relkind", HY_TYPE_TEXT}, {"relnatts", HY_TYPE_INT2},
    {"relchecks", HY_TYPE_INT2}, {"relhasoids", HY_TYPE_BOOL}, {"relhaspkey", HY_TYPE_BOOL},
    {"relhasrules", HY_TYPE_BOOL}, {"relhastriggers", HY_TYPE_BOOL}};

static const SystemColumn pg_attribute[] = {{"attrelid", HY_TYPE_OID}, {"attname", HY_TYPE_TEXT},
    {"atttypid", HY_TYPE_OID}, {"attlen", HY_TYPE_INT2}, {"attnum", HY_TYPE_INT2},
    {"attndims", HY_TYPE_INT4}, {"atttypmod", HY_TYPE_INT4}, {"attnotnull", HY_TYPE_BOOL},
    {"atthasdef", HY_TYPE_BOOL}, {"attisdropped", HY_TYPE_BOOL}, {"attcollation", HY_TYPE_OID}};

static const SystemColumn pg_type[] = {{"oid", HY_TYPE_OID}, {"typname", HY_TYPE_TEXT},
    {"typnamespace", HY_TYPE_OID}, {"typowner", HY_TYPE_OID}, {"typlen", HY_TYPE_INT2},
    {"typbyval", HY_TYPE_BOOL}, {"typtype", HY_TYPE_TEXT}, {"typcategory", HY_TYPE_TEXT},
    {"typrelid", HY_TYPE_OID}, {"typelem", HY_TYPE_OID}, {"typarray", HY_TYPE_OID},
    {"typnotnull", HY_TYPE_BOOL}, {"typbasetype", HY_TYPE_OID}, {"typtypmod", HY_TYPE_INT4},
    {"typcollation", HY_TYPE_OID}};

static const SystemColumn pg_tables[] = {{"schemaname", HY_TYPE_TEXT}, {"tablename", HY_TYPE_TEXT},
    {"tableowner", HY_TYPE_TEXT}, {"tablespace", HY_TYPE_TEXT}, {"hasindexes", HY_TYPE_BOOL},
    {"hasrules", HY_TYPE_BOOL}, {"hastriggers", HY_TYPE_BOOL}};

static const SystemColumn pg_settings[] = {{"name", HY_TYPE_TEXT}, {"setting", HY_TYPE_TEXT},
    {"unit", HY_TYPE_TEXT}, {"category", HY_TYPE_TEXT}, {"short_desc", HY_TYPE_TEXT}};

static const SystemColumn pg_database[] = {{"oid", HY_TYPE_OID}, {"datname", HY_TYPE_TEXT},
    {"datdba", HY_TYPE_OID}, {"encoding", HY_TYPE_INT4}, {"datcollate", HY_TYPE_TEXT},
    {"datctype", HY_TYPE_TEXT}, {"datistemplate", HY_TYPE_BOOL}, {"datallowconn", HY_TYPE_BOOL}};

#define RELATION(name)                                                                             \
    {                                                                                              \
#name, name, sizeof(name) / sizeof((name)[0])                                              \
    }
static const SystemRelation relations[] = {RELATION(pg_namespace), RELATION(pg_class),
    RELATION(pg_attribute), RELATION(pg_type), RELATION(pg_tables), RELATION(pg_settings),
    RELATION(pg_database)};

size_t hy_system_relation_count(void)
{
    return sizeof relations / sizeof relations[0];
}

int hy_system_relation_find(const char *schema, const char *name)
{
    if (strcmp(schema, "pg_catalog") != 0)
        return -1;
    for (size_t i = 0; i < hy_system_relation_count(); i++)
        if (strcmp(relations[i].name, name) == 0)
            return (int)i;
    return -1;
}

const char *hy_system_relation_name(int id)
{
    return relations[id].name;
}

size_t hy_system_relation_column_count(int id)
{
    return relations[id].n_columns;
}

const char *hy_system_relation_column_name(int id, size_t column)
{
    return relations[id].columns[column].name;
}

HyType hy_system_relation_column_type(int id, size_t column)
{
    return hy_type(relations[id].columns[column].type);
}
