/* Questions about schemas and tables as statements, in the words of the genuine client. */
#include "client/remote.h"

#include "session/describe.h"

#include <stdlib.h>

/* ---- Text ---- */

HyStatus hy_remote_literal(HyBuffer *out, const char *text)
{
    if (!strchr(text, '\\'))
        return hy_buffer_append_quoted(out, text, '\'');
    HY_TRY(hy_buffer_append_str(out, "E'"));
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            HY_TRY(hy_buffer_append_char(out, *text));
        HY_TRY(hy_buffer_append_char(out, *text));
    }
    return hy_buffer_append_char(out, '\'');
}

HyStatus hy_remote_qualified(
    HyBuffer *out, const char *database, const char *schema, const char *name)
{
    if (database) {
        HY_TRY(hy_buffer_append_identifier(out, database));
        HY_TRY(hy_buffer_append_char(out, '.'));
    }
    if (schema) {
        HY_TRY(hy_buffer_append_identifier(out, schema));
        HY_TRY(hy_buffer_append_char(out, '.'));
    }
    return hy_buffer_append_identifier(out, name);
}

/* ---- Values of an answer ---- */

static const HyVector *cell(const HyResult *result, size_t row, size_t column, size_t *index)
{
    size_t n_pieces = result->rows ? hy_rowset_piece_count(result->rows) : 0;
    for (size_t i = 0; i < n_pieces && column < result->n_columns; i++) {
        const HyBatch *piece = hy_rowset_piece(result->rows, i);
        if (row < piece->n_rows) {
            *index = row;
            return &piece->cols[column];
        }
        row -= piece->n_rows;
    }
    return NULL;
}

/* NULL for null, for no text and for no such cell; in the result's arena. */
static const char *text_at(const HyResult *result, size_t row, size_t column)
{
    size_t index;
    const HyVector *v = cell(result, row, column, &index);
    if (!v || hy_type_physical(v->type) != HY_PHYS_STRING || hy_vector_is_null(v, index))
        return NULL;
    const HyString *s = &((const HyString *)v->data)[index];
    return hy_arena_strndup(result->arena, hy_string_data(s), s->len);
}

/* An integer of any size; 0 for null. */
static int64_t number_at(const HyResult *result, size_t row, size_t column)
{
    size_t index;
    const HyVector *v = cell(result, row, column, &index);
    if (!v || hy_vector_is_null(v, index))
        return 0;
    switch (hy_type_physical(v->type)) {
    case HY_PHYS_U8:
        return ((const uint8_t *)v->data)[index];
    case HY_PHYS_I16:
        return ((const int16_t *)v->data)[index];
    case HY_PHYS_I32:
        return ((const int32_t *)v->data)[index];
    case HY_PHYS_U32:
        return ((const uint32_t *)v->data)[index];
    case HY_PHYS_I64:
        return ((const int64_t *)v->data)[index];
    default:
        return 0;
    }
}

/* Takes the text's memory; st is how its making went. */
static HyStatus run(HyRemote *remote, HyBuffer *sql, HyStatus st, HyResult **out)
{
    if (!st)
        st = hy_remote_execute(remote, sql->data, sql->len, out);
    if (st)
        st->position = -1; /* the text is not the caller's */
    hy_buffer_free(sql);
    return st;
}

static size_t row_count(const HyResult *result)
{
    return result->rows ? hy_rowset_row_count(result->rows) : 0;
}

static HyStatus give_texts(HyResult *result, char ***out)
{
    size_t n = row_count(result);
    const char **names = hy_arena_alloc(result->arena, (n + 1) * sizeof *names);
    if (!names)
        return hy_error_oom(n);
    for (size_t i = 0; i < n; i++) {
        const char *text = text_at(result, i, 0);
        names[i] = text ? text : "";
    }
    return hy_name_list_create(names, n, out);
}

