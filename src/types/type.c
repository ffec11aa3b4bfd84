#include "types/type.h"

#include "base/levenshtein.h"
#include "types/numeric.h"
#include <strings.h>

HyPhysical hy_type_physical(HyType type)
{
    switch (type.id) {
    case HY_TYPE_BOOL:
        return HY_PHYS_U8;
    case HY_TYPE_INT2:
        return HY_PHYS_I16;
    case HY_TYPE_INT4:
    case HY_TYPE_DATE:
        return HY_PHYS_I32;
    case HY_TYPE_OID:
    case HY_TYPE_REGCLASS:
    case HY_TYPE_REGTYPE:
    case HY_TYPE_REGPROC:
    case HY_TYPE_CHAR1:
        return HY_PHYS_U32;
    case HY_TYPE_INT8:
    case HY_TYPE_TIME:
        return HY_PHYS_I64;
    case HY_TYPE_NUMERIC:
        return type.precision > HY_NUMERIC_MAX_SHORT_PRECISION ? HY_PHYS_I128 : HY_PHYS_I64;
    case HY_TYPE_TIMESTAMP:
    case HY_TYPE_TIMESTAMPTZ:
        return HY_PHYS_U64;
    case HY_TYPE_FLOAT4:
        return HY_PHYS_F32;
    case HY_TYPE_FLOAT8:
        return HY_PHYS_F64;
    case HY_TYPE_INTERVAL:
        return HY_PHYS_INTERVAL;
    case HY_TYPE_UUID:
        return HY_PHYS_UUID;
    case HY_TYPE_UNKNOWN:
    case HY_TYPE_TEXT:
    case HY_TYPE_VARCHAR:
    case HY_TYPE_CHAR:
    case HY_TYPE_BYTEA:
    case HY_TYPE_JSON:
    case HY_TYPE_GEOGRAPHY:
    case HY_TYPE_ARRAY:
    case HY_TYPE_LAMBDA:
        return HY_PHYS_STRING;
    }
    return HY_PHYS_STRING;
}

size_t hy_physical_size(HyPhysical physical)
{
    static const uint8_t sizes[HY_PHYS_COUNT] = {[HY_PHYS_U8] = 1,
        [HY_PHYS_I16] = 2,
        [HY_PHYS_I32] = 4,
        [HY_PHYS_U32] = 4,
        [HY_PHYS_I64] = 8,
        [HY_PHYS_U64] = 8,
        [HY_PHYS_I128] = 16,
        [HY_PHYS_F32] = 4,
        [HY_PHYS_F64] = 8,
        [HY_PHYS_INTERVAL] = 16,
        [HY_PHYS_UUID] = 16,
        [HY_PHYS_STRING] = 16};
    return sizes[physical];
}

bool hy_type_is_integer(HyType type)
{
    return type.id == HY_TYPE_INT2 || type.id == HY_TYPE_INT4 || type.id == HY_TYPE_INT8;
}

bool hy_type_is_number(HyType type)
{
    return (type.id >= HY_TYPE_INT2 && type.id <= HY_TYPE_NUMERIC) || type.id == HY_TYPE_OID;
}

bool hy_type_is_text(HyType type)
{
    return type.id >= HY_TYPE_TEXT && type.id <= HY_TYPE_CHAR1;
}

bool hy_type_is_datetime(HyType type)
{
    return type.id == HY_TYPE_DATE || type.id == HY_TYPE_TIMESTAMP ||
           type.id == HY_TYPE_TIMESTAMPTZ;
}

HyStatus hy_type_copy(HyArena *arena, HyType type, HyType *out)
{
    if (type.element) {
        HyType *element;
        HY_ARENA_NEW(arena, element, 1);
        HY_TRY(hy_type_copy(arena, *type.element, element));
        type.element = element;
    }
    *out = type;
    return HY_OK;
}

/* Elements by pointers: clang 14 makes a loop of a call of itself at the end, over the memory of
 * the caller's own arguments. */
static bool equal_elements(const HyType *a, const HyType *b)
{
    while (a && b && a->id == HY_TYPE_ARRAY && b->id == HY_TYPE_ARRAY && a != b) {
        a = a->element;
        b = b->element;
    }
    return a == b || (a && b && hy_type_equal(*a, *b));
}

