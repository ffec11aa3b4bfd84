/* Functions that clients call on rows of pg_catalog: visibility, definitions as text, owners and
 * privileges. Objects are given by number; oid and integer go to bigint without a choice to make.
 */
#include "base/keywords.h"
#include "catalog/system_relations.h"
#include "func/families.h"
#include "func/text_kernel.h"
#include "types/array.h"

/* ---- Visibility and privileges ---- */

HY_TEXT_KERNEL(table_is_visible, uint8_t, {
    int64_t oid = hy_arg_int8(&args[0], i);
    r = env->questions && env->questions->is_visible(env->session, (uint32_t)oid);
})
HY_TEXT_KERNEL(yes, uint8_t, { r = true; })
HY_TEXT_KERNEL(no, uint8_t, { r = false; })

static const HySignature table_is_visible_list[] = {
    {1, {HY_I}, HY_TYPE_BOOL, table_is_visible, HY_SIG_PLAIN},
};
static const HySignature function_is_visible_list[] = {
    {1, {HY_I}, HY_TYPE_BOOL, yes, HY_SIG_PLAIN},
};
static const HySignature has_function_privilege_list[] = {
    {2, {HY_T, HY_T}, HY_TYPE_BOOL, yes, HY_SIG_PLAIN},
    {2, {HY_I, HY_T}, HY_TYPE_BOOL, yes, HY_SIG_PLAIN},
    {3, {HY_T, HY_T, HY_T}, HY_TYPE_BOOL, yes, HY_SIG_PLAIN},
    {3, {HY_T, HY_I, HY_T}, HY_TYPE_BOOL, yes, HY_SIG_PLAIN},
    {3, {HY_I, HY_T, HY_T}, HY_TYPE_BOOL, yes, HY_SIG_PLAIN},
    {3, {HY_I, HY_I, HY_T}, HY_TYPE_BOOL, yes, HY_SIG_PLAIN},
};
static const HySignature is_other_temp_schema_list[] = {
    {1, {HY_I}, HY_TYPE_BOOL, no, HY_SIG_PLAIN},
    {1, {HY_T}, HY_TYPE_BOOL, no, HY_SIG_PLAIN},
};
static const HySignature never_list[] = {
    {0, {0}, HY_TYPE_BOOL, no, HY_SIG_NOT_NULL},
};

/* Everything belongs to the one user that there is. */
HY_TEXT_KERNEL(userbyid, HyString, {
    static const char name[] = "tableau_internal_user";
    bool is_user = hy_arg_int8(&args[0], i) == HY_OID_USER;
    r = is_user ? hy_string_view(name, sizeof name - 1) : hy_string_view("", 0);
})

static const HySignature userbyid_list[] = {
    {1, {HY_I}, HY_T, userbyid, HY_SIG_PLAIN},
};

HY_TEXT_KERNEL(my_temp_schema, uint32_t, { r = HY_OID_PG_TEMP; })

static const HySignature my_temp_schema_list[] = {
    {0, {0}, HY_TYPE_OID, my_temp_schema, HY_SIG_NOT_NULL},
};

/* ---- Definitions as text ---- */

/* Defaults are stored as the text that was written. */
HY_TEXT_KERNEL(get_expr, HyString, { r = hy_arg_string(&args[0], i); })

static const HySignature get_expr_list[] = {
    {2, {HY_T, HY_I}, HY_T, get_expr, HY_SIG_PLAIN},
    {3, {HY_T, HY_I, HY_TYPE_BOOL}, HY_T, get_expr, HY_SIG_PLAIN},
};

/* Objects that there are none of, or that have no text: comments, views, rules, triggers. */
static HyStatus nothing(HyFuncEnv *env, const HyFuncCall *call HY_UNUSED,
    const HyVector *args HY_UNUSED, size_t n, HyVector *out)
{
    memset(out->data, 0, n * hy_physical_size(hy_type_physical(out->type)));
    HY_TRY(hy_vector_need_validity(env->arena, out, n));
    hy_bitmap_fill(out->validity, n, false);
    return HY_OK;
}

