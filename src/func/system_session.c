/* Functions about the session: search path, settings, database, version. */
#include "func/families.h"
#include "func/text_kernel.h"
#include "types/array.h"

static HyString text_of(const char *text)
{
    return hy_string_view(text, strlen(text));
}

/* ---- Schemas ---- */

static const char *search_schema(const HyFuncEnv *env, size_t index)
{
    return env->questions ? env->questions->search_schema(env->session, index) : NULL;
}

/* Where CREATE TABLE puts tables: not among the system's, which are searched like the others. */
static const char *first_schema(const HyFuncEnv *env)
{
    for (size_t i = 0;; i++) {
        const char *name = search_schema(env, i);
        if (!name || strncmp(name, "pg_", 3) != 0)
            return name;
    }
}

HY_TEXT_KERNEL(current_schema, HyString, {
    const char *name = first_schema(env);
    r = text_of(name ? name : "");
})

static const HySignature current_schema_list[] = {
    {0, {0}, HY_T, current_schema, HY_SIG_NOT_NULL},
};

static HyStatus add_name(HyArrayBuilder *names, const char *name)
{
    HyString s = text_of(name);
    return hy_array_builder_append(names, &s);
}

/* The search path; with the implicit pg_catalog behind the temporary schema when asked for. */
static HyStatus search_path(HyFuncEnv *env, bool with_implicit, HyString *out)
{
    HyArrayBuilder names;
    HyStatus st = HY_OK;
    hy_array_builder_init(&names, hy_type(HY_TYPE_TEXT));
    bool is_listed = false;
    for (size_t i = 0; search_schema(env, i); i++)
        is_listed |= strcmp(search_schema(env, i), "pg_catalog") == 0;
    for (size_t i = 0; !st && search_schema(env, i); i++) {
        st = add_name(&names, search_schema(env, i));
        if (!st && i == 0 && with_implicit && !is_listed)
            st = add_name(&names, "pg_catalog");
    }
    if (!st)
        st = hy_array_builder_finish(&names, env->arena, out);
    hy_array_builder_destroy(&names);
    return st;
}

HY_TEXT_KERNEL(current_schemas, HyString,
    { HY_TRY(search_path(env, ((const uint8_t *)hy_vector_values(&args[0]))[0], &r)); })

static HyStatus resolve_current_schemas(HyFuncCall *call)
{
    static const HyType text = {.id = HY_TYPE_TEXT, .nullable = true};
    if (call->arg_types[0].id != HY_TYPE_BOOL || !call->consts[0])
        return hy_error("42601", "argument to 'current_schema' must be a boolean constant");
    HyType names = hy_type(HY_TYPE_ARRAY);
    names.element = &text;
    hy_call_set(call, names, current_schemas, HY_SIG_PLAIN);
    return HY_OK;
}

/* ---- Settings ---- */

static HyStatus copy_argument(HyFuncEnv *env, const HyVector *arg, size_t row, const char **out)
{
    HyString s = hy_arg_string(arg, row);
    *out = hy_arena_strndup(env->arena, hy_string_data(&s), s.len);
    return *out ? HY_OK : hy_error_oom(s.len);
}

HY_TEXT_KERNEL(current_setting, HyString, {
    const char *name;
    HY_TRY(copy_argument(env, &args[0], i, &name));
    const char *value = env->setting ? env->setting(env->session, name) : NULL;
    if (!value)
        return hy_error("42602", "`%s` is not a valid setting name", name);
    const char *copy = hy_arena_strndup(env->arena, value, strlen(value));
    if (!copy)
        return hy_error_oom(strlen(value));
    r = text_of(copy);
})

static const HySignature current_setting_list[] = {
    {1, {HY_T}, HY_T, current_setting, HY_SIG_CAN_FAIL},
};

HY_TEXT_KERNEL(set_config, HyString, {
    const char *name;
    const char *value;
    HY_TRY(copy_argument(env, &args[0], i, &name));
    HY_TRY(copy_argument(env, &args[1], i, &value));
    if (((const uint8_t *)hy_vector_values(&args[2]))[hy_vector_index(&args[2], i)])
        return hy_error("0A000", "LOCAL settings are not supported");
    if (!env->questions)
        return hy_error("0A000", "there is no session to set '%s' for", name);
    HY_TRY(env->questions->set_setting(env->session, name, value));
    HY_TRY(current_setting(env, call, args, 1, out));
    r = ((const HyString *)out->data)[0];
})

static const HySignature set_config_list[] = {
    {3, {HY_T, HY_T, HY_TYPE_BOOL}, HY_T, set_config, HY_SIG_CAN_FAIL},
};

/* ---- Databases ---- */

HY_TEXT_KERNEL(has_database, uint8_t, {
    const char *alias;
    HY_TRY(copy_argument(env, &args[0], i, &alias));
    r = env->questions && env->questions->has_database(env->session, alias);
})