bool hy_type_equal(HyType a, HyType b)
{
    if (a.id != b.id || a.collation != b.collation)
        return false;
    switch (a.id) {
    case HY_TYPE_NUMERIC:
        return a.precision == b.precision && a.scale == b.scale;
    case HY_TYPE_VARCHAR:
    case HY_TYPE_CHAR:
        return a.length == b.length;
    case HY_TYPE_ARRAY:
        return equal_elements(a.element, b.element);
    default:
        return true;
    }
}

/* Name as format_type prints it, OID of the type and of the array of it. */
typedef struct TypeFacts {
    const char *name;
    uint16_t oid;
    uint16_t array_oid;
} TypeFacts;

static const TypeFacts type_facts[HY_TYPE_COUNT] = {
    [HY_TYPE_UNKNOWN] = {"unknown", 705, 0},
    [HY_TYPE_BOOL] = {"boolean", 16, 1000},
    [HY_TYPE_INT2] = {"smallint", 21, 1005},
    [HY_TYPE_INT4] = {"integer", 23, 1007},
    [HY_TYPE_INT8] = {"bigint", 20, 1016},
    [HY_TYPE_FLOAT4] = {"real", 700, 1021},
    [HY_TYPE_FLOAT8] = {"double precision", 701, 1022},
    [HY_TYPE_NUMERIC] = {"numeric", 1700, 1231},
    [HY_TYPE_TEXT] = {"text", 25, 1009},
    [HY_TYPE_VARCHAR] = {"character varying", 1043, 1015},
    [HY_TYPE_CHAR] = {"character", 1042, 1014},
    [HY_TYPE_CHAR1] = {"character(1)", 18, 1002},
    [HY_TYPE_BYTEA] = {"bytea", 17, 1001},
    [HY_TYPE_DATE] = {"date", 1082, 1182},
    [HY_TYPE_TIME] = {"time", 1083, 1183},
    [HY_TYPE_TIMESTAMP] = {"timestamp", 1114, 1115},
    [HY_TYPE_TIMESTAMPTZ] = {"timestamptz", 1184, 1185},
    [HY_TYPE_INTERVAL] = {"interval", 1186, 1187},
    [HY_TYPE_JSON] = {"json", 114, 199},
    [HY_TYPE_UUID] = {"uuid", 2950, 2951},
    [HY_TYPE_OID] = {"oid", 26, 1028},
    [HY_TYPE_REGCLASS] = {"regclass", 2205, 2210},
    [HY_TYPE_REGTYPE] = {"regtype", 2206, 2211},
    [HY_TYPE_REGPROC] = {"regproc", 24, 1008},
    [HY_TYPE_GEOGRAPHY] = {"tabgeography", 5003, 5004},
    [HY_TYPE_ARRAY] = {"array", 0, 0},
    [HY_TYPE_LAMBDA] = {"lambda", 0, 0},
};

#define INT2VECTOR_OID 22
#define OIDVECTOR_OID  30

uint32_t hy_type_oid(HyType type)
{
    if (type.id == HY_TYPE_ARRAY)
        return type.element ? type_facts[type.element->id].array_oid : 0;
    if (type.id == HY_TYPE_TEXT && type.element)
        return type.element->id == HY_TYPE_OID ? OIDVECTOR_OID : INT2VECTOR_OID;
    return type_facts[type.id].oid;
}

int32_t hy_type_typmod(HyType type)
{
    switch (type.id) {
    case HY_TYPE_NUMERIC:
        return ((int32_t)type.precision << 16 | type.scale) + 4;
    case HY_TYPE_VARCHAR:
    case HY_TYPE_CHAR:
        return type.length > 0 ? type.length + 4 : -1;
    case HY_TYPE_ARRAY:
        return type.element ? hy_type_typmod(*type.element) : -1;
    default:
        return -1;
    }
}

