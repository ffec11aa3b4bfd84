#include "catalog/catalog_json.h"
#include "types/collation.h"
#include <stdio.h>

#define NAMESPACE_PARENT 32 /* "parent" of a relation is this plus the namespace's index */

static HyStatus bad_catalog(const char *format, ...) HY_PRINTF(1, 2) HY_MUST_CHECK;
static HyStatus bad_catalog(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return hy_error_detail(
        hy_error("XX001", "The Hyper database is physically corrupted: Hyper detected an invalid "
                          "`Database.Schema` record."),
        "%s", text);
}

static HyStatus get_list(
    const HyJson *object, const char *key, bool is_required, const HyJson **out)
{
    static const HyJson empty = {.kind = HY_JSON_ARRAY};
    const HyJson *list = hy_json_get(object, key);
    *out = &empty;
    if (!list && !is_required)
        return HY_OK;
    if (!list || list->kind != HY_JSON_ARRAY)
        return bad_catalog("\"%s\" is missing or not a list", key);
    *out = list;
    return HY_OK;
}

static HyStatus get_text(const HyJson *object, const char *key, const char **out)
{
    const HyJson *value = hy_json_get(object, key);
    *out = "";
    if (!value || value->kind != HY_JSON_STRING)
        return bad_catalog("\"%s\" is missing or not a string", key);
    *out = value->text;
    return HY_OK;
}

static HyStatus get_u32(const HyJson *object, const char *key, uint32_t *out)
{
    const HyJson *value = hy_json_get(object, key);
    if (!value || value->kind != HY_JSON_NUMBER || !value->is_integer || value->integer < 0 ||
        value->integer > UINT32_MAX)
        return bad_catalog("\"%s\" is missing or not a number", key);
    *out = (uint32_t)value->integer;
    return HY_OK;
}

static bool is_dropped(const HyJson *entry)
{
    const HyJson *value = hy_json_get(entry, "dropped");
    return value && value->kind == HY_JSON_BOOL && value->boolean;
}

static HyStatus get_oid(HyCatalogContent *content, const HyJson *object, uint32_t *out)
{
    HY_TRY(get_u32(object, "oid", out));
    if (*out > content->max_oid)
        content->max_oid = *out;
    return HY_OK;
}

/* Types that carry no modifiers in the catalog. */
static const struct {
    const char *name;
    HyTypeId id;
} plain_types[] = {
    {"Bool", HY_TYPE_BOOL},
    {"SmallInt", HY_TYPE_INT2},
    {"Integer", HY_TYPE_INT4},
    {"BigInt", HY_TYPE_INT8},
    {"Double", HY_TYPE_FLOAT8},
    {"Float", HY_TYPE_FLOAT4},
    {"Char1", HY_TYPE_CHAR1},
    {"Bytea", HY_TYPE_BYTEA},
    {"JSON", HY_TYPE_JSON},
    {"Date", HY_TYPE_DATE},
    {"Time", HY_TYPE_TIME},
    {"Timestamp", HY_TYPE_TIMESTAMP},
    {"TimestampTZ", HY_TYPE_TIMESTAMPTZ},
    {"Interval", HY_TYPE_INTERVAL},
    {"Oid", HY_TYPE_OID},
    {"Geography", HY_TYPE_GEOGRAPHY},
    {"UUID", HY_TYPE_UUID},
    {"RegClass", HY_TYPE_REGCLASS},
    {"RegType", HY_TYPE_REGTYPE},
    {"RegProc", HY_TYPE_REGPROC},
};

HyStatus hy_catalog_type_name(HyType type, const char **out)
{
    *out = NULL;
    for (size_t i = 0; i < HY_ARRAY_LEN(plain_types); i++) {
        if (plain_types[i].id == type.id)
            *out = plain_types[i].name;
    }
    if (type.id == HY_TYPE_NUMERIC)
        *out = type.precision > HY_NUMERIC_MAX_SHORT_PRECISION ? "BigNumeric" : "Numeric";
    if (type.id == HY_TYPE_TEXT || type.id == HY_TYPE_VARCHAR)
        *out = "Varchar";
    if (type.id == HY_TYPE_CHAR)
        *out = "Char";
    if (*out)
        return HY_OK;
    HyBuffer name = {0};
    HyStatus st = hy_type_format(type, &name);
    if (!st)
        st = hy_error_hint(hy_error("0A000", "Data type not allowed for persisted tables."),
            "Persistence of data type '%.*s' not allowed.", (int)name.len,
            name.data ? name.data : "");
    hy_buffer_free(&name);
    return st;
}

