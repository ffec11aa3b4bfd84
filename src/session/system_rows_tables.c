/* Schemas, tables, columns, defaults, keys and indexes as pg_catalog lists them. */
#include "catalog/system_relations.h"
#include "session/system_writer.h"

#include <string.h>

HyStatus hy_system_each_table(HySystemWriter *w, HyStatus (*row)(HySystemWriter *w, HyTable *table))
{
    HyDatabase *stores[2] = {w->session->attachments.temporary, w->database};
    for (size_t s = 0; s < HY_ARRAY_LEN(stores); s++) {
        HyTable **tables;
        size_t n;
        HyStatus st = HY_OK;
        if (!stores[s])
            continue;
        HY_TRY(hy_database_tables(stores[s], NULL, w->arena, &tables, &n));
        for (size_t i = 0; i < n; i++) {
            if (!st)
                st = row(w, tables[i]);
            hy_table_unref(tables[i]);
        }
        HY_TRY(st);
    }
    return HY_OK;
}

static uint32_t schema_oid(const HyTable *table)
{
    return table->is_temporary ? HY_OID_PG_TEMP : table->schema_oid;
}

/* Numbers of what belongs to a temporary table are moved with it. */
static uint32_t own_oid(const HyTable *table, uint32_t oid)
{
    return table->is_temporary && oid ? oid | HY_OID_FIRST_TEMPORARY : oid;
}

/* ---- pg_namespace ---- */

static HyStatus namespace_row(HySystemWriter *w, uint32_t oid, const char *name, uint32_t owner)
{
    hy_system_put(w, "oid", oid);
    hy_system_put_text(w, "nspname", name);
    hy_system_put(w, "nspowner", owner);
    return hy_system_end_row(w);
}

HyStatus hy_system_namespace_rows(HySystemWriter *w)
{
    HySchemaInfo *schemas = NULL;
    size_t n = 0;
    HY_TRY(namespace_row(w, HY_OID_PG_TEMP, "pg_temp", 0));
    if (w->database)
        HY_TRY(hy_database_schemas(w->database, w->arena, &schemas, &n));
    for (size_t i = 0; i < n; i++)
        HY_TRY(namespace_row(w, schemas[i].oid, schemas[i].name,
            strcmp(schemas[i].name, "public") == 0 ? HY_OID_SYSTEM : HY_OID_USER));
    HY_TRY(namespace_row(w, HY_OID_PG_CATALOG, "pg_catalog", HY_OID_SYSTEM));
    HY_TRY(namespace_row(w, HY_OID_TABLEAU, "tableau", HY_OID_SYSTEM));
    return namespace_row(w, HY_OID_INFORMATION_SCHEMA, "information_schema", HY_OID_SYSTEM);
}

/* ---- pg_class ---- */

#define NO_ACCESS_METHOD 407 /* "none": indexes are noted, not built */

static HyStatus class_row(HySystemWriter *w, HyTable *table)
{
    for (size_t k = 0; k < table->n_keys; k++) {
        const HyTableKey *key = &table->keys[k];
        if (!key->index_oid)
            continue;
        hy_system_put(w, "oid", own_oid(table, key->index_oid));
        hy_system_put_text(w, "relname", key->name);
        hy_system_put(w, "relnamespace", schema_oid(table));
        hy_system_put(w, "relowner", HY_OID_USER);
        hy_system_put(w, "relam", NO_ACCESS_METHOD);
        hy_system_put(w, "relpersistence", table->is_temporary ? 't' : 'p');
        hy_system_put(w, "relkind", 'i');
        hy_system_put(w, "relnatts", (int64_t)key->n_columns + 1);
        HY_TRY(hy_system_end_row(w));
    }
    HyRelation *relation = hy_table_committed(table);
    hy_system_put(w, "oid", hy_system_table_oid(table));
    hy_system_put_text(w, "relname", table->name);
    hy_system_put(w, "relnamespace", schema_oid(table));
    hy_system_put(w, "relowner", table->is_temporary ? 0 : HY_OID_USER);
    hy_system_put_double(w, "reltuples", (double)hy_relation_live_count(relation));
    hy_system_put(w, "relhasindex", table->n_keys > 0);
    hy_system_put(w, "relpersistence", table->is_temporary ? 't' : 'p');
    hy_system_put(w, "relkind", 'r');
    hy_system_put(w, "relnatts", (int64_t)table->n_columns);
    for (size_t k = 0; k < table->n_keys; k++)
        if (table->keys[k].kind == HY_KEY_PRIMARY)
            hy_system_put(w, "relhaspkey", true);
    hy_relation_unref(relation);
    return hy_system_end_row(w);
}