static HyStatus resolve_has_database(HyFuncCall *call)
{
    if (!hy_type_is_text(call->arg_types[0]) || !call->consts[0])
        return hy_error(
            "42601", "\"%s\" requires a constant database alias as input", call->func->name);
    hy_call_set(call, hy_type(HY_TYPE_BOOL), has_database, HY_SIG_PLAIN);
    return HY_OK;
}

/* A text, or null for NULL. */
static HyStatus text_or_null(
    HyFuncEnv *env, const char *text, HyVector *out, size_t i, size_t n, HyString *r)
{
    if (text) {
        *r = text_of(text);
        return HY_OK;
    }
    HY_TRY(hy_vector_need_validity(env->arena, out, n));
    hy_bitmap_clear(out->validity, i);
    return HY_OK;
}

HY_TEXT_KERNEL(
    current_database, HyString, { HY_TRY(text_or_null(env, env->database_name, out, i, n, &r)); })

static const HySignature current_database_list[] = {
    {0, {0}, HY_T, current_database, HY_SIG_MAY_NULL},
};

HY_TEXT_KERNEL(database_of_schema, HyString, {
    const char *schema;
    const char *alias = NULL;
    HY_TRY(copy_argument(env, &args[0], i, &schema));
    if (env->questions)
        HY_TRY(env->questions->database_of_schema(env->session, schema, env->arena, &alias));
    HY_TRY(text_or_null(env, alias, out, i, n, &r));
})

static HyStatus place_of_table(
    HyFuncEnv *env, const HyVector *arg, size_t row, const char **alias, const char **schema)
{
    const char *table;
    *alias = NULL;
    *schema = NULL;
    HY_TRY(copy_argument(env, arg, row, &table));
    return env->questions
               ? env->questions->place_of_table(env->session, table, env->arena, alias, schema)
               : HY_OK;
}

HY_TEXT_KERNEL(database_of_table, HyString, {
    const char *alias;
    const char *schema;
    HY_TRY(place_of_table(env, &args[0], i, &alias, &schema));
    if (!alias && schema)
        alias = ""; /* a temporary table is in none */
    HY_TRY(text_or_null(env, alias, out, i, n, &r));
})
HY_TEXT_KERNEL(schema_of_table, HyString, {
    const char *alias;
    const char *schema;
    HY_TRY(place_of_table(env, &args[0], i, &alias, &schema));
    HY_TRY(text_or_null(env, schema, out, i, n, &r));
})

/* Names must be known when the statement is planned. */
static HyStatus resolve_place(HyFuncCall *call, const char *what, HyScalarKernel kernel)
{
    if (!hy_type_is_text(call->arg_types[0]) || !call->consts[0])
        return hy_error(
            "42601", "\"%s\" requires a constant %s name as input", call->func->name, what);
    hy_call_set(call, hy_type(HY_TYPE_TEXT), kernel, HY_SIG_MAY_NULL);
    return HY_OK;
}

static HyStatus resolve_database_of_schema(HyFuncCall *call)
{
    return resolve_place(call, "schema", database_of_schema);
}

static HyStatus resolve_database_of_table(HyFuncCall *call)
{
    return resolve_place(call, "table", database_of_table);
}

static HyStatus resolve_schema_of_table(HyFuncCall *call)
{
    return resolve_place(call, "table", schema_of_table);
}

/* ---- The server ---- */

#define TEXT_CONSTANT(name, text)                                                                  \
    HY_TEXT_KERNEL(name, HyString, { r = hy_string_view(text, sizeof(text) - 1); })                \
    static const HySignature name##_list[] = {{0, {0}, HY_T, name, HY_SIG_NOT_NULL}}

/* Clients look for "Hyper" and read the numbers behind it. */
TEXT_CONSTANT(version,
    "PostgreSQL 9.1.0 emulation by Hyper, hyper version main.0.0.26359, openhyper " HY_VERSION);
TEXT_CONSTANT(encoding_name, "UTF8");
TEXT_CONSTANT(current_query, "");

HY_TEXT_KERNEL(start_time, uint64_t, { r = env->start_time; })

static const HySignature start_time_list[] = {
    {0, {0}, HY_TYPE_TIMESTAMPTZ, start_time, HY_SIG_NOT_NULL},
};

/* Encodings by PostgreSQL's numbers; "" for others. */
static const char *encoding_at(int64_t number)
{
    static const char *const names[] = {
        "SQL_ASCII", "EUC_JP", "EUC_CN", "EUC_KR", "EUC_TW", "EUC_JIS_2004", "UTF8"};
    return number >= 0 && number < (int64_t)HY_ARRAY_LEN(names) ? names[number] : "";
}