/* "<begin>[<database>.]pg_catalog.<rest>" */
static HyStatus append_relation(
    HyBuffer *sql, const char *begin, const char *database, const char *rest)
{
    HY_TRY(hy_buffer_append_str(sql, begin));
    if (database) {
        HY_TRY(hy_buffer_append_identifier(sql, database));
        HY_TRY(hy_buffer_append_char(sql, '.'));
    }
    return hy_buffer_printf(sql, "pg_catalog.%s", rest);
}

/* ---- Lists ---- */

HyStatus hy_remote_list_schemas(HyRemote *remote, const char *database, char ***names)
{
    HyBuffer sql = {0};
    HyResult *result = NULL;
    HyStatus st = append_relation(&sql, "SELECT nspname FROM ", database,
        "pg_namespace WHERE nspname NOT IN ('tableau', 'pg_catalog', 'pg_temp', "
        "'information_schema')");
    st = run(remote, &sql, st, &result);
    if (!st)
        st = give_texts(result, names);
    hy_result_destroy(result);
    return st;
}

HyStatus hy_remote_list_tables(
    HyRemote *remote, const char *database, const char *schema, char ***names)
{
    HyBuffer sql = {0};
    HyResult *result = NULL;
    HyStatus st =
        append_relation(&sql, "SELECT tablename FROM ", database, "pg_tables WHERE schemaname = ");
    if (!st)
        st = hy_remote_literal(&sql, schema);
    st = run(remote, &sql, st, &result);
    if (!st)
        st = give_texts(result, names);
    hy_result_destroy(result);
    return st;
}

/* ---- A table ---- */

typedef struct Place {
    char *database; /* NULL: none is known */
    char *schema;
} Place;

static void free_place(Place *place)
{
    free(place->database);
    free(place->schema);
}

static HyStatus copy_text(const char *text, char **out)
{
    if (!text || !*text)
        return HY_OK;
    *out = strdup(text);
    return *out ? HY_OK : hy_error_oom(strlen(text));
}

/* "SELECT hyper_database_of_<what>('name')", with the schema behind it for a table. */
static HyStatus ask_place(
    HyRemote *remote, const char *what, const char *name, bool is_table, Place *out)
{
    HyBuffer sql = {0};
    HyResult *result = NULL;
    HyStatus st = hy_buffer_printf(&sql, "SELECT hyper_database_of_%s(", what);
    if (!st)
        st = hy_remote_literal(&sql, name);
    if (!st && is_table)
        st = hy_buffer_append_str(&sql, "), hyper_schema_of_table(");
    if (!st && is_table)
        st = hy_remote_literal(&sql, name);
    if (!st)
        st = hy_buffer_append_char(&sql, ')');
    st = run(remote, &sql, st, &result);
    if (!st)
        st = copy_text(text_at(result, 0, 0), &out->database);
    if (!st && is_table)
        st = copy_text(text_at(result, 0, 1), &out->schema);
    hy_result_destroy(result);
    return st;
}

/* Fills in what the caller has left out. */
static HyStatus find_place(
    HyRemote *remote, const char *database, const char *schema, const char *table, Place *out)
{
    if (!schema) {
        HY_TRY(ask_place(remote, "table", table, true, out));
        return out->schema ? HY_OK
                           : hy_error("42P01", "Specified table does not exist: %s.", table);
    }
    HY_TRY(copy_text(schema, &out->schema));
    if (database)
        return copy_text(database, &out->database);
    if (strcmp(schema, "pg_temp") == 0)
        return HY_OK;
    HY_TRY(ask_place(remote, "schema", schema, false, out));
    return out->database ? HY_OK
                         : hy_error("3F000", "Specified schema does not exist: %s.", schema);
}

