#include "session/names.h"

#include "catalog/system_relations.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lists of names: "shop, \"My Schema\"" ---- */

/* The next name of a comma-separated list, unquoted, into `out` (which has room for all of `list`);
 * gives the rest of the list, or NULL when there is no name. */
static const char *next_name(const char *list, char *out)
{
    list += strspn(list, " ,");
    if (!*list)
        return NULL;
    if (*list != '"') {
        size_t len = strcspn(list, ", ");
        memcpy(out, list, len);
        out[len] = 0;
        return list + len;
    }
    for (list++; *list; list++) {
        if (*list == '"' && *++list != '"')
            break;
        *out++ = *list;
    }
    *out = 0;
    return list;
}

void hy_session_free_search_path(HySession *session)
{
    for (size_t i = 0; i < session->n_search_path; i++)
        free(session->search_path[i]);
    free(session->search_path);
    free(session->search_path_text);
    session->search_path = NULL;
    session->n_search_path = 0;
    session->search_path_text = NULL;
}

static HyStatus add_schema(HySession *session, const char *name)
{
    size_t n = session->n_search_path;
    char **path = realloc(session->search_path, (n + 1) * sizeof *path);
    if (!path)
        return hy_error_oom(0);
    session->search_path = path;
    path[n] = strdup(name);
    if (!path[n])
        return hy_error_oom(0);
    session->n_search_path++;
    return HY_OK;
}

HyStatus hy_session_read_search_path(HySession *session)
{
    const char *text = hy_settings_get(session->settings, "search_path");
    if (session->search_path_text && strcmp(session->search_path_text, text) == 0)
        return HY_OK;
    HyStatus st = HY_OK;
    hy_session_free_search_path(session);
    char *copy = strdup(text);
    char *name = malloc(strlen(text) + 1);
    if (!copy || !name)
        HY_GO(hy_error_oom(0));
    for (const char *p = next_name(text, name); p; p = next_name(p, name))
        if (*name && strcmp(name, "$user") != 0)
            HY_GO(add_schema(session, name));
    session->search_path_text = copy;
    copy = NULL;
done:
    free(copy);
    free(name);
    return st;
}

/* ---- Where unqualified names are looked up ---- */

HyDatabase *hy_session_default_database(const HySession *session, const char **alias)
{
    const HyAttachments *list = &session->attachments;
    const char *path = hy_settings_get(session->settings, "schema_search_path");
    HyDatabase *database = NULL;
    char *name = malloc(strlen(path) + 1);
    if (!name) /* then it is as if nothing were attached */
        return NULL;
    for (const char *p = next_name(path, name); p && !database; p = next_name(p, name))
        database = strcmp(name, "$single") == 0 ? hy_attachments_single(list)
                                                : hy_attachments_find(list, name);
    free(name);
    for (size_t i = 0; alias && i < list->n_items; i++)
        if (list->items[i].database == database)
            *alias = list->items[i].alias;
    return database;
}

static bool is_made_for_system(const char *schema)
{
    return strncmp(schema, "pg_", 3) == 0 || strcmp(schema, "information_schema") == 0;
}

const char *hy_session_default_schema(const HySession *session, HyDatabase *database)
{
    for (size_t i = 0; i < session->n_search_path; i++) {
        const char *schema = session->search_path[i];
        if (!is_made_for_system(schema) && hy_database_has_schema(database, schema))
            return schema;
    }
    return NULL;
}

/* pg_temp, then the schemas of the path that exist. */
static const char *search_schema(void *context, size_t index)
{
    const HySession *session = context;
    HyDatabase *database = hy_session_default_database(session, NULL);
    if (index-- == 0)
        return "pg_temp";
    for (size_t i = 0; i < session->n_search_path; i++) {
        const char *schema = session->search_path[i];
        bool exists = is_made_for_system(schema)
                          ? strcmp(schema, "pg_catalog") == 0
                          : database && hy_database_has_schema(database, schema);
        if (exists && index-- == 0)
            return schema;
    }
    return NULL;
}

/* ---- Relations by name ---- */