/* What stands behind the name of a type. */
typedef struct TypeModifiers {
    int64_t numbers[2];
    size_t n_numbers;
    bool is_nullable;
} TypeModifiers;

static HyStatus read_modifiers(const HyJson *list, TypeModifiers *out)
{
    *out = (TypeModifiers){0};
    for (size_t i = 1; i < list->n_items; i++) {
        const HyJson *item = list->items[i];
        if (item->kind == HY_JSON_NUMBER && item->is_integer && out->n_numbers < 2)
            out->numbers[out->n_numbers++] = item->integer;
        else if (item->kind == HY_JSON_STRING && strcmp(item->text, "nullable") == 0)
            out->is_nullable = true;
        else
            return bad_catalog("unknown modifier of type \"%s\"", list->items[0]->text);
    }
    return HY_OK;
}

static HyStatus read_numeric(const char *name, const TypeModifiers *mods, HyType *out)
{
    bool is_big = name[0] == 'B';
    int64_t max = is_big ? HY_NUMERIC_MAX_PRECISION : HY_NUMERIC_MAX_SHORT_PRECISION;
    int64_t min = is_big ? HY_NUMERIC_MAX_SHORT_PRECISION + 1 : 1;
    int64_t precision = mods->numbers[0];
    int64_t scale = mods->numbers[1];
    if (mods->n_numbers != 2 || precision < min || precision > max || scale < 0 ||
        scale > precision)
        return bad_catalog("bad precision of type \"%s\"", name);
    *out = hy_type_numeric((int)precision, (int)scale);
    return HY_OK;
}

static HyStatus read_text_type(const char *name, const TypeModifiers *mods, HyType *out)
{
    if (mods->n_numbers > 1 || mods->numbers[0] < 0 || mods->numbers[0] > INT32_MAX)
        return bad_catalog("bad length of type \"%s\"", name);
    HyTypeId varying = mods->n_numbers > 0 ? HY_TYPE_VARCHAR : HY_TYPE_TEXT;
    *out = hy_type(name[0] == 'C' ? HY_TYPE_CHAR : varying);
    out->length = (int32_t)mods->numbers[0];
    return HY_OK;
}

/* ["Numeric", 10, 2, "nullable"] */
static HyStatus read_type(const HyJson *list, HyType *out)
{
    if (!list || list->kind != HY_JSON_ARRAY || list->n_items == 0 ||
        list->items[0]->kind != HY_JSON_STRING)
        return bad_catalog("the type of a column is missing");
    const char *name = list->items[0]->text;
    TypeModifiers mods;
    HyType type = hy_type(HY_TYPE_UNKNOWN);
    HY_TRY(read_modifiers(list, &mods));
    for (size_t i = 0; i < HY_ARRAY_LEN(plain_types); i++) {
        if (strcmp(name, plain_types[i].name) == 0)
            type.id = plain_types[i].id;
    }
    if (strcmp(name, "BigNumeric") == 0 || strcmp(name, "Numeric") == 0)
        HY_TRY(read_numeric(name, &mods, &type));
    else if (strcmp(name, "Varchar") == 0 || strcmp(name, "Char") == 0)
        HY_TRY(read_text_type(name, &mods, &type));
    if (type.id == HY_TYPE_UNKNOWN)
        return bad_catalog("unknown type \"%s\"", name);
    *out = hy_type_nullable(type, mods.is_nullable);
    return HY_OK;
}

static HyStatus read_column(const HyJson *entry, HyTableColumn *out)
{
    HY_TRY(get_text(entry, "name", &out->name));
    HY_TRY(read_type(hy_json_get(entry, "type"), &out->type));
    const HyJson *collate = hy_json_get(entry, "collate");
    if (collate && collate->kind == HY_JSON_STRING)
        HY_TRY(hy_collation_find_named(collate->text, &out->type.collation));
    const HyJson *preset = hy_json_get(entry, "default");
    if (preset && preset->kind == HY_JSON_STRING)
        out->default_sql = preset->text;
    return HY_OK;
}

static HyStatus read_columns(HyArena *arena, HyCatalogRelation *relation)
{
    const HyJson *list;
    HY_TRY(get_list(relation->raw, "attributes", true, &list));
    HyTableColumn *columns;
    HY_ARENA_NEW(arena, columns, list->n_items + 1);
    HY_ARENA_NEW(arena, relation->raw_columns, list->n_items + 1);
    for (size_t i = 0; i < list->n_items; i++) {
        HY_TRY(read_column(list->items[i], &columns[i]));
        relation->raw_columns[i] = list->items[i];
    }
    relation->definition.columns = columns;
    relation->definition.n_columns = list->n_items;
    return HY_OK;
}