static HyType apply_typmod(HyType type, int32_t typmod)
{
    if (type.id == HY_TYPE_NUMERIC) {
        int32_t mod = typmod - 4;
        int precision = mod >> 16, scale = mod & 0xffff;
        if (typmod < 4 || precision < 1 || precision > 38 || scale > precision)
            return hy_type_numeric(38, 0);
        return hy_type_numeric(precision, scale);
    }
    if (type.id == HY_TYPE_VARCHAR || type.id == HY_TYPE_CHAR) {
        if (typmod <= 4) /* without a length */
            return hy_type(type.id == HY_TYPE_VARCHAR ? HY_TYPE_TEXT : HY_TYPE_CHAR1);
        type.length = typmod - 4;
        if (type.id == HY_TYPE_CHAR && type.length == 1)
            return hy_type(HY_TYPE_CHAR1);
    }
    return type;
}

HyType hy_type_from_oid(uint32_t oid, int32_t typmod)
{
    /* Arrays of types without modifiers need an element type that outlives everything. */
    static const HyType elements[HY_TYPE_COUNT] = {
#define HY_ELEMENT(which) [which] = {.id = which, .nullable = true}
        HY_ELEMENT(HY_TYPE_BOOL),
        HY_ELEMENT(HY_TYPE_INT2),
        HY_ELEMENT(HY_TYPE_INT4),
        HY_ELEMENT(HY_TYPE_INT8),
        HY_ELEMENT(HY_TYPE_FLOAT4),
        HY_ELEMENT(HY_TYPE_FLOAT8),
        HY_ELEMENT(HY_TYPE_TEXT),
        HY_ELEMENT(HY_TYPE_CHAR1),
        HY_ELEMENT(HY_TYPE_BYTEA),
        HY_ELEMENT(HY_TYPE_DATE),
        HY_ELEMENT(HY_TYPE_TIME),
        HY_ELEMENT(HY_TYPE_TIMESTAMP),
        HY_ELEMENT(HY_TYPE_TIMESTAMPTZ),
        HY_ELEMENT(HY_TYPE_INTERVAL),
        HY_ELEMENT(HY_TYPE_JSON),
        HY_ELEMENT(HY_TYPE_UUID),
        HY_ELEMENT(HY_TYPE_OID),
        HY_ELEMENT(HY_TYPE_GEOGRAPHY),
        [HY_TYPE_NUMERIC] = {.id = HY_TYPE_NUMERIC, .nullable = true, .precision = 38},
#undef HY_ELEMENT
    };
    if (oid == 0)
        return hy_type(HY_TYPE_UNKNOWN);
    for (int id = HY_TYPE_BOOL; id < HY_TYPE_ARRAY; id++) {
        if (type_facts[id].oid == oid)
            return apply_typmod(hy_type((HyTypeId)id), typmod);
        if (type_facts[id].array_oid == oid && elements[id].id) {
            HyType array = hy_type(HY_TYPE_ARRAY);
            array.element = &elements[id];
            return array;
        }
    }
    return hy_type(HY_TYPE_UNKNOWN);
}

HyStatus hy_type_format(HyType type, HyBuffer *out)
{
    const char *name = type_facts[type.id].name;
    switch (type.id) {
    case HY_TYPE_NUMERIC:
        return hy_buffer_printf(out, "numeric(%d,%d)", type.precision, type.scale);
    case HY_TYPE_VARCHAR:
    case HY_TYPE_CHAR:
        if (type.length > 0)
            return hy_buffer_printf(out, "%s(%d)", name, type.length);
        return hy_buffer_append_str(out, name);
    case HY_TYPE_ARRAY:
        HY_TRY(hy_buffer_append_str(out, "array("));
        HY_TRY(type.element ? hy_type_format(*type.element, out)
                            : hy_buffer_append_str(out, "unknown"));
        return hy_buffer_append_str(out, ")");
    default:
        return hy_buffer_append_str(out, name);
    }
}

/* What may stand in parentheses behind a type name. */
typedef enum ModRule { NO_MOD, NUMERIC_MODS, LENGTH_MOD, CHAR_MOD, FLOAT_MOD, IGNORED_MOD } ModRule;

typedef struct TypeName {
    const char *name;
    HyTypeId id;
    ModRule rule;
} TypeName;