/* part: NULL, or numbers as define_key takes them. */
static HyStatus define_keys(
    HyFuncEnv *env, const HyVector *oids, const HyVector *parts, int part, size_t n, HyVector *out)
{
    HyString *texts = out->data;
    HY_TRY(hy_vector_need_validity(env->arena, out, n));
    for (size_t i = 0; i < n; i++) {
        const char *text = NULL;
        if (env->questions && hy_bitmap_get(out->validity, i))
            HY_TRY(env->questions->define_key(env->session, (uint32_t)hy_arg_int8(oids, i),
                parts ? hy_arg_int8(parts, i) & INT64_MAX : part, env->arena, &text));
        texts[i] = hy_string_view(text ? text : "", text ? strlen(text) : 0);
        if (!text)
            hy_bitmap_clear(out->validity, i);
    }
    return HY_OK;
}

static HyStatus constraint_definition(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyVector *args, size_t n, HyVector *out)
{
    return define_keys(env, &args[0], NULL, -1, n, out);
}

static HyStatus index_definition(
    HyFuncEnv *env, const HyFuncCall *call, const HyVector *args, size_t n, HyVector *out)
{
    return define_keys(env, &args[0], call->n_args > 1 ? &args[1] : NULL, 0, n, out);
}

#define NOTHING HY_T, nothing, HY_SIG_NOT_STRICT
static const HySignature description_list[] = {{2, {HY_I, HY_T}, NOTHING}};
static const HySignature column_description_list[] = {{2, {HY_I, HY_I}, NOTHING}};
static const HySignature definition_list[] = {
    {1, {HY_I}, NOTHING},
    {1, {HY_T}, NOTHING},
};
static const HySignature pretty_definition_list[] = {
    {1, {HY_I}, NOTHING},
    {1, {HY_T}, NOTHING},
    {2, {HY_I, HY_TYPE_BOOL}, NOTHING},
};
static const HySignature constraint_definition_list[] = {
    {1, {HY_I}, HY_T, constraint_definition, HY_SIG_CAN_FAIL},
    {1, {HY_T}, NOTHING},
    {2, {HY_I, HY_TYPE_BOOL}, HY_T, constraint_definition, HY_SIG_CAN_FAIL},
};
static const HySignature index_definition_list[] = {
    {1, {HY_I}, HY_T, index_definition, HY_SIG_CAN_FAIL},
    {1, {HY_T}, NOTHING},
    {3, {HY_I, HY_I, HY_TYPE_BOOL}, HY_T, index_definition, HY_SIG_CAN_FAIL},
};
static const HySignature view_definition_list[] = {
    {1, {HY_I}, NOTHING},
    {1, {HY_T}, NOTHING},
    {2, {HY_I, HY_TYPE_BOOL}, NOTHING},
    {2, {HY_T, HY_TYPE_BOOL}, NOTHING},
};
static const HySignature location_list[] = {{0, {0}, NOTHING}};
static const HySignature replay_time_list[] = {
    {0, {0}, HY_TYPE_TIMESTAMP, nothing, HY_SIG_NOT_STRICT}};

/* ---- Table functions ---- */

static HyStatus set_text_columns(
    HyFuncCall *call, const HyTableFunction *function, const char *const *names, size_t n)
{
    HY_ARENA_NEW(call->arena, call->columns, n);
    for (size_t i = 0; i < n; i++)
        call->columns[i] = hy_type(HY_TYPE_TEXT);
    call->column_names = (const char **)(uintptr_t)names;
    call->n_columns = n;
    call->table = function;
    call->result = call->columns[0];
    return HY_OK;
}

static HyStatus no_rows(HyFuncEnv *env HY_UNUSED, const HyFuncCall *call HY_UNUSED,
    const HyValue *args HY_UNUSED, HyRowset *out HY_UNUSED)
{
    return HY_OK;
}

static HyStatus resolve_extensions(HyFuncCall *call)
{
    static const HyTableFunction function = {no_rows};
    static const char *const names[] = {"name", "default_version", "comment"};
    return set_text_columns(call, &function, names, HY_ARRAY_LEN(names));
}

typedef struct Keyword {
    const char *word;
    char category;
} Keyword;

#define CATEGORY_UNRESERVED                  'U'
#define CATEGORY_COL_NAME                    'C'
#define CATEGORY_TYPE_FUNC                   'T'
#define CATEGORY_RESERVED                    'R'
#define AS_KEYWORD(name, text, class, label) {text, CATEGORY_##class},
#define OF_LETTER(letter, list)              list(AS_KEYWORD)
static const Keyword keywords[] = {HY_KEYWORD_LETTERS(OF_LETTER)};

static const char *category_text(char category)
{
    switch (category) {
    case 'U':
        return "unreserved";
    case 'C':
        return "unreserved (cannot be function or type name)";
    case 'T':
        return "reserved (can be function or type name)";
    default:
        return "reserved";
    }
}