HY_TEXT_KERNEL(encoding_to_char, HyString, { r = text_of(encoding_at(hy_arg_int8(&args[0], i))); })

static const HySignature encoding_to_char_list[] = {
    {1, {HY_I}, HY_T, encoding_to_char, HY_SIG_PLAIN},
};

/* Parts of the standard that the server has words for, but no meaning. */
static HyStatus refuse(HyFuncCall *call)
{
    return hy_error("0A000", "'%s' does not exist", (const char *)call->func->data);
}

static HyStatus refuse_sleep(HyFuncCall *call)
{
    return hy_error("0A000", "%s is disabled", call->func->name);
}

#define ENTRY(name, volatility, list, n, signature, doc)                                           \
    {                                                                                              \
        name, HY_FUNC_SCALAR, volatility, n, n, hy_resolve_signatures, HY_SIGNATURES(list),        \
            signature, doc                                                                         \
    }
static const HyFunc functions[] = {
    ENTRY("current_schema", HY_STABLE, current_schema_list, 0, "current_schema() -> text",
        "The schema in which unqualified names are looked up first."),
    {"current_schemas", HY_FUNC_SCALAR, HY_STABLE, 1, 1, resolve_current_schemas, NULL,
        "current_schemas(include_implicit boolean) -> array(text)",
        "The schemas in which unqualified names are looked up, in order."},
    ENTRY("current_setting", HY_STABLE, current_setting_list, 1,
        "current_setting(name text) -> text", "The value of a setting."),
    ENTRY("set_config", HY_VOLATILE, set_config_list, 3,
        "set_config(name text, value text, is_local boolean) -> text",
        "Changes a setting and gives its new value."),
    ENTRY("current_database", HY_STABLE, current_database_list, 0, "current_database() -> text",
        "The alias of the database; null when several are attached."),
    ENTRY("current_catalog", HY_STABLE, current_database_list, 0, "current_catalog -> text",
        "The alias of the database; null when several are attached."),
    {"hyper_has_database_attached", HY_FUNC_SCALAR, HY_STABLE, 1, 1, resolve_has_database, NULL,
        "hyper_has_database_attached(alias text) -> boolean",
        "Whether a database is attached under this alias."},
    {"hyper_database_of_schema", HY_FUNC_SCALAR, HY_STABLE, 1, 1, resolve_database_of_schema, NULL,
        "hyper_database_of_schema(schema text) -> text",
        "The alias of the database in which the schema is found."},
    {"hyper_database_of_table", HY_FUNC_SCALAR, HY_STABLE, 1, 1, resolve_database_of_table, NULL,
        "hyper_database_of_table(table text) -> text",
        "The alias of the database in which the table is found; null for temporary tables."},
    {"hyper_schema_of_table", HY_FUNC_SCALAR, HY_STABLE, 1, 1, resolve_schema_of_table, NULL,
        "hyper_schema_of_table(table text) -> text", "The schema in which the table is found."},
    ENTRY("version", HY_STABLE, version_list, 0, "version() -> text", "What this server is."),
    ENTRY("pg_client_encoding", HY_STABLE, encoding_name_list, 0, "pg_client_encoding() -> text",
        "The encoding of the client: always UTF8."),
    ENTRY("getdatabaseencoding", HY_STABLE, encoding_name_list, 0, "getdatabaseencoding() -> text",
        "The encoding of the database: always UTF8."),
    ENTRY("current_query", HY_STABLE, current_query_list, 0, "current_query() -> text",
        "Always empty."),
    ENTRY("pg_postmaster_start_time", HY_STABLE, start_time_list, 0,
        "pg_postmaster_start_time() -> timestamptz", "When the engine was started."),
    ENTRY("pg_conf_load_time", HY_STABLE, start_time_list, 0, "pg_conf_load_time() -> timestamptz",
        "When the settings were read: at the start of the engine."),
    ENTRY("pg_encoding_to_char", HY_IMMUTABLE, encoding_to_char_list, 1,
        "pg_encoding_to_char(encoding integer) -> text", "The name of an encoding."),
    {"current_user", HY_FUNC_SCALAR, HY_STABLE, 0, 0, refuse, "current_user", "current_user",
        "Refused."},
    {"current_role", HY_FUNC_SCALAR, HY_STABLE, 0, 0, refuse, "current_user", "current_role",
        "Refused."},
    {"session_user", HY_FUNC_SCALAR, HY_STABLE, 0, 0, refuse, "session_user", "session_user",
        "Refused."},
    {"user", HY_FUNC_SCALAR, HY_STABLE, 0, 0, refuse, "current_user", "user", "Refused."},
    {"pg_sleep", HY_FUNC_SCALAR, HY_VOLATILE, 1, 1, refuse_sleep, NULL,
        "pg_sleep(seconds double precision)", "Refused."},
};
HY_DEFINE_FAMILY(system_session, functions);