static const TypeName type_names[] = {
    {"boolean", HY_TYPE_BOOL, NO_MOD},
    {"bool", HY_TYPE_BOOL, NO_MOD},
    {"smallint", HY_TYPE_INT2, NO_MOD},
    {"int2", HY_TYPE_INT2, NO_MOD},
    {"integer", HY_TYPE_INT4, NO_MOD},
    {"int", HY_TYPE_INT4, NO_MOD},
    {"int4", HY_TYPE_INT4, NO_MOD},
    {"bigint", HY_TYPE_INT8, NO_MOD},
    {"int8", HY_TYPE_INT8, NO_MOD},
    {"real", HY_TYPE_FLOAT4, NO_MOD},
    {"float4", HY_TYPE_FLOAT4, NO_MOD},
    {"double precision", HY_TYPE_FLOAT8, NO_MOD},
    {"float8", HY_TYPE_FLOAT8, NO_MOD},
    {"float", HY_TYPE_FLOAT8, FLOAT_MOD},
    {"numeric", HY_TYPE_NUMERIC, NUMERIC_MODS},
    {"decimal", HY_TYPE_NUMERIC, NUMERIC_MODS},
    {"dec", HY_TYPE_NUMERIC, NUMERIC_MODS},
    {"text", HY_TYPE_TEXT, IGNORED_MOD},
    {"name", HY_TYPE_TEXT, NO_MOD},
    {"varchar", HY_TYPE_VARCHAR, LENGTH_MOD},
    {"character varying", HY_TYPE_VARCHAR, LENGTH_MOD},
    {"char varying", HY_TYPE_VARCHAR, LENGTH_MOD},
    {"nchar varying", HY_TYPE_VARCHAR, LENGTH_MOD},
    {"national character varying", HY_TYPE_VARCHAR, LENGTH_MOD},
    {"national char varying", HY_TYPE_VARCHAR, LENGTH_MOD},
    {"char", HY_TYPE_CHAR1, CHAR_MOD},
    {"character", HY_TYPE_CHAR1, CHAR_MOD},
    {"nchar", HY_TYPE_CHAR1, CHAR_MOD},
    {"national character", HY_TYPE_CHAR1, CHAR_MOD},
    {"national char", HY_TYPE_CHAR1, CHAR_MOD},
    {"bpchar", HY_TYPE_CHAR1, CHAR_MOD},
    {"bytea", HY_TYPE_BYTEA, NO_MOD},
    {"bytes", HY_TYPE_BYTEA, NO_MOD},
    {"date", HY_TYPE_DATE, NO_MOD},
    {"time", HY_TYPE_TIME, NO_MOD},
    {"time without time zone", HY_TYPE_TIME, NO_MOD},
    {"timestamp", HY_TYPE_TIMESTAMP, NO_MOD},
    {"timestamp without time zone", HY_TYPE_TIMESTAMP, NO_MOD},
    {"timestamptz", HY_TYPE_TIMESTAMPTZ, NO_MOD},
    {"timestamp with time zone", HY_TYPE_TIMESTAMPTZ, NO_MOD},
    {"interval", HY_TYPE_INTERVAL, IGNORED_MOD},
    {"json", HY_TYPE_JSON, NO_MOD},
    {"uuid", HY_TYPE_UUID, NO_MOD},
    {"oid", HY_TYPE_OID, NO_MOD},
    {"regclass", HY_TYPE_REGCLASS, NO_MOD},
    {"regtype", HY_TYPE_REGTYPE, NO_MOD},
    {"regproc", HY_TYPE_REGPROC, NO_MOD},
    {"geography", HY_TYPE_GEOGRAPHY, NO_MOD},
};

static HyStatus numeric_from_mods(const int64_t *mods, size_t n_mods, HyType *out)
{
    if (n_mods > 2)
        return hy_error("42601", "NUMERIC may have at most two length modifiers");
    int64_t precision = n_mods > 0 ? mods[0] : HY_NUMERIC_MAX_PRECISION;
    int64_t scale = n_mods > 1 ? mods[1] : 0;
    if (precision < 1 || precision > HY_NUMERIC_MAX_PRECISION || scale < 0)
        return hy_error("42601",
            "invalid NUMERIC modifiers '%lld,%lld'. Precision must be between 1 and 38. "
            "Scale must be >= 0.",
            (long long)precision, (long long)scale);
    if (scale > precision)
        return hy_error("42601",
            "invalid NUMERIC modifiers '%lld,%lld'. Precision must be greater than or equal to "
            "scale.",
            (long long)precision, (long long)scale);
    *out = hy_type_numeric((int)precision, (int)scale);
    return HY_OK;
}