/* The number of the relation that a bare name stands for; 0: none. */
static uint32_t find_visible(const HySession *session, const char *name)
{
    HyDatabase *database = hy_session_default_database(session, NULL);
    HyTable *table = NULL;
    uint32_t oid = 0;
    if (session->attachments.temporary)
        table = hy_database_find_table(session->attachments.temporary, "pg_temp", name);
    int system = table ? -1 : hy_system_relation_find("pg_catalog", name);
    if (system >= 0)
        return hy_system_relation_oid(system);
    for (size_t i = 0; i < session->n_search_path && database && !table; i++)
        table = hy_database_find_table(database, session->search_path[i], name);
    if (table)
        oid = hy_system_table_oid(table);
    hy_table_unref(table);
    return oid;
}

static HyStatus find_qualified(
    const HySession *session, const char *schema, const char *name, uint32_t *oid)
{
    HyDatabase *database = hy_session_default_database(session, NULL);
    *oid = 0;
    if (strcmp(schema, "pg_temp") == 0) {
        database = session->attachments.temporary;
    } else if (is_made_for_system(schema)) {
        int system = hy_system_relation_find(schema, name);
        *oid = system >= 0 ? hy_system_relation_oid(system) : 0;
        return HY_OK;
    } else if (!database || !hy_database_has_schema(database, schema)) {
        return hy_error("22P02", "unknown schema '%s'", schema);
    }
    HyTable *table = database ? hy_database_find_table(database, schema, name) : NULL;
    if (table)
        *oid = hy_system_table_oid(table);
    hy_table_unref(table);
    return HY_OK;
}

/* Takes one part of a qualified name out of text[*pos..len): quoted or up to the next dot. */
static char *take_part(const char *text, size_t len, size_t *pos)
{
    char *part = malloc(len - *pos + 1);
    size_t n = 0;
    bool is_quoted = *pos < len && text[*pos] == '"';
    if (!part)
        return NULL;
    for (*pos += is_quoted; *pos < len; ++*pos) {
        char c = text[*pos];
        if (is_quoted && c == '"') {
            if (*pos + 1 >= len || text[*pos + 1] != '"') {
                ++*pos;
                break;
            }
            ++*pos;
        } else if (!is_quoted && c == '.') {
            break;
        }
        part[n++] = c;
    }
    part[n] = 0;
    return part;
}

static HyStatus parse_relation(void *context, const char *text, size_t len, uint32_t *oid)
{
    const HySession *session = context;
    HyStatus st = HY_OK;
    size_t pos = 0;
    char *schema = NULL;
    char *name = take_part(text, len, &pos);
    if (name && pos < len && text[pos] == '.') {
        schema = name;
        pos++;
        name = take_part(text, len, &pos);
    }
    if (!name)
        HY_GO(hy_error_oom(len));
    if (schema)
        HY_GO(find_qualified(session, schema, name, oid));
    else
        *oid = find_visible(session, name);
    if (!*oid)
        st = hy_error("42P01", "table %.*s does not exist", len < 200 ? (int)len : 200, text);
done:
    free(schema);
    free(name);
    return st;
}

/* ---- Relations by number ---- */

/* The table of a number, with a reference; NULL when there is none in reach. */
static HyTable *table_of(const HySession *session, uint32_t oid)
{
    HyDatabase *database = oid >= HY_OID_FIRST_TEMPORARY
                               ? session->attachments.temporary
                               : hy_session_default_database(session, NULL);
    return database
               ? hy_database_find_table_by_oid(database, oid & ~(uint32_t)HY_OID_FIRST_TEMPORARY)
               : NULL;
}

HyStatus hy_session_append_name(HyBuffer *out, const char *name)
{
    bool is_plain = islower((unsigned char)name[0]) || name[0] == '_';
    for (const char *p = name; *p && is_plain; p++)
        is_plain = islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '_';
    return is_plain ? hy_buffer_append_str(out, name) : hy_buffer_append_identifier(out, name);
}

/* Those of pg_catalog come before the search path, those of information_schema are not on it. */
static bool is_in_pg_catalog(int system)
{
    return hy_system_relation_schema_oid(system) == HY_OID_PG_CATALOG;
}