static HyStatus query_columns(
    HyRemote *remote, const Place *place, const char *table, HyResult **out)
{
    static const struct {
        const char *begin;
        const char *rest;
    } parts[] = {{"SELECT a.attname, a.atttypid, a.atttypmod, a.attnotnull, coll.collname, "
                  "a.attnum, cl.relpersistence FROM ",
                     "pg_attribute a JOIN "},
        {"", "pg_class cl ON a.attrelid = cl.oid JOIN "},
        {"", "pg_namespace n ON n.oid = cl.relnamespace LEFT JOIN "},
        {"", "pg_collation coll ON a.attcollation = coll.oid WHERE a.attnum > 0 AND NOT "
             "a.attisdropped AND cl.relname = "}};
    HyBuffer sql = {0};
    HyStatus st = HY_OK;
    for (size_t i = 0; i < HY_ARRAY_LEN(parts) && !st; i++)
        st = append_relation(&sql, parts[i].begin, place->database, parts[i].rest);
    if (!st)
        st = hy_remote_literal(&sql, table);
    if (!st)
        st = hy_buffer_append_str(&sql, " AND n.nspname = ");
    if (!st)
        st = hy_remote_literal(&sql, place->schema);
    if (!st)
        st = hy_buffer_append_str(&sql, " ORDER BY a.attnum");
    return run(remote, &sql, st, out);
}

/* For a table without columns, of which query_columns tells nothing. */
static HyStatus check_exists(HyRemote *remote, const Place *place, const char *table)
{
    HyBuffer sql = {0};
    HyResult *result = NULL;
    char **schemas = NULL;
    HyStatus st = append_relation(
        &sql, "SELECT EXISTS(SELECT * FROM ", place->database, "pg_tables WHERE tablename = ");
    if (!st)
        st = hy_remote_literal(&sql, table);
    if (!st)
        st = hy_buffer_append_str(&sql, " AND schemaname = ");
    if (!st)
        st = hy_remote_literal(&sql, place->schema);
    if (!st)
        st = hy_buffer_append_char(&sql, ')');
    st = run(remote, &sql, st, &result);
    bool exists = !st && number_at(result, 0, 0);
    hy_result_destroy(result);
    if (st || exists)
        return st;
    HY_TRY(hy_remote_list_schemas(remote, place->database, &schemas));
    for (size_t i = 0; schemas[i] && !exists; i++)
        exists = strcmp(schemas[i], place->schema) == 0;
    free(schemas);
    return exists ? hy_error("42P01", "Specified table does not exist: %s.", table)
                  : hy_error("3F000", "Specified schema does not exist: %s.", place->schema);
}

static HyStatus give_table(
    const Place *place, const char *table, HyResult *result, openhyper_table_info **out)
{
    size_t n = row_count(result);
    openhyper_column_info *columns;
    HY_ARENA_NEW(result->arena, columns, n);
    for (size_t i = 0; i < n; i++) {
        const char *name = text_at(result, i, 0);
        const char *collation = text_at(result, i, 4);
        HyType type =
            hy_type_from_oid((uint32_t)number_at(result, i, 1), (int32_t)number_at(result, i, 2));
        type.nullable = !number_at(result, i, 3);
        if (collation && strcmp(collation, "default") == 0)
            collation = NULL;
        columns[i] = (openhyper_column_info){
            .name = name ? name : "", .collation = collation, .type = hy_public_type(type)};
    }
    /* relpersistence is a "char": 't' of a temporary table. */
    bool is_temporary = strcmp(place->schema, "pg_temp") == 0 || number_at(result, 0, 6) == 't';
    const openhyper_table_info info = {.database = is_temporary ? NULL : place->database,
        .schema = place->schema,
        .name = table,
        .is_temporary = is_temporary,
        .n_columns = n,
        .columns = columns};
    return hy_table_info_copy(&info, out);
}

HyStatus hy_remote_describe_table(HyRemote *remote, const char *database, const char *schema,
    const char *table, openhyper_table_info **out)
{
    Place place = {0};
    HyResult *result = NULL;
    HyStatus st = HY_OK;
    HY_GO(find_place(remote, database, schema, table, &place));
    st = query_columns(remote, &place, table, &result);
    if (st && database && strcmp(st->sqlstate, "3F000") == 0) { /* it has no pg_catalog */
        hy_error_free(st);
        st = hy_error("3D000", "The specified database \"%s\" does not exist.", database);
    }
    HY_GO(st);
    if (!row_count(result))
        HY_GO(check_exists(remote, &place, table));
    HY_GO(give_table(&place, table, result, out));
done:
    hy_result_destroy(result);
    free_place(&place);
    return st;
}