static HyStatus read_null_counts(HyArena *arena, HyCatalogRelation *relation)
{
    const HyJson *list = hy_json_get(relation->raw, "nullCounts");
    if (!list)
        return HY_OK;
    size_t n = relation->definition.n_columns;
    if (list->kind != HY_JSON_ARRAY || list->n_items != n)
        return bad_catalog("\"nullCounts\" does not have a number per column");
    int64_t *counts;
    HY_ARENA_NEW(arena, counts, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (!list->items[i]->is_integer || list->items[i]->integer < 0)
            return bad_catalog("\"nullCounts\" has a bad number");
        counts[i] = list->items[i]->integer;
    }
    relation->null_counts = counts;
    return HY_OK;
}

/* A list of column numbers. */
static HyStatus read_attributes(HyArena *arena, const HyCatalogRelation *relation,
    const HyJson *entry, const uint32_t **out, size_t *n)
{
    const HyJson *list;
    HY_TRY(get_list(entry, "attributes", true, &list));
    uint32_t *columns;
    HY_ARENA_NEW(arena, columns, list->n_items + 1);
    for (size_t i = 0; i < list->n_items; i++) {
        const HyJson *item = list->items[i];
        if (!item->is_integer || item->integer < 0 ||
            (uint64_t)item->integer >= relation->definition.n_columns)
            return bad_catalog("a key of \"%s\" has an unknown column", relation->definition.name);
        columns[i] = (uint32_t)item->integer;
    }
    *out = columns;
    *n = list->n_items;
    return HY_OK;
}

/* The OID of the index of constraint number `constraint`. */
static HyStatus read_index_oid(
    HyCatalogContent *content, const HyJson *relation, size_t constraint, uint32_t *out)
{
    const HyJson *list;
    const HyJson *primary = hy_json_get(relation, "primaryKey");
    *out = 0;
    HY_TRY(get_list(relation, "secondaryIndexes", false, &list));
    for (size_t i = 0; i <= list->n_items; i++) {
        const HyJson *index = i < list->n_items ? list->items[i] : primary;
        const HyJson *number = hy_json_get(index, "constraint");
        if (number && number->is_integer && number->integer == (int64_t)constraint)
            HY_TRY(get_oid(content, index, out));
    }
    return HY_OK;
}

static HyStatus read_keys(HyArena *arena, HyCatalogContent *content, HyCatalogRelation *relation)
{
    const HyJson *list;
    HY_TRY(get_list(relation->raw, "constraints", false, &list));
    HyTableKey *keys;
    HY_ARENA_NEW(arena, keys, list->n_items + 1);
    for (size_t i = 0; i < list->n_items; i++) {
        const HyJson *entry = list->items[i];
        const char *kind;
        HY_TRY(get_text(entry, "type", &kind));
        HY_TRY(get_text(entry, "name", &keys[i].name));
        HY_TRY(get_oid(content, entry, &keys[i].oid));
        if (strcmp(kind, "primarykey") != 0 && strcmp(kind, "unique") != 0)
            return bad_catalog("unknown kind of constraint \"%s\"", kind);
        keys[i].kind = kind[0] == 'p' ? HY_KEY_PRIMARY : HY_KEY_UNIQUE;
        HY_TRY(read_attributes(arena, relation, entry, &keys[i].columns, &keys[i].n_columns));
        HY_TRY(read_index_oid(content, relation->raw, i, &keys[i].index_oid));
    }
    relation->definition.keys = keys;
    relation->definition.n_keys = list->n_items;
    return HY_OK;
}

/* References are turned from list indexes into OIDs once all relations are read. */
static HyStatus read_foreign_keys(
    HyArena *arena, HyCatalogContent *content, HyCatalogRelation *relation)
{
    const HyJson *list;
    HY_TRY(get_list(relation->raw, "foreignKeys", false, &list));
    HyForeignKey *keys;
    HY_ARENA_NEW(arena, keys, list->n_items + 1);
    for (size_t i = 0; i < list->n_items; i++) {
        const HyJson *entry = list->items[i];
        uint32_t slot = 0;
        HY_TRY(get_oid(content, entry, &keys[i].oid));
        HY_TRY(read_attributes(arena, relation, entry, &keys[i].columns, &keys[i].n_columns));
        HY_TRY(get_u32(entry, "references", &slot));
        if (slot >= content->n_relations || content->relations[slot].is_dropped)
            return bad_catalog("a foreign key references an unknown relation");
        keys[i].referenced_oid = content->relations[slot].definition.oid;
    }
    relation->definition.foreign_keys = keys;
    relation->definition.n_foreign_keys = list->n_items;
    return HY_OK;
}

