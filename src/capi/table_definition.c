/* Table definitions, and types as this interface numbers them. */
#include "capi/capi_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- Types ---- */

/* By tag. A tag 20 without a name is taken by the original too. */
static const uint32_t tag_oids[] = {0, HYPER_OID_BOOL, HYPER_OID_BIG_INT, HYPER_OID_SMALL_INT,
    HYPER_OID_INT, HYPER_OID_NUMERIC, HYPER_OID_DOUBLE, HYPER_OID_OID, HYPER_OID_BYTE_A,
    HYPER_OID_TEXT, HYPER_OID_VARCHAR, HYPER_OID_CHAR, HYPER_OID_JSON, HYPER_OID_DATE,
    HYPER_OID_INTERVAL, HYPER_OID_TIME, HYPER_OID_TIMESTAMP, HYPER_OID_TIMESTAMP_TZ,
    HYPER_OID_TABGEOGRAPHY, HYPER_OID_FLOAT, 1021};
#define LAST_TAG     20
#define MODIFIER_MIN 4

bool hyper_is_valid_type_tag(hyper_type_tag_t tag)
{
    return (unsigned)tag <= LAST_TAG;
}

static bool has_parts(hyper_type_modifier_t modifier)
{
    return modifier >= MODIFIER_MIN && modifier != HYPER_UNUSED_MODIFIER;
}

uint32_t hyper_get_max_length_from_modifier(hyper_type_modifier_t modifier)
{
    return has_parts(modifier) ? modifier - MODIFIER_MIN : UINT32_MAX;
}

uint32_t hyper_get_precision_from_modifier(hyper_type_modifier_t modifier)
{
    return has_parts(modifier) ? (modifier - MODIFIER_MIN) >> 16 : UINT32_MAX;
}

uint32_t hyper_get_scale_from_modifier(hyper_type_modifier_t modifier)
{
    return has_parts(modifier) ? (modifier - MODIFIER_MIN) & 0xFFFF : UINT32_MAX;
}

hyper_type_modifier_t hyper_encode_numeric_modifier(uint32_t precision, uint32_t scale)
{
    return ((precision << 16) | scale) + MODIFIER_MIN;
}

hyper_type_modifier_t hyper_encode_string_modifier(uint32_t max_length)
{
    return max_length + MODIFIER_MIN;
}

hyper_type_tag_t hy_capi_tag_of_oid(uint32_t oid)
{
    if (oid == HYPER_OID_CHAR1)
        return HYPER_CHAR;
    for (unsigned tag = 1; tag < LAST_TAG; tag++)
        if (tag_oids[tag] == oid)
            return (hyper_type_tag_t)tag;
    return HYPER_UNSUPPORTED;
}

static uint32_t oid_of(hyper_type_tag_t tag, uint32_t modifier)
{
    if (tag == HYPER_CHAR && modifier == hyper_encode_string_modifier(1))
        return HYPER_OID_CHAR1;
    return tag_oids[tag];
}

HyStatus hy_definition_type_text(const CapiColumn *column, HyBuffer *out)
{
    HyType type = hy_type_from_oid(column->oid, (int32_t)column->modifier);
    if (column->tag == HYPER_UNSUPPORTED || column->tag == LAST_TAG || type.id == HY_TYPE_UNKNOWN)
        return hy_error("0A000", "`type` `HYPER_UNSUPPORTED` has no string representation");
    if ((column->tag == HYPER_VARCHAR || column->tag == HYPER_CHAR) &&
        column->modifier != HYPER_UNUSED_MODIFIER) {
        /* As it was given: whether there is such a length is for SQL to say. */
        return hy_buffer_printf(out, "%s(%u)",
            column->tag == HYPER_CHAR ? "character" : "character varying",
            hyper_get_max_length_from_modifier(column->modifier));
    }
    if (column->tag == HYPER_NUMERIC && column->modifier != HYPER_UNUSED_MODIFIER)
        return hy_buffer_printf(out, "numeric(%u, %u)",
            hyper_get_precision_from_modifier(column->modifier),
            hyper_get_scale_from_modifier(column->modifier));
    if (column->tag == HYPER_TABGEOGRAPHY)
        return hy_buffer_append_str(out, "tableau.tabgeography");
    return hy_type_format(type, out);
}

/* ---- Making ---- */

static char *copy_text(const char *text)
{
    return strdup(text ? text : "");
}

hyper_table_definition_t *hyper_create_table_definition(const char *database_name,
    const char *schema_name, const char *table_name, hyper_table_persistence_t persistence,
    bool stream)
{
    (void)stream;
    hyper_table_definition_t *definition = calloc(1, sizeof *definition);
    if (!definition)
        return NULL;
    definition->database = copy_text(database_name);
    definition->schema = copy_text(schema_name);
    definition->table = copy_text(table_name);
    definition->persistence = persistence;
    if (!definition->database || !definition->schema || !definition->table) {
        hyper_destroy_table_definition(definition);
        return NULL;
    }
    return definition;
}

void hyper_destroy_table_definition(hyper_table_definition_t *table_definition)
{
    if (!table_definition)
        return;
    for (size_t i = 0; i < table_definition->n_columns; i++) {
        free(table_definition->columns[i].name);
        free(table_definition->columns[i].collation);
    }
    free(table_definition->columns);
    free(table_definition->database);
    free(table_definition->schema);
    free(table_definition->table);
    free(table_definition);
}