/* With its schema unless the bare name finds it. */
static HyStatus format_relation(void *context, uint32_t oid, HyBuffer *out)
{
    const HySession *session = context;
    int system = hy_system_relation_find_oid(oid);
    if (system >= 0 && !is_in_pg_catalog(system))
        HY_TRY(hy_buffer_append_str(out, "information_schema."));
    if (system >= 0)
        return hy_buffer_append_str(out, hy_system_relation_name(system));
    HyTable *table = table_of(session, oid);
    if (!table)
        return hy_buffer_printf(out, "%u", oid);
    HyStatus st = HY_OK;
    if (find_visible(session, table->name) != oid) {
        HY_GO(hy_session_append_name(out, table->schema_name));
        HY_GO(hy_buffer_append_char(out, '.'));
    }
    HY_GO(hy_session_append_name(out, table->name));
done:
    hy_table_unref(table);
    return st;
}

static bool is_visible(void *context, uint32_t oid)
{
    const HySession *session = context;
    int system = hy_system_relation_find_oid(oid);
    if (system >= 0)
        return is_in_pg_catalog(system);
    HyTable *table = table_of(session, oid);
    bool visible = table && find_visible(session, table->name) == oid;
    hy_table_unref(table);
    return visible;
}

/* ---- The rest ---- */

static HyStatus parse_function(void *context, const char *text, size_t len, uint32_t *oid)
{
    (void)context;
    static const char schema[] = "pg_catalog.";
    if (len >= sizeof schema && memcmp(text, schema, sizeof schema - 1) == 0) {
        text += sizeof schema - 1;
        len -= sizeof schema - 1;
    }
    if (len == 8 && memcmp(text, "array_in", 8) == 0) { /* drivers ask which types it reads */
        *oid = 750;
        return HY_OK;
    }
    for (size_t i = 0; i < hy_func_count(); i++) {
        const char *name = hy_func_at(i)->name;
        if (strlen(name) == len && memcmp(name, text, len) == 0) {
            *oid = HY_OID_FIRST_FUNCTION + (uint32_t)i;
            return HY_OK;
        }
    }
    return hy_error("42883", "function %.*s does not exist", len < 200 ? (int)len : 200, text);
}

static bool has_database(void *context, const char *alias)
{
    return hy_attachments_find(&((HySession *)context)->attachments, alias) != NULL;
}

static HyStatus copy_name(HyArena *arena, const char *name, const char **out)
{
    *out = name ? hy_arena_strndup(arena, name, strlen(name)) : NULL;
    return name && !*out ? hy_error_oom(0) : HY_OK;
}

static HyStatus database_of_schema(
    void *context, const char *schema, HyArena *arena, const char **alias)
{
    const char *found = NULL;
    HyDatabase *database = hy_session_default_database(context, &found);
    bool exists =
        is_made_for_system(schema) || (database && hy_database_has_schema(database, schema));
    return copy_name(arena, exists ? found : NULL, alias);
}

/* Temporary tables are in no database. */
static HyStatus place_of_table(
    void *context, const char *name, HyArena *arena, const char **alias, const char **schema)
{
    uint32_t oid = find_visible(context, name);
    const char *database = NULL;
    *alias = NULL;
    *schema = NULL;
    if (!oid)
        return HY_OK;
    if (oid < HY_OID_FIRST_TEMPORARY)
        (void)hy_session_default_database(context, &database);
    HyTable *table = hy_system_relation_find_oid(oid) >= 0 ? NULL : table_of(context, oid);
    HyStatus st = copy_name(arena, database, alias);
    if (!st)
        st = copy_name(arena, table ? table->schema_name : "pg_catalog", schema);
    hy_table_unref(table);
    return st;
}

static HyStatus set_setting(void *context, const char *name, const char *value)
{
    return hy_settings_set(((HySession *)context)->settings, name, value);
}

const HySessionQuestions hy_session_questions = {.search_schema = search_schema,
    .has_database = has_database,
    .database_of_schema = database_of_schema,
    .place_of_table = place_of_table,
    .is_visible = is_visible,
    .define_key = hy_session_define_key,
    .set_setting = set_setting};

void hy_session_init_names(HySession *session)
{
    session->names = (HyObjectNames){.session = session,
        .format_relation = format_relation,
        .parse_relation = parse_relation,
        .parse_function = parse_function};
    hy_settings_set_names(session->settings, &session->names);
}