static HyStatus text_from_mods(HyTypeId id, const int64_t *mods, size_t n_mods, HyType *out)
{
    if (n_mods == 0) {
        *out = hy_type(id == HY_TYPE_VARCHAR ? HY_TYPE_TEXT : HY_TYPE_CHAR1);
        return HY_OK;
    }
    if (n_mods > 1)
        return hy_error("42601", "invalid type modifier");
    if (mods[0] < 1)
        return hy_error("42601", "length for type char must be at least 1");
    if (mods[0] > INT32_MAX - 4)
        return hy_error("42601", "length for type char cannot exceed %d", INT32_MAX - 4);
    *out = hy_type(id);
    if (id == HY_TYPE_CHAR1 && mods[0] > 1)
        out->id = HY_TYPE_CHAR;
    if (out->id != HY_TYPE_CHAR1)
        out->length = (int32_t)mods[0];
    return HY_OK;
}

static HyStatus float_from_mods(const int64_t *mods, size_t n_mods, HyType *out)
{
    if (n_mods > 1)
        return hy_error("42601", "invalid type modifier");
    int64_t bits = n_mods ? mods[0] : 53;
    if (bits < 1 || bits > 53)
        return hy_error("42601",
            "invalid FLOAT modifier '%lld'. Precision must be between 1 and 53.", (long long)bits);
    *out = hy_type(bits <= 24 ? HY_TYPE_FLOAT4 : HY_TYPE_FLOAT8);
    return HY_OK;
}

static HyStatus refused_type(const char *name)
{
    if (strcasecmp(name, "bit") == 0 || strcasecmp(name, "bit varying") == 0)
        return hy_error("0A000", "BIT data type not implemented yet");
    if (strcasecmp(name, "time with time zone") == 0)
        return hy_error("0A000", "WITH TIME ZONE not implemented yet");
    HyNameMatch match = hy_name_match(name, strlen(name));
    for (size_t i = 0; i < HY_ARRAY_LEN(type_names); i++)
        hy_name_match_offer(&match, type_names[i].name, strlen(type_names[i].name));
    HyStatus st = hy_error("42704", "type \"%s\" does not exist", name);
    return match.best ? hy_error_hint(st, "did you mean \"%s\"?", match.best) : st;
}

HyStatus hy_type_from_name(const char *name, const int64_t *mods, size_t n_mods, HyType *out)
{
    const TypeName *found = NULL;
    for (size_t i = 0; i < HY_ARRAY_LEN(type_names) && !found; i++)
        if (strcasecmp(name, type_names[i].name) == 0)
            found = &type_names[i];
    if (!found)
        return refused_type(name);
    switch (found->rule) {
    case NUMERIC_MODS:
        return numeric_from_mods(mods, n_mods, out);
    case LENGTH_MOD:
    case CHAR_MOD:
        return text_from_mods(found->id, mods, n_mods, out);
    case FLOAT_MOD:
        return float_from_mods(mods, n_mods, out);
    case NO_MOD:
        if (n_mods > 0)
            return hy_error("42601", "invalid type modifier");
        break;
    case IGNORED_MOD:
        break;
    }
    *out = hy_type(found->id);
    return HY_OK;
}

static HyType common_numeric(HyType a, HyType b)
{
    a = hy_numeric_type_of(a);
    b = hy_numeric_type_of(b);
    int scale = a.scale > b.scale ? a.scale : b.scale;
    int digits_a = a.precision - a.scale, digits_b = b.precision - b.scale;
    int precision = (digits_a > digits_b ? digits_a : digits_b) + scale;
    return hy_type_numeric(precision > 38 ? 38 : precision, scale);
}