static bool add_column(hyper_table_definition_t *definition, const CapiColumn *like)
{
    if (definition->n_columns == definition->room) {
        size_t room = definition->room ? definition->room * 2 : 8;
        CapiColumn *columns = realloc(definition->columns, room * sizeof *columns);
        if (!columns)
            return false;
        definition->columns = columns;
        definition->room = room;
    }
    CapiColumn column = *like;
    column.name = copy_text(like->name);
    column.collation = copy_text(like->collation);
    if (!column.name || !column.collation) {
        free(column.name);
        free(column.collation);
        return false;
    }
    definition->columns[definition->n_columns++] = column;
    return true;
}

bool hy_definition_add(hyper_table_definition_t *definition, const char *name, uint32_t oid,
    uint32_t modifier, const char *collation, bool nullable)
{
    const CapiColumn column = {.name = (char *)(uintptr_t)name,
        .collation = (char *)(uintptr_t)collation,
        .tag = hy_capi_tag_of_oid(oid),
        .oid = oid,
        /* char(1), a type of its own in the engine, has a length here. */
        .modifier = oid == HYPER_OID_CHAR1 ? hyper_encode_string_modifier(1) : modifier,
        .nullable = nullable};
    return add_column(definition, &column);
}

hyper_error_t *hyper_table_definition_add_column(hyper_table_definition_t *table_definition,
    const char *column_name, hyper_type_tag_t type_tag, hyper_type_modifier_t modifier,
    const char *collation, bool nullable)
{
    if (!table_definition)
        return hy_capi_invalid("table_definition");
    if (!column_name)
        return hy_capi_invalid("column_name");
    if (!hyper_is_valid_type_tag(type_tag))
        return hy_capi_invalid("type_tag");
    const CapiColumn column = {.name = (char *)(uintptr_t)column_name,
        .collation = (char *)(uintptr_t)collation,
        .tag = type_tag,
        .oid = oid_of(type_tag, modifier),
        .modifier = modifier,
        .nullable = nullable};
    return add_column(table_definition, &column) ? NULL : hy_capi_error(hy_error_oom(0));
}

hyper_error_t *hyper_copy_table_definition(
    const hyper_table_definition_t *table_definition, hyper_table_definition_t **copy)
{
    if (!table_definition)
        return hy_capi_invalid("table_definition");
    if (!copy)
        return hy_capi_invalid("copy");
    hyper_table_definition_t *made = hyper_create_table_definition(table_definition->database,
        table_definition->schema, table_definition->table, table_definition->persistence, false);
    bool is_done = made != NULL;
    for (size_t i = 0; i < table_definition->n_columns && is_done; i++)
        is_done = add_column(made, &table_definition->columns[i]);
    if (!is_done) {
        hyper_destroy_table_definition(made);
        return hy_capi_error(hy_error_oom(0));
    }
    *copy = made;
    return NULL;
}

/* ---- Asking ---- */

const char *hyper_table_definition_database_name(const hyper_table_definition_t *table_definition)
{
    return table_definition ? table_definition->database : "";
}

const char *hyper_table_definition_schema_name(const hyper_table_definition_t *table_definition)
{
    return table_definition ? table_definition->schema : "";
}

const char *hyper_table_definition_table_name(const hyper_table_definition_t *table_definition)
{
    return table_definition ? table_definition->table : "";
}

hyper_table_persistence_t hyper_table_definition_table_persistence(
    const hyper_table_definition_t *table_definition)
{
    return table_definition ? table_definition->persistence : HYPER_PERMANENT;
}

size_t hyper_table_definition_column_count(const hyper_table_definition_t *table_definition)
{
    return table_definition ? table_definition->n_columns : 0;
}

static const CapiColumn *column_at(
    const hyper_table_definition_t *definition, hyper_field_index_t index)
{
    static const CapiColumn none = {.name = (char *)(uintptr_t) "",
        .collation = (char *)(uintptr_t) "",
        .modifier = HYPER_UNUSED_MODIFIER};
    return definition && index < definition->n_columns ? &definition->columns[index] : &none;
}

hyper_type_tag_t hyper_table_definition_column_type_tag(
    const hyper_table_definition_t *table_definition, hyper_field_index_t column_index)
{
    return column_at(table_definition, column_index)->tag;
}

uint32_t hyper_table_definition_column_type_oid(
    const hyper_table_definition_t *table_definition, hyper_field_index_t column_index)
{
    return column_at(table_definition, column_index)->oid;
}

hyper_type_modifier_t hyper_table_definition_column_type_modifier(
    const hyper_table_definition_t *table_definition, hyper_field_index_t column_index)
{
    return column_at(table_definition, column_index)->modifier;
}

hyper_field_index_t hyper_table_definition_column_index(
    const hyper_table_definition_t *table_definition, const char *column_name)
{
    size_t n = hyper_table_definition_column_count(table_definition);
    for (size_t i = 0; i < n && column_name; i++)
        if (strcmp(table_definition->columns[i].name, column_name) == 0)
            return (hyper_field_index_t)i;
    return (hyper_field_index_t)n;
}

const char *hyper_table_definition_column_name(
    const hyper_table_definition_t *table_definition, hyper_field_index_t column_index)
{
    return column_at(table_definition, column_index)->name;
}

bool hyper_table_definition_column_is_nullable(
    const hyper_table_definition_t *table_definition, hyper_field_index_t column_index)
{
    return column_at(table_definition, column_index)->nullable;
}

const char *hyper_table_definition_column_collation(
    const hyper_table_definition_t *table_definition, hyper_field_index_t column_index)
{
    return column_at(table_definition, column_index)->collation;
}
