/* information_schema: what the SQL standard calls schemas, tables, columns and constraints. Columns
 * that say nothing here are null, as in PostgreSQL. */
#include "session/system_writer.h"

#include <string.h>

static const char *schema_of(const HyTable *table)
{
    return table->is_temporary ? "pg_temp" : table->schema_name;
}

/* prefix_catalog, prefix_schema, prefix_name */
static HyStatus put_place(
    HySystemWriter *w, const char *prefix, const char *schema, const char *name)
{
    const char *parts[] = {"catalog", "schema", "name"};
    const char *values[] = {w->alias, schema, name};
    for (size_t i = 0; i < HY_ARRAY_LEN(parts); i++) {
        const char *column = hy_arena_printf(w->arena, "%s_%s", prefix, parts[i]);
        if (!column)
            return hy_error_oom(0);
        if (values[i])
            hy_system_put_text(w, column, values[i]);
    }
    return HY_OK;
}

/* ---- schemata, tables ---- */

static HyStatus schema_row(HySystemWriter *w, const char *name)
{
    if (w->alias)
        hy_system_put_text(w, "catalog_name", w->alias);
    hy_system_put_text(w, "schema_name", name);
    hy_system_put_text(w, "schema_owner", "tableau_internal_user");
    return hy_system_end_row(w);
}

HyStatus hy_system_standard_schema_rows(HySystemWriter *w)
{
    HySchemaInfo *schemas = NULL;
    size_t n = 0;
    if (w->database)
        HY_TRY(hy_database_schemas(w->database, w->arena, &schemas, &n));
    for (size_t i = 0; i < n; i++)
        HY_TRY(schema_row(w, schemas[i].name));
    HY_TRY(schema_row(w, "pg_temp"));
    HY_TRY(schema_row(w, "pg_catalog"));
    return schema_row(w, "information_schema");
}

static HyStatus table_row(HySystemWriter *w, HyTable *table)
{
    HY_TRY(put_place(w, "table", schema_of(table), table->name));
    hy_system_put_text(w, "table_type", table->is_temporary ? "LOCAL TEMPORARY" : "BASE TABLE");
    hy_system_put_text(w, "is_insertable_into", "YES");
    hy_system_put_text(w, "is_typed", "NO");
    return hy_system_end_row(w);
}

HyStatus hy_system_standard_table_rows(HySystemWriter *w)
{
    return hy_system_each_table(w, table_row);
}

/* ---- columns ---- */

/* The name of the type without its modifiers. */
static HyStatus put_type_name(HySystemWriter *w, const char *column, HyType type)
{
    HyBuffer text = {0};
    type.nullable = true;
    HyStatus st = hy_type_format(type, &text);
    size_t len = 0;
    while (!st && len < text.len && text.data[len] && text.data[len] != '(')
        len++;
    char *copy = st ? NULL : hy_arena_strndup(w->arena, text.data, len);
    hy_buffer_free(&text);
    HY_TRY(st);
    if (!copy)
        return hy_error_oom(len);
    hy_system_put_text(w, column, type.id == HY_TYPE_ARRAY ? "ARRAY" : copy);
    return HY_OK;
}

static void put_number_size(HySystemWriter *w, int precision, int radix, int scale)
{
    hy_system_put(w, "numeric_precision", precision);
    hy_system_put(w, "numeric_precision_radix", radix);
    if (scale >= 0)
        hy_system_put(w, "numeric_scale", scale);
}