static HyStatus keyword_rows(
    HyFuncEnv *env, const HyFuncCall *call HY_UNUSED, const HyValue *args HY_UNUSED, HyRowset *out)
{
    HyVector columns[3];
    for (size_t c = 0; c < HY_ARRAY_LEN(columns); c++)
        HY_TRY(hy_vector_alloc(
            env->arena, hy_type(HY_TYPE_TEXT), HY_ARRAY_LEN(keywords), &columns[c]));
    for (size_t i = 0; i < HY_ARRAY_LEN(keywords); i++) {
        const Keyword *k = &keywords[i];
        const char *texts[] = {k->word, (const char[]){k->category, 0}, category_text(k->category)};
        for (size_t c = 0; c < HY_ARRAY_LEN(columns); c++)
            ((HyString *)columns[c].data)[i] = hy_string_view(texts[c], strlen(texts[c]));
    }
    const HyBatch batch = {.n_rows = HY_ARRAY_LEN(keywords), .n_cols = 3, .cols = columns};
    return hy_rowset_append(out, &batch);
}

_Static_assert(HY_ARRAY_LEN(keywords) <= HY_VECTOR_SIZE, "one piece holds all keywords");

static HyStatus resolve_keywords(HyFuncCall *call)
{
    static const HyTableFunction function = {keyword_rows};
    static const char *const names[] = {"word", "catcode", "catdesc"};
    return set_text_columns(call, &function, names, HY_ARRAY_LEN(names));
}

/* "name=value" as two columns; without `=` the value is empty. */
static HyStatus option_row(HyArena *arena, HyString *option, HyRowset *out)
{
    HyVector columns[2];
    const char *text = hy_string_data(option);
    const char *equals = memchr(text, '=', option->len);
    size_t name_len = equals ? (size_t)(equals - text) : option->len;
    HyValue name = hy_value_null(hy_type(HY_TYPE_TEXT));
    HyValue value = name;
    name.is_null = value.is_null = false;
    name.string = hy_string_view(text, name_len);
    value.string =
        equals ? hy_string_view(equals + 1, option->len - name_len - 1) : hy_string_view("", 0);
    HY_TRY(hy_vector_constant(arena, &name, &columns[0]));
    HY_TRY(hy_vector_constant(arena, &value, &columns[1]));
    const HyBatch batch = {.n_rows = 1, .n_cols = 2, .cols = columns};
    return hy_rowset_append(out, &batch);
}

static HyStatus option_rows(
    HyFuncEnv *env, const HyFuncCall *call, const HyValue *args, HyRowset *out)
{
    HyArrayReader reader;
    if (args[0].is_null)
        return HY_OK;
    HY_TRY(hy_array_open(*call->arg_types[0].element, &args[0].string, &reader));
    while (hy_array_next(&reader))
        if (!reader.is_null)
            HY_TRY(option_row(env->arena, &reader.string, out));
    return HY_OK;
}

static HyStatus resolve_options(HyFuncCall *call)
{
    static const HyTableFunction function = {option_rows};
    static const char *const names[] = {"option_name", "option_value"};
    const HyType *type = &call->arg_types[0];
    if (type->id != HY_TYPE_ARRAY || !type->element || !hy_type_is_text(*type->element) ||
        type->element->id == HY_TYPE_CHAR1)
        return hy_error("42601", "\"%s\" requires a string array argument", call->func->name);
    return set_text_columns(call, &function, names, HY_ARRAY_LEN(names));
}

static HyStatus refuse_disabled(HyFuncCall *call)
{
    return hy_error("0A000", "%s is disabled", call->func->name);
}

static HyStatus refuse(HyFuncCall *call)
{
    return hy_error("0A000", "Function '%s' does not exist", call->func->name);
}

#define ENTRY(name, min, max, list, signature, doc)                                                \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_STABLE, min, max, hy_resolve_signatures, HY_SIGNATURES(list),     \
            name signature, doc                                                                    \
    }
#define EMPTY(name, min, max, list, signature)                                                     \
    ENTRY(name, min, max, list, signature, "Always null: there are no such objects.")
#define REFUSED(name)                                                                              \
    {                                                                                              \
        name, HY_FUNC_SCALAR, HY_STABLE, 0, 255, refuse, NULL, name "(..)", "Refused."             \
    }