static HyStatus read_relation(HyArena *arena, HyCatalogContent *content, uint32_t slot)
{
    HyCatalogRelation *relation = &content->relations[slot];
    HyTable *table = &relation->definition;
    const char *kind;
    uint32_t parent = 0;
    HY_TRY(get_text(relation->raw, "type", &kind));
    if (strcmp(kind, "block") != 0)
        return bad_catalog("relation \"%s\" has the unknown type \"%s\"", table->name, kind);
    HY_TRY(get_u32(relation->raw, "owner", &relation->owner));
    HY_TRY(get_u32(relation->raw, "parent", &parent));
    size_t schema = (size_t)parent - NAMESPACE_PARENT;
    if (parent < NAMESPACE_PARENT || schema >= content->n_namespaces ||
        content->namespaces[schema].is_dropped)
        return bad_catalog("relation \"%s\" is in no schema", table->name);
    table->schema_name = content->namespaces[schema].name;
    table->schema_oid = content->namespaces[schema].oid;
    table->slot = slot;
    HY_TRY(read_columns(arena, relation));
    HY_TRY(read_null_counts(arena, relation));
    HY_TRY(read_keys(arena, content, relation));
    return read_foreign_keys(arena, content, relation);
}

static HyStatus read_namespaces(HyArena *arena, HyCatalogContent *content)
{
    const HyJson *list;
    HY_TRY(get_list(content->root, "namespaces", true, &list));
    content->n_namespaces = list->n_items;
    HY_ARENA_NEW(arena, content->namespaces, list->n_items + 1);
    for (size_t i = 0; i < list->n_items; i++) {
        HyCatalogNamespace *entry = &content->namespaces[i];
        entry->raw = list->items[i];
        entry->is_dropped = is_dropped(entry->raw);
        if (entry->is_dropped)
            continue;
        HY_TRY(get_text(entry->raw, "name", &entry->name));
        HY_TRY(get_u32(entry->raw, "owner", &entry->owner));
        HY_TRY(get_oid(content, entry->raw, &entry->oid));
    }
    return HY_OK;
}

/* Entries of other lists only use up OIDs. */
static HyStatus read_other_oids(HyCatalogContent *content)
{
    static const char *const lists[] = {
        "roles", "externaltables", "views", "functions", "types", "aggregates", "sequences"};
    for (size_t i = 0; i < HY_ARRAY_LEN(lists); i++) {
        const HyJson *list;
        HY_TRY(get_list(content->root, lists[i], i == 0, &list));
        for (size_t j = 0; j < list->n_items; j++) {
            uint32_t oid = 0;
            if (!is_dropped(list->items[j]))
                HY_TRY(get_oid(content, list->items[j], &oid));
        }
    }
    return HY_OK;
}

HyStatus hy_catalog_json_parse(HyArena *arena, const char *text, size_t len, HyCatalogContent *out)
{
    HyCatalogContent content = {.max_oid = HY_FIRST_OID};
    HyJson *root;
    const HyJson *list;
    HyStatus st = hy_json_parse(arena, text, len, &root);
    if (st) {
        HyStatus own = bad_catalog("%s", st->detail ? st->detail : st->message);
        hy_error_free(st);
        return own;
    }
    content.root = root;
    HY_TRY(read_namespaces(arena, &content));
    HY_TRY(read_other_oids(&content));
    HY_TRY(get_list(root, "relations", true, &list));
    content.n_relations = list->n_items;
    HY_ARENA_NEW(arena, content.relations, list->n_items + 1);
    for (size_t i = 0; i < list->n_items; i++) { /* foreign keys look ahead: identities first */
        HyCatalogRelation *relation = &content.relations[i];
        relation->raw = list->items[i];
        relation->is_dropped = is_dropped(relation->raw);
        if (relation->is_dropped)
            continue;
        HY_TRY(get_text(relation->raw, "name", &relation->definition.name));
        HY_TRY(get_oid(&content, relation->raw, &relation->definition.oid));
    }
    for (size_t i = 0; i < content.n_relations; i++) {
        if (!content.relations[i].is_dropped)
            HY_TRY(read_relation(arena, &content, (uint32_t)i));
    }
    *out = content;
    return HY_OK;
}