static void put_sizes(HySystemWriter *w, HyType type)
{
    const int max_octets = 1 << 30; /* of text, as PostgreSQL tells it */
    switch (type.id) {
    case HY_TYPE_INT2:
        put_number_size(w, 16, 2, 0);
        break;
    case HY_TYPE_INT4:
        put_number_size(w, 32, 2, 0);
        break;
    case HY_TYPE_INT8:
        put_number_size(w, 64, 2, 0);
        break;
    case HY_TYPE_FLOAT4:
        put_number_size(w, 24, 2, -1);
        break;
    case HY_TYPE_FLOAT8:
        put_number_size(w, 53, 2, -1);
        break;
    case HY_TYPE_NUMERIC:
        put_number_size(w, type.precision, 10, type.scale);
        break;
    case HY_TYPE_VARCHAR:
    case HY_TYPE_CHAR:
        hy_system_put(w, "character_maximum_length", type.length);
        hy_system_put(w, "character_octet_length", 4 * (int64_t)type.length);
        break;
    case HY_TYPE_CHAR1:
        hy_system_put(w, "character_maximum_length", 1);
        hy_system_put(w, "character_octet_length", 4);
        break;
    case HY_TYPE_TEXT:
        hy_system_put(w, "character_octet_length", max_octets);
        break;
    case HY_TYPE_DATE:
        hy_system_put(w, "datetime_precision", 0);
        break;
    case HY_TYPE_TIME:
    case HY_TYPE_TIMESTAMP:
    case HY_TYPE_TIMESTAMPTZ:
    case HY_TYPE_INTERVAL:
        hy_system_put(w, "datetime_precision", 6);
        break;
    default:
        break;
    }
}

static HyStatus column_rows(HySystemWriter *w, HyTable *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const HyTableColumn *column = &table->columns[i];
        const char *number = hy_arena_printf(w->arena, "%zu", i + 1);
        if (!number)
            return hy_error_oom(0);
        HY_TRY(put_place(w, "table", schema_of(table), table->name));
        hy_system_put_text(w, "column_name", column->name);
        hy_system_put(w, "ordinal_position", (int64_t)i + 1);
        if (column->default_sql)
            hy_system_put_text(w, "column_default", column->default_sql);
        hy_system_put_text(w, "is_nullable", column->type.nullable ? "YES" : "NO");
        HY_TRY(put_type_name(w, "data_type", column->type));
        put_sizes(w, column->type);
        HY_TRY(put_place(w, "udt", "pg_catalog", NULL));
        HY_TRY(put_type_name(w, "udt_name", column->type));
        hy_system_put_text(w, "dtd_identifier", number);
        hy_system_put_text(w, "is_self_referencing", "NO");
        hy_system_put_text(w, "is_identity", "NO");
        hy_system_put_text(w, "identity_cycle", "NO");
        hy_system_put_text(w, "is_generated", "NEVER");
        hy_system_put_text(w, "is_updatable", "YES");
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}

HyStatus hy_system_standard_column_rows(HySystemWriter *w)
{
    return hy_system_each_table(w, column_rows);
}

/* ---- Constraints ---- */

/* Keys that were given no name get one here: joins of these relations go by names. */
static HyStatus key_name(HySystemWriter *w, const HyTable *table, size_t index, const char **out)
{
    const HyTableKey *key = &table->keys[index];
    *out = key->name && *key->name ? key->name
           : key->kind == HY_KEY_PRIMARY
               ? hy_arena_printf(w->arena, "%s_pkey", table->name)
               : hy_arena_printf(w->arena, "%s_key_%zu", table->name, index);
    return *out ? HY_OK : hy_error_oom(0);
}

/* As pg_constraint has it. */
static HyStatus reference_name(
    HySystemWriter *w, const HyTable *table, size_t index, const char **out)
{
    *out = hy_arena_printf(w->arena, "%s_fkey_%zu", table->name, index);
    return *out ? HY_OK : hy_error_oom(0);
}

static HyStatus constraint_row(
    HySystemWriter *w, const HyTable *table, const char *name, const char *kind)
{
    HY_TRY(put_place(w, "constraint", schema_of(table), name));
    HY_TRY(put_place(w, "table", schema_of(table), table->name));
    hy_system_put_text(w, "constraint_type", kind);
    hy_system_put_text(w, "is_deferrable", "NO");
    hy_system_put_text(w, "initially_deferred", "NO");
    hy_system_put_text(w, "enforced", "NO"); /* they are assumed */
    return hy_system_end_row(w);
}

