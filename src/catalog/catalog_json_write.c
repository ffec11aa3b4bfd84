#include "catalog/catalog_json.h"
#include "types/collation.h"
#include <stdio.h>

#define NAMESPACE_PARENT 32

/* Writes JSON as the genuine server does: one line, ", " and ": ". */
typedef struct JsonWriter {
    HyBuffer *out;
    bool needs_comma;
} JsonWriter;

static HyStatus write_raw(JsonWriter *w, const char *text, size_t len)
{
    if (w->needs_comma)
        HY_TRY(hy_buffer_append(w->out, ", ", 2));
    w->needs_comma = true;
    return hy_buffer_append(w->out, text, len);
}

static HyStatus write_open(JsonWriter *w, char bracket)
{
    HY_TRY(write_raw(w, &bracket, 1));
    w->needs_comma = false;
    return HY_OK;
}

static HyStatus write_close(JsonWriter *w, char bracket)
{
    w->needs_comma = true;
    return hy_buffer_append_char(w->out, bracket);
}

static HyStatus write_key(JsonWriter *w, const char *key)
{
    if (w->needs_comma)
        HY_TRY(hy_buffer_append(w->out, ", ", 2));
    w->needs_comma = false;
    HY_TRY(hy_json_append_string(w->out, key, strlen(key)));
    return hy_buffer_append(w->out, ": ", 2);
}

static HyStatus write_text(JsonWriter *w, const char *text)
{
    if (w->needs_comma)
        HY_TRY(hy_buffer_append(w->out, ", ", 2));
    w->needs_comma = true;
    return hy_json_append_string(w->out, text, strlen(text));
}

static HyStatus write_number(JsonWriter *w, int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)number);
    return write_raw(w, text, (size_t)len);
}

static HyStatus write_key_text(JsonWriter *w, const char *key, const char *text)
{
    HY_TRY(write_key(w, key));
    return write_text(w, text);
}

static HyStatus write_key_number(JsonWriter *w, const char *key, int64_t number)
{
    HY_TRY(write_key(w, key));
    return write_number(w, number);
}

static HyStatus write_key_raw(JsonWriter *w, const char *key, const char *text)
{
    HY_TRY(write_key(w, key));
    return write_raw(w, text, strlen(text));
}

