#include "session/system_rows.h"

#include "catalog/system_relations.h"
#include "session/session.h"

#include <string.h>

/* Collects the rows of one system relation. */
typedef struct RowWriter {
    HyArena *arena; /* of the collection */
    HyRowset *rows;
    HyValue *row; /* the row being filled, one value per column */
    size_t n_columns;
    size_t next; /* column that the next put fills */
} RowWriter;

static HyValue *next_value(RowWriter *w)
{
    HyValue *v = &w->row[w->next++];
    v->is_null = false;
    return v;
}

static void put_text(RowWriter *w, const char *text)
{
    next_value(w)->string = hy_string_view(text, strlen(text));
}

static void put_oid(RowWriter *w, uint32_t oid)
{
    next_value(w)->u32 = oid;
}

static void put_bool(RowWriter *w, bool on)
{
    next_value(w)->u8 = on;
}

static void put_int2(RowWriter *w, int v)
{
    next_value(w)->i16 = (int16_t)v;
}

static void put_int4(RowWriter *w, int32_t v)
{
    next_value(w)->i32 = v;
}

static void put_null(RowWriter *w)
{
    w->next++;
}

/* Columns that were not filled are null. */
static HyStatus end_row(RowWriter *w)
{
    HyVector *columns;
    HY_ARENA_NEW(w->arena, columns, w->n_columns);
    for (size_t i = 0; i < w->n_columns; i++) {
        HY_TRY(hy_vector_constant(w->arena, &w->row[i], &columns[i]));
        w->row[i].is_null = true;
    }
    w->next = 0;
    HyBatch batch = {.n_rows = 1, .n_cols = w->n_columns, .cols = columns};
    return hy_rowset_append(w->rows, &batch);
}

#define OID_PG_CATALOG 11
#define OID_PG_TEMP    12
#define OID_OWNER      10003

/* ---- Schemas and tables ---- */

static HyStatus namespace_row(RowWriter *w, uint32_t oid, const char *name)
{
    put_oid(w, oid);
    put_text(w, name);
    put_oid(w, OID_OWNER);
    return end_row(w);
}

static HyStatus namespace_rows(RowWriter *w, HyDatabase *database)
{
    HySchemaInfo *schemas;
    size_t n;
    HY_TRY(namespace_row(w, OID_PG_CATALOG, "pg_catalog"));
    HY_TRY(namespace_row(w, OID_PG_TEMP, "pg_temp"));
    if (!database)
        return HY_OK;
    HY_TRY(hy_database_schemas(database, w->arena, &schemas, &n));
    for (size_t i = 0; i < n; i++)
        HY_TRY(namespace_row(w, schemas[i].oid, schemas[i].name));
    return HY_OK;
}

static HyStatus class_row(RowWriter *w, HyTable *table)
{
    HyRelation *relation = hy_table_committed(table);
    put_oid(w, table->oid);
    put_text(w, table->name);
    put_oid(w, table->is_temporary ? OID_PG_TEMP : table->schema_oid);
    put_oid(w, 0);
    put_oid(w, OID_OWNER);
    put_oid(w, 0);
    next_value(w)->f64 = (double)hy_relation_live_count(relation);
    put_bool(w, table->n_keys > 0);
    put_text(w, table->is_temporary ? "t" : "p");
    put_text(w, "r");
    put_int2(w, (int)table->n_columns);
    put_int2(w, 0);
    put_bool(w, false);
    put_bool(w, table->n_keys > 0 && table->keys[0].kind == HY_KEY_PRIMARY);
    put_bool(w, false);
    put_bool(w, false);
    hy_relation_unref(relation);
    return end_row(w);
}

static HyStatus tables_row(RowWriter *w, HyTable *table)
{
    put_text(w, table->schema_name);
    put_text(w, table->name);
    put_text(w, "tableau_internal_user");
    put_null(w);
    put_bool(w, table->n_keys > 0);
    put_bool(w, false);
    put_bool(w, false);
    return end_row(w);
}

/* Bytes of a value; -1 for variable length. */
static int type_length(HyType type)
{
    HyPhysical physical = hy_type_physical(type);
    return physical == HY_PHYS_STRING ? -1 : (int)hy_physical_size(physical);
}

static HyStatus attribute_rows(RowWriter *w, HyTable *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const HyTableColumn *column = &table->columns[i];
        put_oid(w, table->oid);
        put_text(w, column->name);
        put_oid(w, hy_type_oid(column->type));
        put_int2(w, type_length(column->type));
        put_int2(w, (int)i + 1);
        put_int4(w, column->type.id == HY_TYPE_ARRAY);
        put_int4(w, hy_type_typmod(column->type));
        put_bool(w, !column->type.nullable);
        put_bool(w, column->default_sql != NULL);
        put_bool(w, false);
        put_oid(w, 0);
        HY_TRY(end_row(w));
    }
    return HY_OK;
}