static HyStatus constraint_rows(HySystemWriter *w, HyTable *table)
{
    const char *name;
    for (size_t k = 0; k < table->n_keys; k++) {
        bool is_primary = table->keys[k].kind == HY_KEY_PRIMARY;
        HY_TRY(key_name(w, table, k, &name));
        HY_TRY(constraint_row(w, table, name, is_primary ? "PRIMARY KEY" : "UNIQUE"));
    }
    for (size_t k = 0; k < table->n_foreign_keys; k++) {
        HY_TRY(reference_name(w, table, k, &name));
        HY_TRY(constraint_row(w, table, name, "FOREIGN KEY"));
    }
    return HY_OK;
}

HyStatus hy_system_standard_constraint_rows(HySystemWriter *w)
{
    return hy_system_each_table(w, constraint_rows);
}

/* refers: the columns stand for those of another key, in its order. */
static HyStatus key_rows(HySystemWriter *w, const HyTable *table, const char *name,
    const uint32_t *columns, size_t n, bool refers)
{
    for (size_t i = 0; i < n; i++) {
        HY_TRY(put_place(w, "constraint", schema_of(table), name));
        HY_TRY(put_place(w, "table", schema_of(table), table->name));
        hy_system_put_text(w, "column_name", table->columns[columns[i]].name);
        hy_system_put(w, "ordinal_position", (int64_t)i + 1);
        if (refers)
            hy_system_put(w, "position_in_unique_constraint", (int64_t)i + 1);
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}

static HyStatus key_column_rows(HySystemWriter *w, HyTable *table)
{
    const char *name;
    for (size_t k = 0; k < table->n_keys; k++) {
        const HyTableKey *key = &table->keys[k];
        HY_TRY(key_name(w, table, k, &name));
        HY_TRY(key_rows(w, table, name, key->columns, key->n_columns, false));
    }
    for (size_t k = 0; k < table->n_foreign_keys; k++) {
        const HyForeignKey *key = &table->foreign_keys[k];
        HY_TRY(reference_name(w, table, k, &name));
        HY_TRY(key_rows(w, table, name, key->columns, key->n_columns, true));
    }
    return HY_OK;
}

HyStatus hy_system_standard_key_rows(HySystemWriter *w)
{
    return hy_system_each_table(w, key_column_rows);
}

/* The key of `target` that the foreign key names: that of its columns, else the primary one. */
static HyStatus put_referenced_key(
    HySystemWriter *w, const HyTable *target, const HyForeignKey *reference)
{
    for (size_t k = 0; k < target->n_keys; k++) {
        const HyTableKey *key = &target->keys[k];
        const char *name;
        bool fits = reference->referenced_columns
                        ? key->n_columns == reference->n_columns &&
                              memcmp(key->columns, reference->referenced_columns,
                                  key->n_columns * sizeof *key->columns) == 0
                        : key->kind == HY_KEY_PRIMARY;
        if (!fits)
            continue;
        HY_TRY(key_name(w, target, k, &name));
        return put_place(w, "unique_constraint", schema_of(target), name);
    }
    return HY_OK;
}

static HyStatus reference_row(
    HySystemWriter *w, const HyTable *table, size_t index, const HyTable *target)
{
    const char *name;
    HY_TRY(reference_name(w, table, index, &name));
    HY_TRY(put_place(w, "constraint", schema_of(table), name));
    if (target)
        HY_TRY(put_referenced_key(w, target, &table->foreign_keys[index]));
    hy_system_put_text(w, "match_option", "NONE");
    hy_system_put_text(w, "update_rule", "NO ACTION");
    hy_system_put_text(w, "delete_rule", "NO ACTION");
    return hy_system_end_row(w);
}

static HyStatus reference_rows(HySystemWriter *w, HyTable *table)
{
    for (size_t k = 0; k < table->n_foreign_keys; k++) {
        HyTable *target =
            hy_database_find_table_by_oid(table->database, table->foreign_keys[k].referenced_oid);
        HyStatus st = reference_row(w, table, k, target);
        hy_table_unref(target);
        HY_TRY(st);
    }
    return HY_OK;
}

HyStatus hy_system_standard_reference_rows(HySystemWriter *w)
{
    return hy_system_each_table(w, reference_rows);
}