static bool is_among(const char *key, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

/* The keys of an object that are none of ours. */
static HyStatus write_unknown(
    JsonWriter *w, const HyJson *raw, const char *const *known, size_t n_known)
{
    for (size_t i = 0; raw && i < raw->n_items; i++) {
        if (is_among(raw->keys[i], known, n_known))
            continue;
        HY_TRY(write_key(w, raw->keys[i]));
        HY_TRY(write_raw(w, raw->items[i]->source, raw->items[i]->source_len));
    }
    return HY_OK;
}

/* Entries of a dependency list that are no relations: not ours. */
static HyStatus write_other_dependencies(JsonWriter *w, const HyJson *raw, const char *key)
{
    const HyJson *list = hy_json_get(raw, key);
    for (size_t i = 0; list && i < list->n_items; i++) {
        const HyJson *kind = hy_json_get(list->items[i], "type");
        if (kind && kind->kind == HY_JSON_STRING && strcmp(kind->text, "relation") == 0)
            continue;
        HY_TRY(write_raw(w, list->items[i]->source, list->items[i]->source_len));
    }
    return HY_OK;
}

static HyStatus write_dependency(JsonWriter *w, uint32_t slot)
{
    HY_TRY(write_open(w, '{'));
    HY_TRY(write_key_text(w, "type", "relation"));
    HY_TRY(write_key_number(w, "id", slot));
    return write_close(w, '}');
}

static bool references(const HyTable *table, uint32_t oid)
{
    for (size_t i = 0; i < table->n_foreign_keys; i++) {
        if (table->foreign_keys[i].referenced_oid == oid)
            return true;
    }
    return false;
}

/* The relations that `table` references, or that reference it. */
static HyStatus write_dependencies(
    JsonWriter *w, const HySnapshot *snapshot, const HyTable *table, const HyJson *raw)
{
    HY_TRY(write_key(w, "dependencies"));
    HY_TRY(write_open(w, '['));
    HY_TRY(write_other_dependencies(w, raw, "dependencies"));
    for (size_t i = 0; table->n_foreign_keys > 0 && i < snapshot->n_tables; i++) {
        const HyTable *other = snapshot->tables[i].table;
        if (other && references(table, other->oid))
            HY_TRY(write_dependency(w, (uint32_t)i));
    }
    HY_TRY(write_close(w, ']'));
    HY_TRY(write_key(w, "reverseDependencies"));
    HY_TRY(write_open(w, '['));
    HY_TRY(write_other_dependencies(w, raw, "reverseDependencies"));
    for (size_t i = 0; i < snapshot->n_tables; i++) {
        const HyTable *other = snapshot->tables[i].table;
        if (other && other->n_foreign_keys > 0 && references(other, table->oid))
            HY_TRY(write_dependency(w, (uint32_t)i));
    }
    return write_close(w, ']');
}

static HyStatus write_column(JsonWriter *w, const HyTableColumn *column, const HyJson *raw)
{
    static const char *const known[] = {"name", "type", "collate", "default"};
    const HyType *type = &column->type;
    const char *name;
    HY_TRY(hy_catalog_type_name(*type, &name));
    HY_TRY(write_open(w, '{'));
    HY_TRY(write_key_text(w, "name", column->name));
    HY_TRY(write_key(w, "type"));
    HY_TRY(write_open(w, '['));
    HY_TRY(write_text(w, name));
    if (type->id == HY_TYPE_NUMERIC) {
        HY_TRY(write_number(w, type->precision));
        HY_TRY(write_number(w, type->scale));
    } else if (type->id == HY_TYPE_VARCHAR || type->id == HY_TYPE_CHAR) {
        HY_TRY(write_number(w, type->length));
    }
    if (type->nullable)
        HY_TRY(write_text(w, "nullable"));
    HY_TRY(write_close(w, ']'));
    const HyJson *collate = hy_json_get(raw, "collate");
    if (type->collation)
        HY_TRY(write_key_text(w, "collate", hy_collation_name(type->collation)));
    else if (collate && collate->kind == HY_JSON_STRING) /* a name for the binary one */
        HY_TRY(write_key_text(w, "collate", collate->text));
    if (column->default_sql)
        HY_TRY(write_key_text(w, "default", column->default_sql));
    HY_TRY(write_unknown(w, raw, known, HY_ARRAY_LEN(known)));
    return write_close(w, '}');
}

static HyStatus write_attributes(JsonWriter *w, const uint32_t *columns, size_t n)
{
    HY_TRY(write_key(w, "attributes"));
    HY_TRY(write_open(w, '['));
    for (size_t i = 0; i < n; i++)
        HY_TRY(write_number(w, columns[i]));
    return write_close(w, ']');
}

static HyStatus write_index(JsonWriter *w, const HyTableKey *key, size_t constraint)
{
    HY_TRY(write_open(w, '{'));
    HY_TRY(write_key_number(w, "oid", key->index_oid));
    HY_TRY(write_key_text(w, "name", key->name));
    HY_TRY(write_key_text(w, "type", "none"));
    HY_TRY(write_key_number(w, "constraint", (int64_t)constraint));
    HY_TRY(write_attributes(w, key->columns, key->n_columns));
    return write_close(w, '}');
}

static HyStatus write_keys(JsonWriter *w, const HyTable *table)
{
    bool has_unique = false;
    for (size_t i = 0; i < table->n_keys; i++) {
        const HyTableKey *key = &table->keys[i];
        has_unique = has_unique || (key->kind == HY_KEY_UNIQUE && key->index_oid);
        if (key->kind == HY_KEY_PRIMARY && key->index_oid) {
            HY_TRY(write_key(w, "primaryKey"));
            HY_TRY(write_index(w, key, i));
        }
    }
    if (has_unique) {
        HY_TRY(write_key(w, "secondaryIndexes"));
        HY_TRY(write_open(w, '['));
        for (size_t i = 0; i < table->n_keys; i++) {
            if (table->keys[i].kind == HY_KEY_UNIQUE && table->keys[i].index_oid)
                HY_TRY(write_index(w, &table->keys[i], i));
        }
        HY_TRY(write_close(w, ']'));
    }
    if (table->n_keys == 0)
        return HY_OK;
    HY_TRY(write_key(w, "constraints"));
    HY_TRY(write_open(w, '['));
    for (size_t i = 0; i < table->n_keys; i++) {
        const HyTableKey *key = &table->keys[i];
        HY_TRY(write_open(w, '{'));
        HY_TRY(write_key_number(w, "oid", key->oid));
        HY_TRY(write_key_text(w, "name", key->name));
        HY_TRY(write_key_text(w, "type", key->kind == HY_KEY_PRIMARY ? "primarykey" : "unique"));
        HY_TRY(write_attributes(w, key->columns, key->n_columns));
        HY_TRY(write_key_raw(w, "assumed", "true"));
        HY_TRY(write_close(w, '}'));
    }
    return write_close(w, ']');
}

static HyStatus write_foreign_keys(JsonWriter *w, const HySnapshot *snapshot, const HyTable *table)
{
    if (table->n_foreign_keys == 0)
        return HY_OK;
    HY_TRY(write_key(w, "foreignKeys"));
    HY_TRY(write_open(w, '['));
    for (size_t i = 0; i < table->n_foreign_keys; i++) {
        const HyForeignKey *key = &table->foreign_keys[i];
        const HyTable *other = hy_snapshot_find_oid(snapshot, key->referenced_oid);
        HY_TRY(write_open(w, '{'));
        HY_TRY(write_key_number(w, "oid", key->oid));
        HY_TRY(write_key_raw(w, "assumed", "true"));
        HY_TRY(write_attributes(w, key->columns, key->n_columns));
        HY_TRY(write_key_number(w, "references", other ? other->slot : table->slot));
        HY_TRY(write_key_text(w, "match", "simple"));
        HY_TRY(write_key_text(w, "onUpdate", "noaction"));
        HY_TRY(write_key_text(w, "onDelete", "noaction"));
        HY_TRY(write_close(w, '}'));
    }
    return write_close(w, ']');
}

static HyStatus write_null_counts(JsonWriter *w, const HyTable *table, const int64_t *counts)
{
    if (!counts || table->n_columns == 0)
        return HY_OK;
    HY_TRY(write_key(w, "nullCounts"));
    HY_TRY(write_open(w, '['));
    for (size_t i = 0; i < table->n_columns; i++)
        HY_TRY(write_number(w, counts[i]));
    return write_close(w, ']');
}

static HyStatus write_relation(
    JsonWriter *w, const HySnapshot *snapshot, const HyTable *table, const int64_t *null_counts)
{
    static const char *const known[] = {"oid", "name", "owner", "dependencies",
        "reverseDependencies", "parent", "attributes", "nullCounts", "primaryKey",
        "secondaryIndexes", "constraints", "foreignKeys", "partitionKey", "partitionedRelation",
        "type", "dropped"};
    const HyTableObject *object = hy_table_object(table);
    size_t schema = hy_snapshot_find_schema(snapshot, table->schema_name);
    HY_TRY(write_open(w, '{'));
    HY_TRY(write_key_number(w, "oid", table->oid));
    HY_TRY(write_key_text(w, "name", table->name));
    HY_TRY(write_key_number(w, "owner", object->owner));
    HY_TRY(write_dependencies(w, snapshot, table, object->raw));
    HY_TRY(write_key_number(w, "parent", (int64_t)(NAMESPACE_PARENT + schema)));
    HY_TRY(write_key(w, "attributes"));
    HY_TRY(write_open(w, '['));
    for (size_t i = 0; i < table->n_columns; i++)
        HY_TRY(write_column(
            w, &table->columns[i], object->raw_columns ? object->raw_columns[i] : NULL));
    HY_TRY(write_close(w, ']'));
    HY_TRY(write_null_counts(w, table, null_counts));
    HY_TRY(write_keys(w, table));
    HY_TRY(write_foreign_keys(w, snapshot, table));
    HY_TRY(write_key_raw(w, "partitionKey", "4294967295"));
    HY_TRY(write_key_raw(w, "partitionedRelation", "false"));
    HY_TRY(write_key_text(w, "type", "block"));
    HY_TRY(write_unknown(w, object->raw, known, HY_ARRAY_LEN(known)));
    return write_close(w, '}');
}

static HyStatus write_dropped(JsonWriter *w)
{
    static const char text[] = "{\"dropped\": true}";
    return write_raw(w, text, sizeof text - 1);
}

static HyStatus write_schemas(JsonWriter *w, const HySnapshot *snapshot)
{
    static const char *const known[] = {"oid", "name", "owner", "dropped"};
    HY_TRY(write_key(w, "namespaces"));
    HY_TRY(write_open(w, '['));
    for (size_t i = 0; i < snapshot->n_schemas; i++) {
        const HySchema *schema = snapshot->schemas[i];
        if (!schema) {
            HY_TRY(write_dropped(w));
            continue;
        }
        HY_TRY(write_open(w, '{'));
        HY_TRY(write_key_number(w, "oid", schema->oid));
        HY_TRY(write_key_text(w, "name", schema->name));
        HY_TRY(write_key_number(w, "owner", schema->owner));
        if (!schema->raw) {
            HY_TRY(write_key_raw(w, "dependencies", "[]"));
            HY_TRY(write_key_raw(w, "reverseDependencies", "[]"));
        }
        HY_TRY(write_unknown(w, schema->raw, known, HY_ARRAY_LEN(known)));
        HY_TRY(write_close(w, '}'));
    }
    return write_close(w, ']');
}

static HyStatus write_relations(
    JsonWriter *w, const HySnapshot *snapshot, HyNullCountsFn null_counts, void *context)
{
    HY_TRY(write_key(w, "relations"));
    HY_TRY(write_open(w, '['));
    for (size_t i = 0; i < snapshot->n_tables; i++) {
        const HyTable *table = snapshot->tables[i].table;
        if (table)
            HY_TRY(write_relation(w, snapshot, table, null_counts(context, table)));
        else
            HY_TRY(write_dropped(w));
    }
    return write_close(w, ']');
}

HyStatus hy_catalog_json_format(const HySnapshot *snapshot, const HyJson *raw,
    HyNullCountsFn null_counts, void *context, HyBuffer *out)
{
    JsonWriter w = {.out = out};
    bool has_relations = false;
    HY_TRY(write_open(&w, '{'));
    for (size_t i = 0; raw && i < raw->n_items; i++) { /* in the order that the file has */
        if (strcmp(raw->keys[i], "namespaces") == 0) {
            HY_TRY(write_schemas(&w, snapshot));
        } else if (strcmp(raw->keys[i], "relations") == 0) {
            HY_TRY(write_relations(&w, snapshot, null_counts, context));
            has_relations = true;
        } else {
            HY_TRY(write_key(&w, raw->keys[i]));
            HY_TRY(write_raw(&w, raw->items[i]->source, raw->items[i]->source_len));
        }
    }
    if (!has_relations) {
        HY_TRY(write_schemas(&w, snapshot));
        HY_TRY(write_relations(&w, snapshot, null_counts, context));
    }
    return write_close(&w, '}');
}

static HyStatus write_role(JsonWriter *w, int64_t oid, const char *name, bool is_user)
{
    const char *yes = is_user ? "true" : "false";
    HY_TRY(write_open(w, '{'));
    HY_TRY(write_key_number(w, "oid", oid));
    HY_TRY(write_key_text(w, "name", name));
    HY_TRY(write_key_raw(w, "owner", "0"));
    HY_TRY(write_key_raw(w, "dependencies", "[]"));
    HY_TRY(write_key_raw(w, "reverseDependencies", "[]"));
    HY_TRY(write_key_raw(w, "superuser", yes));
    HY_TRY(write_key_raw(w, "createdb", "false"));
    HY_TRY(write_key_raw(w, "createrole", "false"));
    HY_TRY(write_key_raw(w, "inherit", "true"));
    HY_TRY(write_key_raw(w, "login", yes));
    HY_TRY(write_key_raw(w, "validUntil", "0"));
    HY_TRY(write_key_raw(w, "memberOf", "[]"));
    HY_TRY(write_key_raw(w, "adminOf", "[]"));
    HY_TRY(write_key_raw(w, "connlimit", "4294967295"));
    HY_TRY(write_key_raw(w, "replication", "false"));
    HY_TRY(write_key_raw(w, "hasPassword", "false"));
    HY_TRY(write_key_text(w, "password", ""));
    HY_TRY(write_key_raw(w, "encrypted", "true"));
    return write_close(w, '}');
}

HyStatus hy_catalog_json_new(const char *user_name, HyBuffer *out)
{
    static const char *const empty[] = {
        "relations", "externaltables", "views", "functions", "types", "aggregates", "sequences"};
    JsonWriter w = {.out = out};
    HY_TRY(write_open(&w, '{'));
    HY_TRY(write_key_text(&w, "compressionMethod", "lz4"));
    HY_TRY(write_key_raw(&w, "encryptionSchemeId", "0"));
    HY_TRY(write_key_raw(&w, "databases", "{\"dropped\": true}"));
    HY_TRY(write_key_raw(&w, "namespaces",
        "[{\"oid\": 10001, \"name\": \"public\", \"owner\": 1, \"dependencies\": [], "
        "\"reverseDependencies\": []}]"));
    HY_TRY(write_key(&w, "roles"));
    HY_TRY(write_open(&w, '['));
    HY_TRY(write_role(&w, HY_FIRST_OID + 1, "", false));
    HY_TRY(write_role(&w, HY_FIRST_OID + 2, user_name, true));
    HY_TRY(write_close(&w, ']'));
    for (size_t i = 0; i < HY_ARRAY_LEN(empty); i++)
        HY_TRY(write_key_raw(&w, empty[i], "[]"));
    return write_close(&w, '}');
}