HyStatus hy_system_class_rows(HySystemWriter *w)
{
    HY_TRY(hy_system_each_table(w, class_row));
    for (int id = 0; id < (int)hy_system_relation_count(); id++) {
        hy_system_put(w, "oid", hy_system_relation_oid(id));
        hy_system_put_text(w, "relname", hy_system_relation_name(id));
        hy_system_put(w, "relnamespace", hy_system_relation_schema_oid(id));
        hy_system_put(w, "relowner", HY_OID_SYSTEM);
        hy_system_put(w, "relpersistence", 'p');
        hy_system_put(w, "relkind", hy_system_relation_kind(id));
        hy_system_put(w, "relnatts", (int64_t)hy_system_relation_visible_count(id));
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}

/* ---- pg_attribute ---- */

typedef struct Attribute {
    uint32_t relation;
    const char *name;
    uint32_t type_oid;
    HyType type;
    size_t number; /* from 1 */
    bool has_default;
} Attribute;

static HyStatus attribute_row(HySystemWriter *w, const Attribute *a)
{
    hy_system_put(w, "attrelid", a->relation);
    hy_system_put_text(w, "attname", a->name);
    hy_system_put(w, "atttypid", a->type_oid);
    hy_system_put(w, "attlen", hy_system_type_length(a->type_oid));
    hy_system_put(w, "attnum", (int64_t)a->number);
    hy_system_put(w, "attndims", a->type.id == HY_TYPE_ARRAY);
    hy_system_put(w, "attcacheoff", -1);
    hy_system_put(w, "atttypmod", hy_type_typmod(a->type));
    hy_system_put(w, "attstorage", 'p');
    hy_system_put(w, "attalign", 'c');
    hy_system_put(w, "attnotnull", !a->type.nullable);
    hy_system_put(w, "atthasdef", a->has_default);
    hy_system_put(w, "attislocal", true);
    hy_system_put(w, "attcollation", hy_system_collation_oid(a->type));
    return hy_system_end_row(w);
}

static HyStatus column_row(
    HySystemWriter *w, const HyTable *table, uint32_t relation, size_t column, size_t number)
{
    const HyTableColumn *c = &table->columns[column];
    const Attribute attribute = {.relation = relation,
        .name = c->name,
        .type_oid = hy_type_oid(c->type),
        .type = c->type,
        .number = number,
        .has_default = c->default_sql != NULL};
    return attribute_row(w, &attribute);
}

/* An index has a nameless column of no type before those of its key. */
static HyStatus index_attributes(HySystemWriter *w, const HyTable *table, const HyTableKey *key)
{
    uint32_t relation = own_oid(table, key->index_oid);
    const Attribute first = {.relation = relation,
        .name = "",
        .type_oid = 2278,
        .type = hy_type_nullable(hy_type(HY_TYPE_UNKNOWN), false),
        .number = 1};
    HY_TRY(attribute_row(w, &first));
    for (size_t i = 0; i < key->n_columns; i++)
        HY_TRY(column_row(w, table, relation, key->columns[i], i + 2));
    return HY_OK;
}

static HyStatus table_attributes(HySystemWriter *w, HyTable *table)
{
    for (size_t i = 0; i < table->n_columns; i++)
        HY_TRY(column_row(w, table, hy_system_table_oid(table), i, i + 1));
    for (size_t k = 0; k < table->n_keys; k++)
        if (table->keys[k].index_oid)
            HY_TRY(index_attributes(w, table, &table->keys[k]));
    return HY_OK;
}

HyStatus hy_system_attribute_rows(HySystemWriter *w)
{
    HY_TRY(hy_system_each_table(w, table_attributes));
    for (int id = 0; id < (int)hy_system_relation_count(); id++) {
        for (size_t i = 0; i < hy_system_relation_visible_count(id); i++) {
            const Attribute attribute = {.relation = hy_system_relation_oid(id),
                .name = hy_system_relation_column_name(id, i),
                .type_oid = hy_system_relation_column_type_oid(id, i),
                .type = hy_system_relation_column_type(id, i),
                .number = i + 1};
            HY_TRY(attribute_row(w, &attribute));
        }
    }
    return HY_OK;
}

/* ---- pg_attrdef ---- */

static HyStatus default_row(HySystemWriter *w, HyTable *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const char *text = table->columns[i].default_sql;
        if (!text)
            continue;
        hy_system_put(w, "adrelid", hy_system_table_oid(table));
        hy_system_put(w, "adnum", (int64_t)i + 1);
        hy_system_put_text(w, "adbin", text);
        hy_system_put_text(w, "adsrc", text);
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}

HyStatus hy_system_default_rows(HySystemWriter *w)
{
    return hy_system_each_table(w, default_row);
}

/* ---- pg_constraint, pg_index ---- */

/* Numbers of columns count from 1 in the catalog. */
static HyStatus put_columns(HySystemWriter *w, const char *name, const uint32_t *columns, size_t n)
{
    uint32_t *numbers;
    HY_ARENA_NEW(w->arena, numbers, n);
    for (size_t i = 0; i < n; i++)
        numbers[i] = columns[i] + 1;
    return hy_system_put_array(w, name, numbers, n);
}

static void put_constraint(
    HySystemWriter *w, const HyTable *table, uint32_t oid, const char *name, char kind)
{
    hy_system_put(w, "oid", own_oid(table, oid));
    hy_system_put_text(w, "conname", name);
    hy_system_put(w, "connamespace", schema_oid(table));
    hy_system_put(w, "contype", kind);
    hy_system_put(w, "conrelid", hy_system_table_oid(table));
    hy_system_put(w, "conislocal", true);
}

/* The columns that a foreign key points to: those written, or the primary key's. */
static HyStatus put_referenced(HySystemWriter *w, const HyTable *table, const HyForeignKey *key)
{
    HyTable *target = hy_database_find_table_by_oid(table->database, key->referenced_oid);
    const uint32_t *columns = key->referenced_columns;
    HyStatus st = HY_OK;
    hy_system_put(w, "confrelid", own_oid(table, key->referenced_oid));
    for (size_t k = 0; target && k < target->n_keys; k++) {
        if (target->keys[k].kind != HY_KEY_PRIMARY)
            continue;
        hy_system_put(w, "conindid", own_oid(table, target->keys[k].index_oid));
        if (!columns && target->keys[k].n_columns == key->n_columns)
            columns = target->keys[k].columns;
    }
    if (columns)
        st = put_columns(w, "confkey", columns, key->n_columns);
    hy_table_unref(target);
    return st;
}

static HyStatus foreign_key_row(HySystemWriter *w, const HyTable *table, size_t index)
{
    const HyForeignKey *key = &table->foreign_keys[index];
    const char *name = hy_arena_printf(w->arena, "%s_fkey_%zu", table->name, index);
    if (!name)
        return hy_error_oom(0);
    put_constraint(w, table, key->oid, name, 'f');
    hy_system_put(w, "confupdtype", 'a');
    hy_system_put(w, "confdeltype", 'a');
    hy_system_put(w, "confmatchtype", 'u');
    HY_TRY(put_columns(w, "conkey", key->columns, key->n_columns));
    HY_TRY(put_referenced(w, table, key));
    return hy_system_end_row(w);
}

static HyStatus constraint_row(HySystemWriter *w, HyTable *table)
{
    for (size_t k = 0; k < table->n_keys; k++) {
        const HyTableKey *key = &table->keys[k];
        put_constraint(w, table, key->oid, key->name, key->kind == HY_KEY_PRIMARY ? 'p' : 'u');
        hy_system_put(w, "conindid", own_oid(table, key->index_oid));
        hy_system_put(w, "confupdtype", ' ');
        hy_system_put(w, "confdeltype", ' ');
        hy_system_put(w, "confmatchtype", ' ');
        HY_TRY(put_columns(w, "conkey", key->columns, key->n_columns));
        HY_TRY(hy_system_end_row(w));
    }
    for (size_t k = 0; k < table->n_foreign_keys; k++)
        HY_TRY(foreign_key_row(w, table, k));
    return HY_OK;
}

HyStatus hy_system_constraint_rows(HySystemWriter *w)
{
    return hy_system_each_table(w, constraint_row);
}

/* Column numbers as an int2vector shows them, "1 2"; without columns zeros. */
static HyStatus put_vector(
    HySystemWriter *w, const char *name, const uint32_t *columns, size_t n_columns)
{
    HyBuffer text = {0};
    HyStatus st = HY_OK;
    for (size_t i = 0; i < n_columns && !st; i++)
        st = hy_buffer_printf(&text, i ? " %u" : "%u", columns ? columns[i] + 1 : 0);
    if (!st)
        st = hy_buffer_append_char(&text, 0);
    const char *copy = st ? NULL : hy_arena_strndup(w->arena, text.data, text.len);
    hy_buffer_free(&text);
    HY_TRY(st);
    if (!copy)
        return hy_error_oom(0);
    hy_system_put_text(w, name, copy);
    return HY_OK;
}

static HyStatus index_row(HySystemWriter *w, HyTable *table)
{
    for (size_t k = 0; k < table->n_keys; k++) {
        const HyTableKey *key = &table->keys[k];
        if (!key->index_oid)
            continue;
        hy_system_put(w, "indexrelid", own_oid(table, key->index_oid));
        hy_system_put(w, "indrelid", hy_system_table_oid(table));
        hy_system_put(w, "indnatts", (int64_t)key->n_columns);
        hy_system_put(w, "indisunique", true);
        hy_system_put(w, "indisprimary", key->kind == HY_KEY_PRIMARY);
        hy_system_put(w, "indimmediate", true);
        hy_system_put(w, "indisvalid", true);
        hy_system_put(w, "indisready", true);
        HY_TRY(put_vector(w, "indkey", key->columns, key->n_columns));
        HY_TRY(put_vector(w, "indcollation", NULL, key->n_columns));
        HY_TRY(put_vector(w, "indclass", NULL, key->n_columns));
        HY_TRY(put_vector(w, "indoption", NULL, key->n_columns));
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}

HyStatus hy_system_index_rows(HySystemWriter *w)
{
    return hy_system_each_table(w, index_row);
}

/* ---- pg_tables, pg_stat_all_tables ---- */

static HyStatus tables_row(HySystemWriter *w, HyTable *table)
{
    hy_system_put_text(w, "schemaname", table->is_temporary ? "pg_temp" : table->schema_name);
    hy_system_put_text(w, "tablename", table->name);
    hy_system_put_text(w, "tableowner", "tableau_internal_user");
    hy_system_put(w, "hasindexes", table->n_keys > 0);
    hy_system_put(w, "hasrules", false);
    hy_system_put(w, "hastriggers", false);
    return hy_system_end_row(w);
}

HyStatus hy_system_tables_rows(HySystemWriter *w)
{
    return hy_system_each_table(w, tables_row);
}

static HyStatus table_stat_row(HySystemWriter *w, HyTable *table)
{
    hy_system_put(w, "relid", hy_system_table_oid(table));
    hy_system_put_text(w, "schemaname", table->is_temporary ? "pg_temp" : table->schema_name);
    hy_system_put_text(w, "relname", table->name);
    return hy_system_end_row(w);
}

HyStatus hy_system_table_stat_rows(HySystemWriter *w)
{
    return hy_system_each_table(w, table_stat_row);
}