static const HyFunc functions[] = {
    ENTRY("pg_table_is_visible", 1, 1, table_is_visible_list, "(table oid) -> boolean",
        "Whether the table is found by its name alone."),
    ENTRY("pg_function_is_visible", 1, 1, function_is_visible_list, "(function oid) -> boolean",
        "Always true."),
    ENTRY("pg_collation_is_visible", 1, 1, function_is_visible_list, "(collation oid) -> boolean",
        "Always true."),
    ENTRY("pg_type_is_visible", 1, 1, function_is_visible_list, "(type oid) -> boolean",
        "Always true."),
    ENTRY("pg_is_other_temp_schema", 1, 1, is_other_temp_schema_list, "(schema oid) -> boolean",
        "Always false: the temporary tables of others are not seen."),
    ENTRY("pg_my_temp_schema", 0, 0, my_temp_schema_list, "() -> oid",
        "The schema of the session's temporary tables."),
    ENTRY("has_function_privilege", 2, 3, has_function_privilege_list,
        "([user,] function, privilege text) -> boolean", "Always true."),
    ENTRY("pg_get_userbyid", 1, 1, userbyid_list, "(user oid) -> text", "The name of a user."),
    ENTRY("pg_get_expr", 2, 3, get_expr_list,
        "(expression text, table oid [, pretty boolean]) -> text", "The text of a default."),
    ENTRY("pg_is_in_recovery", 0, 0, never_list, "() -> boolean", "Always false."),
    ENTRY("pg_is_xlog_replay_paused", 0, 0, never_list, "() -> boolean", "Always false."),
    EMPTY("obj_description", 2, 2, description_list, "(object oid, catalog text) -> text"),
    EMPTY("shobj_description", 2, 2, description_list, "(object oid, catalog text) -> text"),
    EMPTY("col_description", 2, 2, column_description_list, "(table oid, column integer) -> text"),
    ENTRY("pg_get_constraintdef", 1, 2, constraint_definition_list,
        "(constraint oid [, pretty boolean]) -> text", "A key as SQL."),
    EMPTY("pg_get_ruledef", 1, 2, pretty_definition_list, "(rule oid [, pretty boolean]) -> text"),
    EMPTY("pg_get_triggerdef", 1, 2, pretty_definition_list,
        "(trigger oid [, pretty boolean]) -> text"),
    EMPTY("pg_get_viewdef", 1, 2, view_definition_list, "(view [, pretty boolean]) -> text"),
    ENTRY("pg_get_indexdef", 1, 3, index_definition_list,
        "(index oid [, column integer, pretty boolean]) -> text", "The index of a key as SQL."),
    EMPTY("pg_get_functiondef", 1, 1, definition_list, "(function oid) -> text"),
    EMPTY("pg_get_function_arguments", 1, 1, definition_list, "(function oid) -> text"),
    EMPTY("pg_get_function_identity_arguments", 1, 1, definition_list, "(function oid) -> text"),
    EMPTY("pg_get_function_result", 1, 1, definition_list, "(function oid) -> text"),
    EMPTY("pg_last_xlog_receive_location", 0, 0, location_list, "() -> text"),
    EMPTY("pg_last_xlog_replay_location", 0, 0, location_list, "() -> text"),
    EMPTY("pg_last_xact_replay_timestamp", 0, 0, replay_time_list, "() -> timestamp"),
    {"pg_get_keywords", HY_FUNC_TABLE, HY_IMMUTABLE, 0, 0, resolve_keywords, NULL,
        "pg_get_keywords() -> setof (word, catcode, catdesc)", "The words of the grammar."},
    {"pg_available_extensions", HY_FUNC_TABLE, HY_STABLE, 0, 0, resolve_extensions, NULL,
        "pg_available_extensions() -> setof (name, default_version, comment)", "Always empty."},
    {"pg_options_to_table", HY_FUNC_TABLE, HY_IMMUTABLE, 1, 1, resolve_options, NULL,
        "pg_options_to_table(options array(text)) -> setof (option_name, option_value)",
        "Splits texts of the form name=value."},
    {"hyper_schema_json", HY_FUNC_SCALAR, HY_STABLE, 0, 255, refuse_disabled, NULL,
        "hyper_schema_json(..)", "Refused."},
    REFUSED("has_database_privilege"),
    REFUSED("has_schema_privilege"),
    REFUSED("has_table_privilege"),
};
HY_DEFINE_FAMILY(system_catalog, functions);
