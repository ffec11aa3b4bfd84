/* Types, functions, collations and what else is the same in every database. */
#include "catalog/system_relations.h"
#include "session/system_writer.h"
#include "types/collation.h"

#include <ctype.h>
#include <string.h>

/* ---- pg_type ---- */

/* Types as the genuine server lists them, also those that no value has. */
static const struct BuiltInType {
    uint32_t oid;
    const char *name;
    int length;
    uint32_t array_oid; /* 0: there are no arrays of it */
} built_in_types[] = {
    {16, "boolean", 1, 1000},
    {17, "bytea", -1, 1001},
    {18, "character(1)", 1, 1002},
    {20, "bigint", 8, 1016},
    {21, "smallint", 2, 1005},
    {22, "int2vector", -1, 1006},
    {23, "integer", 4, 1007},
    {24, "regproc", 4, 1008},
    {25, "text", -1, 1009},
    {26, "oid", 4, 1028},
    {30, "oidvector", -1, 1013},
    {114, "json", -1, 199},
    {700, "real", 4, 1021},
    {701, "double precision", 8, 1022},
    {705, "unknown", 0, 0},
    {1033, "aclitem", 16, 1034},
    {1042, "character", -1, 1014},
    {1043, "character varying", -1, 1015},
    {1082, "date", 4, 1182},
    {1083, "time", 4, 1183},
    {1114, "timestamp", 8, 1115},
    {1184, "timestamptz", 8, 1185},
    {1186, "interval", 16, 1187},
    {1700, "numeric", -1, 1231},
    {2202, "regprocedure", 4, 2207},
    {2203, "regoper", 4, 2208},
    {2204, "regoperator", 4, 2209},
    {2205, "regclass", 4, 2210},
    {2206, "regtype", 4, 2211},
    {2278, "void", 0, 0},
    {2950, "uuid", 16, 2951},
    {3734, "regconfig", 4, 3735},
    {3769, "regdictionary", 4, 3770},
    {5003, "tabgeography", -1, 5004},
};

int hy_system_type_length(uint32_t type_oid)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(built_in_types); i++)
        if (built_in_types[i].oid == type_oid)
            return built_in_types[i].length;
    return -1;
}

#define DEFAULT_COLLATION 100

static bool has_collation(uint32_t type_oid)
{
    return type_oid == 18 || type_oid == 25 || type_oid == 1042 || type_oid == 1043;
}

static HyStatus type_row(HySystemWriter *w, const struct BuiltInType *type, bool is_array)
{
    const char *name = is_array ? hy_arena_printf(w->arena, "array(%s)", type->name) : type->name;
    if (!name)
        return hy_error_oom(0);
    hy_system_put(w, "oid", is_array ? type->array_oid : type->oid);
    hy_system_put_text(w, "typname", name);
    hy_system_put(w, "typnamespace",
        strcmp(type->name, "tabgeography") == 0 ? HY_OID_TABLEAU : HY_OID_PG_CATALOG);
    hy_system_put(w, "typowner", 1);
    hy_system_put(w, "typlen", is_array ? -1 : type->length);
    hy_system_put(w, "typbyval", true);
    hy_system_put(w, "typtype", 'b');
    hy_system_put(w, "typcategory", 'X');
    hy_system_put(w, "typisdefined", true);
    hy_system_put(w, "typdelim", ',');
    hy_system_put(w, "typelem", is_array ? type->oid : 0);
    hy_system_put(w, "typarray", is_array ? 0 : type->array_oid);
    hy_system_put(w, "typalign", 'c');
    hy_system_put(w, "typstorage", 'p');
    hy_system_put(w, "typtypmod", -1);
    hy_system_put(w, "typcollation", has_collation(type->oid) ? DEFAULT_COLLATION : 0);
    return hy_system_end_row(w);
}

HyStatus hy_system_type_rows(HySystemWriter *w)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(built_in_types); i++) {
        HY_TRY(type_row(w, &built_in_types[i], false));
        if (built_in_types[i].array_oid)
            HY_TRY(type_row(w, &built_in_types[i], true));
    }
    return HY_OK;
}

/* ---- pg_proc ---- */