static bool common_number(HyType a, HyType b, HyType *out)
{
    if (a.id == HY_TYPE_OID || b.id == HY_TYPE_OID) {
        HyType other = a.id == HY_TYPE_OID ? b : a;
        if (other.id != HY_TYPE_INT4)
            return false;
        *out = hy_type(a.id); /* whichever comes first */
    } else if (a.id == HY_TYPE_FLOAT8 || b.id == HY_TYPE_FLOAT8) {
        *out = hy_type(HY_TYPE_FLOAT8);
    } else if (a.id == HY_TYPE_FLOAT4 || b.id == HY_TYPE_FLOAT4) {
        *out = hy_type(HY_TYPE_FLOAT4);
    } else if (a.id == HY_TYPE_NUMERIC || b.id == HY_TYPE_NUMERIC) {
        *out = common_numeric(a, b);
    } else {
        *out = a.id > b.id ? a : b; /* int2 < int4 < int8 */
    }
    return true;
}

static HyType common_text(HyType a, HyType b)
{
    HyType out = hy_type(HY_TYPE_TEXT);
    if (a.id == b.id && a.id != HY_TYPE_TEXT) {
        out.id = a.id;
        out.length = a.length > b.length ? a.length : b.length;
    }
    out.collation = a.collation ? a.collation : b.collation;
    return out;
}

static bool is_registry(HyTypeId id)
{
    return id == HY_TYPE_REGCLASS || id == HY_TYPE_REGTYPE || id == HY_TYPE_REGPROC;
}

static bool common_of_different(HyType a, HyType b, HyType *out)
{
    if (hy_type_is_number(a) && hy_type_is_number(b))
        return common_number(a, b, out);
    if (hy_type_is_text(a) && hy_type_is_text(b)) {
        *out = common_text(a, b);
        return a.id == b.id || (a.id != HY_TYPE_CHAR1 && b.id != HY_TYPE_CHAR1);
    }
    if (hy_type_is_datetime(a) && hy_type_is_datetime(b)) {
        *out = a.id > b.id ? a : b; /* date < timestamp < timestamptz */
        return true;
    }
    if ((is_registry(a.id) && (b.id == HY_TYPE_OID || hy_type_is_integer(b))) ||
        (is_registry(b.id) && (a.id == HY_TYPE_OID || hy_type_is_integer(a)))) {
        HyType other = is_registry(a.id) ? b : a;
        *out = hy_type(other.id);
        return true;
    }
    return false;
}

bool hy_type_common(HyType a, HyType b, HyType *out)
{
    bool nullable = a.nullable || b.nullable;
    bool ok = true;
    if (a.id == HY_TYPE_UNKNOWN)
        *out = b;
    else if (b.id == HY_TYPE_UNKNOWN)
        *out = a;
    else if (hy_type_equal(a, b))
        *out = a;
    else if (a.id == HY_TYPE_ARRAY && b.id == HY_TYPE_ARRAY) {
        /* The element type needs a home: only one of the two can be the common one. */
        HyType element;
        ok = a.element && b.element && hy_type_common(*a.element, *b.element, &element);
        if (ok && hy_type_equal(element, *a.element))
            *out = a;
        else if (ok && hy_type_equal(element, *b.element))
            *out = b;
        else
            ok = false;
    } else
        ok = common_of_different(a, b, out);
    if (ok)
        out->nullable = nullable;
    return ok;
}

bool hy_type_comparable(HyType a, HyType b, HyType *out)
{
    if (a.id == HY_TYPE_LAMBDA || b.id == HY_TYPE_LAMBDA)
        return false;
    bool a_oid = a.id == HY_TYPE_OID || is_registry(a.id);
    bool b_oid = b.id == HY_TYPE_OID || is_registry(b.id);
    if (a_oid && b_oid) {
        *out = hy_type_nullable(hy_type(HY_TYPE_OID), a.nullable || b.nullable);
        return true;
    }
    if ((a_oid && hy_type_is_integer(b)) || (b_oid && hy_type_is_integer(a))) {
        *out = hy_type_nullable(hy_type(HY_TYPE_INT8), a.nullable || b.nullable);
        return true;
    }
    if (a_oid != b_oid && a.id != HY_TYPE_UNKNOWN && b.id != HY_TYPE_UNKNOWN)
        return false;
    if (hy_type_is_text(a) && hy_type_is_text(b) && a.id != b.id) {
        *out = common_text(a, b); /* trailing blanks of char(n) are gone in its stored form */
        out->nullable = a.nullable || b.nullable;
        return true;
    }
    return hy_type_common(a, b, out);
}