/* Calls row for each table of the database and of the session's temporary store. */
static HyStatus each_table(RowWriter *w, const HySession *session, HyDatabase *database,
    HyStatus (*row)(RowWriter *w, HyTable *table))
{
    HyDatabase *stores[2] = {database, session->attachments.temporary};
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

/* ---- Types, settings, databases ---- */

static HyStatus type_row(RowWriter *w, HyType type)
{
    HyBuffer name = {0};
    HyStatus st = hy_type_format(type, &name);
    char *copy = st ? NULL : hy_arena_strndup(w->arena, name.data, name.len);
    hy_buffer_free(&name);
    HY_TRY(st);
    if (!copy)
        return hy_error_oom(0);
    put_oid(w, hy_type_oid(type));
    put_text(w, copy);
    put_oid(w, OID_PG_CATALOG);
    put_oid(w, OID_OWNER);
    put_int2(w, type_length(type));
    put_bool(w, type_length(type) > 0 && type_length(type) <= 8);
    put_text(w, "b");
    put_text(w, hy_type_is_text(type) ? "S" : hy_type_is_number(type) ? "N" : "U");
    put_oid(w, 0);
    put_oid(w, 0);
    put_oid(w, 0);
    put_bool(w, false);
    put_oid(w, 0);
    put_int4(w, -1);
    put_oid(w, 0);
    return end_row(w);
}

static HyStatus type_rows(RowWriter *w)
{
    for (int id = HY_TYPE_BOOL; id < HY_TYPE_ARRAY; id++) {
        HyType type = id == HY_TYPE_NUMERIC ? hy_type_numeric(38, 0) : hy_type((HyTypeId)id);
        HY_TRY(type_row(w, type));
    }
    return HY_OK;
}

static HyStatus settings_rows(RowWriter *w, const HySession *session)
{
    for (size_t i = 0; i < hy_settings_count(); i++) {
        put_text(w, hy_settings_name(i));
        put_text(w, hy_settings_get(session->settings, hy_settings_name(i)));
        put_null(w);
        put_text(w, "");
        put_text(w, "");
        HY_TRY(end_row(w));
    }
    return HY_OK;
}

static HyStatus database_rows(RowWriter *w, const HySession *session)
{
    for (size_t i = 0; i < session->attachments.n_items; i++) {
        put_oid(w, (uint32_t)(i + 1));
        put_text(w, session->attachments.items[i].alias);
        put_oid(w, OID_OWNER);
        put_int4(w, 6); /* UTF8 */
        put_text(w, "en_US.UTF-8");
        put_text(w, "en_US.UTF-8");
        put_bool(w, false);
        put_bool(w, true);
        HY_TRY(end_row(w));
    }
    return HY_OK;
}

/* ---- Entry ---- */

static HyStatus write_rows(
    RowWriter *w, const HySession *session, HyDatabase *database, const char *name)
{
    if (strcmp(name, "pg_namespace") == 0)
        return namespace_rows(w, database);
    if (strcmp(name, "pg_class") == 0)
        return each_table(w, session, database, class_row);
    if (strcmp(name, "pg_attribute") == 0)
        return each_table(w, session, database, attribute_rows);
    if (strcmp(name, "pg_tables") == 0)
        return each_table(w, session, database, tables_row);
    if (strcmp(name, "pg_type") == 0)
        return type_rows(w);
    if (strcmp(name, "pg_settings") == 0)
        return settings_rows(w, session);
    if (strcmp(name, "pg_database") == 0)
        return database_rows(w, session);
    return HY_OK; /* PostgreSQL's other relations are empty */
}

static HyStatus open_writer(RowWriter *w, int id, HyMemory *memory)
{
    HyType *types;
    w->n_columns = hy_system_relation_column_count(id);
    HY_ARENA_NEW(w->arena, types, w->n_columns);
    HY_ARENA_NEW(w->arena, w->row, w->n_columns);
    for (size_t i = 0; i < w->n_columns; i++) {
        types[i] = hy_system_relation_column_type(id, i);
        w->row[i] = hy_value_null(types[i]);
    }
    return hy_rowset_create(types, w->n_columns, memory, &w->rows);
}

HyStatus hy_session_system_rows(
    void *session_, int system_id, const char *database, HyMemory *memory, HyRowset **out)
{
    const HySession *session = session_;
    HyDatabase *target = database ? hy_attachments_find(&session->attachments, database)
                                  : hy_attachments_single(&session->attachments);
    RowWriter w = {.arena = hy_arena_create()};
    HyStatus st = HY_OK;
    if (!w.arena)
        return hy_error_oom(0);
    HY_GO(open_writer(&w, system_id, memory));
    HY_GO(write_rows(&w, session, target, hy_system_relation_name(system_id)));
    *out = w.rows;
    w.rows = NULL;
done:
    hy_rowset_destroy(w.rows);
    hy_arena_destroy(w.arena);
    return st;
}
