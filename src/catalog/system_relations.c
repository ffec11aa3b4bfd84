#include "catalog/system_relations.h"

#include "catalog/system_relations_table.h"
#include "catalog/table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct SystemColumn {
    char *name;
    HyType type;
    uint32_t type_oid;
} SystemColumn;

typedef struct SystemRelation {
    const char *name;
    uint32_t schema_oid;
    uint32_t oid;
    char kind;
    size_t n_hidden;
    const char *definition;
    SystemColumn *columns; /* read from the definition at first use */
    size_t n_columns;
} SystemRelation;

#define AS_ROW(name, oid, kind, n_hidden, definition)                                              \
    {#name, HY_OID_PG_CATALOG, oid, kind, n_hidden, definition, NULL, 0},
#define AS_INFORMATION_ROW(name, oid, kind, n_hidden, definition)                                  \
    {#name, HY_OID_INFORMATION_SCHEMA, oid, kind, n_hidden, definition, NULL, 0},
static SystemRelation relations[] = {
    HY_SYSTEM_RELATIONS(AS_ROW) HY_INFORMATION_RELATIONS(AS_INFORMATION_ROW)};
#define N_RELATIONS HY_ARRAY_LEN(relations)

/* ---- Definitions ---- */

static const HyType element_text = {.id = HY_TYPE_TEXT, .nullable = true};
static const HyType element_char = {.id = HY_TYPE_CHAR1, .nullable = true};
static const HyType element_int2 = {.id = HY_TYPE_INT2, .nullable = true};
static const HyType element_oid = {.id = HY_TYPE_OID, .nullable = true};
static const HyType element_float8 = {.id = HY_TYPE_FLOAT8, .nullable = true};

/* Types that the engine does not have are kept as what they look like. */
static const struct {
    const char *name;
    HyTypeId id;
    const HyType *element;
    uint32_t oid; /* 0: that of the type */
} type_words[] = {
    {"text", HY_TYPE_TEXT, NULL, 0},
    {"char", HY_TYPE_CHAR1, NULL, 0},
    {"bool", HY_TYPE_BOOL, NULL, 0},
    {"oid", HY_TYPE_OID, NULL, 0},
    {"int2", HY_TYPE_INT2, NULL, 0},
    {"int4", HY_TYPE_INT4, NULL, 0},
    {"int8", HY_TYPE_INT8, NULL, 0},
    {"float8", HY_TYPE_FLOAT8, NULL, 0},
    {"bytea", HY_TYPE_BYTEA, NULL, 0},
    {"interval", HY_TYPE_INTERVAL, NULL, 0},
    {"timestamp", HY_TYPE_TIMESTAMP, NULL, 0},
    {"timestamptz", HY_TYPE_TIMESTAMPTZ, NULL, 0},
    {"regproc", HY_TYPE_REGPROC, NULL, 0},
    {"int2vector", HY_TYPE_TEXT, &element_int2, 0},
    {"oidvector", HY_TYPE_TEXT, &element_oid, 0},
    {"text[]", HY_TYPE_ARRAY, &element_text, 0},
    {"char[]", HY_TYPE_ARRAY, &element_char, 0},
    {"int2[]", HY_TYPE_ARRAY, &element_int2, 0},
    {"oid[]", HY_TYPE_ARRAY, &element_oid, 0},
    {"float8[]", HY_TYPE_ARRAY, &element_float8, 0},
    {"aclitem[]", HY_TYPE_ARRAY, &element_text, 1034},
};

static void read_type(const char *word, size_t len, SystemColumn *out)
{
    bool not_null = word[len - 1] == '!';
    len -= not_null;
    for (size_t i = 0; i < HY_ARRAY_LEN(type_words); i++) {
        if (strlen(type_words[i].name) != len || strncmp(type_words[i].name, word, len) != 0)
            continue;
        out->type = hy_type_nullable(hy_type(type_words[i].id), !not_null);
        out->type.element = type_words[i].element;
        out->type_oid = type_words[i].oid ? type_words[i].oid : hy_type_oid(out->type);
    }
}

/* Reads "name type, name type!"; the hidden oid follows. Without memory a relation stays without
 * columns. */
static void read_definition(SystemRelation *r)
{
    size_t n = r->n_hidden + 1;
    for (const char *p = r->definition; *p; p++)
        n += *p == ',';
    r->columns = calloc(n, sizeof *r->columns);
    if (!r->columns)
        return;
    for (const char *p = r->definition; *p;) {
        SystemColumn *column = &r->columns[r->n_columns++];
        size_t name_len = strcspn(p, " ");
        size_t type_len = strcspn(p + name_len + 1, ",");
        column->name = strndup(p, name_len);
        if (!column->name) {
            r->n_columns = 0;
            return;
        }
        read_type(p + name_len + 1, type_len, column);
        p += name_len + 1 + type_len;
        p += strspn(p, ", ");
    }
    if (r->n_hidden) {
        static char oid[] = "oid";
        r->columns[r->n_columns] = (SystemColumn){.name = oid};
        read_type("oid!", 4, &r->columns[r->n_columns++]);
    }
}

static pthread_once_t definitions_once = PTHREAD_ONCE_INIT;

static void read_definitions(void)
{
    for (size_t i = 0; i < N_RELATIONS; i++)
        read_definition(&relations[i]);
}

static const SystemRelation *relation_at(int id)
{
    pthread_once(&definitions_once, read_definitions);
    return &relations[id];
}

/* ---- Questions ---- */

uint32_t hy_system_table_oid(const HyTable *table)
{
    return table->is_temporary ? table->oid | HY_OID_FIRST_TEMPORARY : table->oid;
}

size_t hy_system_relation_count(void)
{
    return N_RELATIONS;
}

int hy_system_relation_find(const char *schema, const char *name)
{
    uint32_t schema_oid = strcmp(schema, "pg_catalog") == 0           ? HY_OID_PG_CATALOG
                          : strcmp(schema, "information_schema") == 0 ? HY_OID_INFORMATION_SCHEMA
                                                                      : 0;
    for (size_t i = 0; i < N_RELATIONS && schema_oid; i++)
        if (relations[i].schema_oid == schema_oid && strcmp(relations[i].name, name) == 0)
            return (int)i;
    return -1;
}

int hy_system_relation_find_oid(uint32_t oid)
{
    for (size_t i = 0; i < N_RELATIONS; i++)
        if (relations[i].oid == oid)
            return (int)i;
    return -1;
}

const char *hy_system_relation_name(int id)
{
    return relations[id].name;
}

uint32_t hy_system_relation_schema_oid(int id)
{
    return relations[id].schema_oid;
}

uint32_t hy_system_relation_oid(int id)
{
    return relations[id].oid;
}

char hy_system_relation_kind(int id)
{
    return relations[id].kind;
}

size_t hy_system_relation_column_count(int id)
{
    return relation_at(id)->n_columns;
}

size_t hy_system_relation_visible_count(int id)
{
    const SystemRelation *r = relation_at(id);
    return r->n_columns ? r->n_columns - r->n_hidden : 0;
}

const char *hy_system_relation_column_name(int id, size_t column)
{
    return relation_at(id)->columns[column].name;
}

HyType hy_system_relation_column_type(int id, size_t column)
{
    return relation_at(id)->columns[column].type;
}

uint32_t hy_system_relation_column_type_oid(int id, size_t column)
{
    return relation_at(id)->columns[column].type_oid;
}
