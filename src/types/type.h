/* SQL types: what a column, a value or an expression is. spec/sql.md section 3. */
#ifndef HY_TYPES_TYPE_H
#define HY_TYPES_TYPE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/status.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum HyTypeId {
    HY_TYPE_UNKNOWN, /* of the NULL literal and of parameters not yet inferred */
    HY_TYPE_BOOL,
    HY_TYPE_INT2,
    HY_TYPE_INT4,
    HY_TYPE_INT8,
    HY_TYPE_FLOAT4,
    HY_TYPE_FLOAT8,
    HY_TYPE_NUMERIC, /* precision, scale */
    HY_TYPE_TEXT,    /* text and varchar without length */
    HY_TYPE_VARCHAR, /* length in characters */
    HY_TYPE_CHAR,    /* char(n), n > 1: length; stored without trailing blanks */
    HY_TYPE_CHAR1,   /* char(1), its own type: one code point, blank = 0 */
    HY_TYPE_BYTEA,
    HY_TYPE_DATE,
    HY_TYPE_TIME,
    HY_TYPE_TIMESTAMP,
    HY_TYPE_TIMESTAMPTZ,
    HY_TYPE_INTERVAL,
    HY_TYPE_JSON,
    HY_TYPE_UUID,
    HY_TYPE_OID,
    HY_TYPE_REGCLASS,
    HY_TYPE_REGTYPE,
    HY_TYPE_REGPROC,
    HY_TYPE_GEOGRAPHY,
    HY_TYPE_ARRAY, /* element */
    HY_TYPE_LAMBDA /* only while binding the argument of array_transform and array_filter */
} HyTypeId;
#define HY_TYPE_COUNT (HY_TYPE_LAMBDA + 1)

/* How a value of a type lies in memory: the element type of a flat vector. */
typedef enum HyPhysical {
    HY_PHYS_U8,       /* uint8_t: bool, 0 or 1 */
    HY_PHYS_I16,      /* int16_t */
    HY_PHYS_I32,      /* int32_t: int4, date (Julian day) */
    HY_PHYS_U32,      /* uint32_t: oid, reg*, char1 (code point) */
    HY_PHYS_I64,      /* int64_t: int8, numeric with precision <= 18, time (microseconds) */
    HY_PHYS_U64,      /* uint64_t: timestamp, timestamptz (microseconds since Julian day 0, UTC) */
    HY_PHYS_I128,     /* HyInt128: numeric with precision > 18 */
    HY_PHYS_F32,      /* float */
    HY_PHYS_F64,      /* double */
    HY_PHYS_INTERVAL, /* HyInterval, 16 bytes */
    HY_PHYS_UUID,     /* 16 bytes in the order of the text */
    HY_PHYS_STRING    /* HyString: text, varchar, char(n), bytea, json, geography, array */
} HyPhysical;
#define HY_PHYS_COUNT (HY_PHYS_STRING + 1)

typedef struct HyCollation HyCollation;

/* Small, passed by value. */
typedef struct HyType {
    HyTypeId id;
    bool nullable;                /* may hold NULL; of an expression: may be NULL */
    uint8_t precision;            /* numeric: 1..38 */
    uint8_t scale;                /* numeric: 0..precision */
    int32_t length;               /* varchar(n), char(n): n; an array of HY_PAIR_LENGTH is a
                                     pair, the composite (x, n) that _pg_expandarray gives; else 0 */
    const HyCollation *collation; /* text types: NULL is binary; lives as long as the process */
    const struct HyType *element; /* array: type of the elements; lives in the arena of the
                                     statement or in the catalog object that the type belongs to.
                                     text: NULL, but in pg_catalog for int2vector and oidvector,
                                     which are the text "1 2" */
} HyType;

#define HY_PAIR_LENGTH (-2)

typedef struct HyInterval {
    int64_t micros;
    int32_t days;
    int32_t months;
} HyInterval;

/* Numerics are value * 10^scale, in HY_PHYS_I64 up to this precision and in HY_PHYS_I128 above. */
#define HY_NUMERIC_MAX_PRECISION       38
#define HY_NUMERIC_MAX_SHORT_PRECISION 18

/* Julian day of 1970-01-01; microseconds of a day. */
#define HY_JULIAN_EPOCH   2440588
#define HY_MICROS_PER_DAY INT64_C(86400000000)

/* Types without modifiers; nullable. */
static inline HyType hy_type(HyTypeId id)
{
    return (HyType){.id = id, .nullable = true};
}
static inline HyType hy_type_numeric(int precision, int scale)
{
    return (HyType){.id = HY_TYPE_NUMERIC,
        .nullable = true,
        .precision = (uint8_t)precision,
        .scale = (uint8_t)scale};
}
static inline HyType hy_type_nullable(HyType type, bool nullable)
{
    type.nullable = nullable;
    return type;
}

HyPhysical hy_type_physical(HyType type);
/* Bytes of one value of a physical type: 1, 2, 4, 8 or 16. */
size_t hy_physical_size(HyPhysical physical);

bool hy_type_is_integer(HyType type);  /* int2, int4, int8 */
bool hy_type_is_number(HyType type);   /* integers, floats, numeric, oid */
bool hy_type_is_text(HyType type);     /* text, varchar, char, char1 */
bool hy_type_is_datetime(HyType type); /* date, timestamp, timestamptz */
/* Same id, modifiers, collation and element; nullability is not looked at. */
bool hy_type_equal(HyType a, HyType b);
/* The same type with its element types in `arena`: *out lives as long as that. */
HyStatus hy_type_copy(HyArena *arena, HyType type, HyType *out) HY_MUST_CHECK;

/* The PostgreSQL type OID and typmod (-1 without), spec/sql.md section 3. */
uint32_t hy_type_oid(HyType type);
int32_t hy_type_typmod(HyType type);
/* The type of an OID and typmod; HY_TYPE_UNKNOWN for an OID that is not known. */
HyType hy_type_from_oid(uint32_t oid, int32_t typmod);
/* As format_type prints it: "integer", "numeric(10,2)", "character varying(5)", "array(integer)".
 */
HyStatus hy_type_format(HyType type, HyBuffer *out) HY_MUST_CHECK;
/* The type of a name as in SQL ("int4", "character varying") with up to two modifiers.
 * Errors: 42704 unknown, 0A000 known and refused, 22023 bad modifier; texts of spec/sql.md. */
HyStatus hy_type_from_name(
    const char *name, const int64_t *mods, size_t n_mods, HyType *out) HY_MUST_CHECK;

/* The common type of two, as CASE, COALESCE and UNION need it (spec/sql.md section 5); false when
 * there is none. HY_TYPE_UNKNOWN goes with every type. The result is nullable if either is. */
bool hy_type_common(HyType a, HyType b, HyType *out);
/* Whether = and < work between two types (spec/sql.md section 5, Comparison), and the type to which
 * both sides are cast for it. */
bool hy_type_comparable(HyType a, HyType b, HyType *out);

#endif