static char function_kind(HyFuncKind kind)
{
    return kind == HY_FUNC_AGGREGATE ? 'a' : kind == HY_FUNC_WINDOW ? 'w' : 'f';
}

HyStatus hy_system_function_rows(HySystemWriter *w)
{
    for (size_t i = 0; i < hy_func_count(); i++) {
        const HyFunc *function = hy_func_at(i);
        if (!isalpha((unsigned char)function->name[0]))
            continue; /* an operator */
        char kind[2] = {function_kind(function->kind), 0};
        hy_system_put(w, "oid", HY_OID_FIRST_FUNCTION + (int64_t)i);
        hy_system_put_text(w, "proname", function->name);
        hy_system_put(w, "pronamespace", HY_OID_PG_CATALOG);
        hy_system_put_text(w, "prokind", kind);
        if (function->kind == HY_FUNC_AGGREGATE)
            hy_system_put(w, "proisstrict", false);
        hy_system_put_text(w, "proparallel", "s");
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}

/* ---- pg_collation ---- */

#define FIRST_BINARY_COLLATION 950
#define FIRST_LOCALE_COLLATION 1000

static bool is_binary_collation(const char *name)
{
    return strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0 || strcmp(name, "binary") == 0;
}

/* Binary collations come first in hy_collation_name_at. */
static uint32_t collation_oid_at(size_t index)
{
    size_t n_binary = 0;
    while (n_binary < hy_collation_count() && is_binary_collation(hy_collation_name_at(n_binary)))
        n_binary++;
    return (uint32_t)(index < n_binary ? FIRST_BINARY_COLLATION + index
                                       : FIRST_LOCALE_COLLATION + index - n_binary);
}

uint32_t hy_system_collation_oid(HyType type)
{
    const char *name = hy_collation_name(type.collation);
    if (!hy_type_is_text(type))
        return 0;
    for (size_t i = 0; *name && i < hy_collation_count(); i++)
        if (strcmp(hy_collation_name_at(i), name) == 0)
            return collation_oid_at(i);
    return DEFAULT_COLLATION;
}

static HyStatus collation_row(
    HySystemWriter *w, uint32_t oid, const char *name, int encoding, const char *locale)
{
    hy_system_put(w, "oid", oid);
    hy_system_put_text(w, "collname", name);
    hy_system_put(w, "collnamespace", HY_OID_PG_CATALOG);
    hy_system_put(w, "collowner", 1);
    hy_system_put(w, "collencoding", encoding);
    hy_system_put_text(w, "collcollate", locale);
    hy_system_put_text(w, "collctype", locale);
    return hy_system_end_row(w);
}

HyStatus hy_system_collation_rows(HySystemWriter *w)
{
    const int utf8 = 6;
    HY_TRY(collation_row(w, DEFAULT_COLLATION, "default", -1, ""));
    for (size_t i = 0; i < hy_collation_count(); i++) {
        const char *name = hy_collation_name_at(i);
        HY_TRY(collation_row(
            w, collation_oid_at(i), name, is_binary_collation(name) ? -1 : utf8, name));
    }
    return HY_OK;
}

/* ---- pg_am, pg_tablespace ---- */

HyStatus hy_system_access_rows(HySystemWriter *w)
{
    static const struct {
        uint32_t oid;
        const char *name;
    } methods[] = {
        {405, "hash"}, {403, "tree"}, {404, "radixtree"}, {406, "oahash"}, {407, "none"}};
    for (size_t i = 0; i < HY_ARRAY_LEN(methods); i++) {
        hy_system_put(w, "oid", methods[i].oid);
        hy_system_put_text(w, "amname", methods[i].name);
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}

HyStatus hy_system_tablespace_rows(HySystemWriter *w)
{
    static const char *const names[] = {"pg_default", "pg_global"};
    for (size_t i = 0; i < HY_ARRAY_LEN(names); i++) {
        hy_system_put(w, "oid", 1663 + (int64_t)i);
        hy_system_put_text(w, "spcname", names[i]);
        hy_system_put(w, "spcowner", 10);
        HY_TRY(hy_system_end_row(w));
    }
    return HY_OK;
}
