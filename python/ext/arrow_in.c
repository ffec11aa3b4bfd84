/* Columns of Arrow as columns of the engine. Where both have the same form the engine reads the
 * memory of Arrow; texts are views into it. Nothing here touches Python, so it runs without the
 * GIL. Offsets, indices and lengths of the arrays are checked as far as the interface allows: it
 * does not tell the sizes of most buffers. */
#include "arrow.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 3, 4))) static int fail(
    ArrowProblem *problem, const char *sqlstate, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    snprintf(problem->sqlstate, sizeof problem->sqlstate, "%s", sqlstate);
    vsnprintf(problem->text, sizeof problem->text, format, args);
    va_end(args);
    return -1;
}

static int out_of_range(ArrowProblem *problem, int64_t row)
{
    return fail(problem, "22003", "the value of row %lld is out of range", (long long)row + 1);
}

static int damaged(ArrowProblem *problem)
{
    return fail(problem, "22000", "the array contradicts itself");
}

/* ---- Formats ---- */

static bool read_unit(char unit, int64_t *per_second)
{
    switch (unit) {
    case 's':
        *per_second = 1;
        return true;
    case 'm':
        *per_second = 1000;
        return true;
    case 'u':
        *per_second = 1000000;
        return true;
    case 'n':
        *per_second = 1000000000;
        return true;
    default:
        return false;
    }
}

/* Formats of one letter. */
static bool read_letter(char letter, ArrowType *out)
{
    static const struct {
        char letter;
        ArrowKind kind;
        int width;
        bool is_text;
    } letters[] = {{'n', ARROW_NULL, 0, false}, {'b', ARROW_BOOL, 0, false},
        {'c', ARROW_INT8, 1, false}, {'C', ARROW_UINT8, 1, false}, {'s', ARROW_INT16, 2, false},
        {'S', ARROW_UINT16, 2, false}, {'i', ARROW_INT32, 4, false}, {'I', ARROW_UINT32, 4, false},
        {'l', ARROW_INT64, 8, false}, {'L', ARROW_UINT64, 8, false}, {'e', ARROW_FLOAT16, 2, false},
        {'f', ARROW_FLOAT32, 4, false}, {'g', ARROW_FLOAT64, 8, false},
        {'u', ARROW_STRING, 4, true}, {'U', ARROW_STRING, 8, true}, {'z', ARROW_STRING, 4, false},
        {'Z', ARROW_STRING, 8, false}};
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (letters[i].letter != letter)
            continue;
        out->kind = letters[i].kind;
        out->width = letters[i].width;
        out->is_text = letters[i].is_text;
        return true;
    }
    return false;
}

/* "d:precision,scale[,bits]" */
static bool read_decimal(const char *format, ArrowType *out)
{
    int bits = 128;
    int n = sscanf(format, "d:%4d,%4d,%4d", &out->precision, &out->scale, &bits);
    out->kind = ARROW_DECIMAL;
    out->width = bits / 8;
    return n >= 2 && (bits == 32 || bits == 64 || bits == 128 || bits == 256) &&
           out->precision > 0 && out->precision <= 76 && out->scale >= -76 && out->scale <= 76;
}

/* Formats that begin with "t". */
static bool read_temporal(const char *format, ArrowType *out)
{
    char kind = format[1];
    char unit = kind ? format[2] : '\0';
    if (kind == 'd' && (unit == 'D' || unit == 'm')) {
        out->kind = unit == 'D' ? ARROW_DATE32 : ARROW_DATE64;
        out->width = unit == 'D' ? 4 : 8;
        return true;
    }
    if (kind == 'i' && (unit == 'M' || unit == 'D' || unit == 'n')) {
        out->kind = unit == 'M'   ? ARROW_MONTHS
                    : unit == 'D' ? ARROW_DAY_TIME
                                  : ARROW_MONTH_DAY_NANO;
        out->width = unit == 'M' ? 4 : unit == 'D' ? 8 : 16;
        return true;
    }
    if (!read_unit(unit, &out->per_second))
        return false;
    out->width = 8;
    if (kind == 't') {
        out->kind = out->per_second <= 1000 ? ARROW_TIME32 : ARROW_TIME64;
        out->width = out->kind == ARROW_TIME32 ? 4 : 8;
    } else if (kind == 's' && format[3] == ':') {
        out->kind = ARROW_TIMESTAMP;
        out->has_zone = format[4] != '\0';
    } else if (kind == 'D') {
        out->kind = ARROW_DURATION;
    } else {
        return false;
    }
    return true;
}

static bool read_format(const char *format, ArrowType *out)
{
    *out = (ArrowType){0};
    if (strlen(format) == 1)
        return read_letter(format[0], out);
    if (strncmp(format, "vu", 3) == 0 || strncmp(format, "vz", 3) == 0) {
        out->kind = ARROW_VIEW;
        out->width = 16;
        out->is_text = format[1] == 'u';
        return true;
    }
    if (format[0] == 'd')
        return read_decimal(format, out);
    if (format[0] == 't')
        return read_temporal(format, out);
    out->kind = ARROW_FIXED;
    return sscanf(format, "w:%9d", &out->width) == 1 && out->width >= 0;
}

int arrow_type_read(const struct ArrowSchema *schema, ArrowType *out, ArrowProblem *problem)
{
    const struct ArrowSchema *values = schema->dictionary ? schema->dictionary : schema;
    ArrowType index;
    if (!read_format(values->format, out) || values->n_children || values->dictionary)
        return fail(
            problem, "0A000", "the Arrow type \"%.40s\" has no counterpart", values->format);
    if (!schema->dictionary)
        return 0;
    if (!read_format(schema->format, &index) || index.kind < ARROW_INT8 ||
        index.kind > ARROW_UINT64)
        return fail(
            problem, "0A000", "dictionary indices are integers, not \"%.40s\"", schema->format);
    out->is_dictionary = true;
    out->index = index.kind;
    return 0;
}

void arrow_type_sql(const ArrowType *type, char out[SQL_TYPE_BYTES])
{
    static const char *const names[] = {[ARROW_NULL] = "text",
        [ARROW_BOOL] = "boolean",
        [ARROW_INT8] = "smallint",
        [ARROW_UINT8] = "smallint",
        [ARROW_INT16] = "smallint",
        [ARROW_UINT16] = "integer",
        [ARROW_INT32] = "integer",
        [ARROW_UINT32] = "bigint",
        [ARROW_INT64] = "bigint",
        [ARROW_UINT64] = "bigint", /* larger values are refused when they come */
        [ARROW_FLOAT16] = "double precision",
        [ARROW_FLOAT32] = "double precision", /* files below version 4 have no real */
        [ARROW_FLOAT64] = "double precision",
        [ARROW_FIXED] = "bytea",
        [ARROW_DATE32] = "date",
        [ARROW_DATE64] = "date",
        [ARROW_TIME32] = "time",
        [ARROW_TIME64] = "time",
        [ARROW_TIMESTAMP] = "timestamp",
        [ARROW_DURATION] = "interval",
        [ARROW_MONTHS] = "interval",
        [ARROW_DAY_TIME] = "interval",
        [ARROW_MONTH_DAY_NANO] = "interval"};
    if (type->kind == ARROW_DECIMAL) {
        int scale = type->scale < 0 ? 0 : type->scale > 38 ? 38 : type->scale;
        int precision = type->scale < 0 ? type->precision - type->scale : type->precision;
        precision = precision > 38 ? 38 : precision < scale ? scale : precision;
        snprintf(out, SQL_TYPE_BYTES, "numeric(%d,%d)", precision, scale);
    } else if (type->kind == ARROW_STRING || type->kind == ARROW_VIEW) {
        snprintf(out, SQL_TYPE_BYTES, "%s", type->is_text ? "text" : "bytea");
    } else {
        snprintf(out, SQL_TYPE_BYTES, "%s",
            type->kind == ARROW_TIMESTAMP && type->has_zone ? "timestamptz" : names[type->kind]);
    }
}

/* ---- What may go where ---- */

static bool is_integer(ArrowKind kind)
{
    return kind >= ARROW_INT8 && kind <= ARROW_UINT64;
}

static bool fits(const ArrowType *type, ValueKind target)
{
    ArrowKind kind = type->kind;
    bool is_string = kind == ARROW_STRING || kind == ARROW_VIEW;
    if (kind == ARROW_NULL)
        return true;
    switch (target) {
    case KIND_BOOL:
        return kind == ARROW_BOOL || kind == ARROW_UINT8; /* numpy has bytes */
    case KIND_INT2:
    case KIND_INT4:
    case KIND_INT8:
    case KIND_OID:
        return is_integer(kind) || kind == ARROW_BOOL;
    case KIND_FLOAT4:
    case KIND_FLOAT8:
        return is_integer(kind) || (kind >= ARROW_FLOAT16 && kind <= ARROW_FLOAT64);
    case KIND_NUMERIC_SHORT:
    case KIND_NUMERIC_LONG:
        return is_integer(kind) || kind == ARROW_DECIMAL;
    case KIND_TEXT:
    case KIND_CHAR:
    case KIND_CHAR1:
        return is_string && type->is_text;
    case KIND_BYTES:
        return (is_string && !type->is_text) || kind == ARROW_FIXED;
    case KIND_DATE:
        return kind == ARROW_DATE32 || kind == ARROW_DATE64 || kind == ARROW_TIMESTAMP;
    case KIND_TIME:
        return kind == ARROW_TIME32 || kind == ARROW_TIME64;
    case KIND_TIMESTAMP: /* the wall clock of a zone is not known here */
        return kind == ARROW_DATE32 || kind == ARROW_DATE64 ||
               (kind == ARROW_TIMESTAMP && !type->has_zone);
    case KIND_TIMESTAMPTZ:
        return kind == ARROW_DATE32 || kind == ARROW_DATE64 || kind == ARROW_TIMESTAMP;
    case KIND_INTERVAL:
        return kind >= ARROW_DURATION;
    case KIND_UUID:
        return kind == ARROW_FIXED && type->width == 16;
    case KIND_ARRAY:
        break;
    }
    return false;
}

int arrow_column_init(
    ArrowColumn *column, const ArrowType *type, const Encoder *target, ArrowProblem *problem)
{
    *column = (ArrowColumn){.type = *type,
        .target = target->kind,
        .size = target->size,
        .target_precision = target->precision,
        .target_scale = target->scale};
    if (!fits(type, target->kind)) {
        char sql[SQL_TYPE_BYTES];
        arrow_type_sql(type, sql);
        return fail(
            problem, "42804", "values like %s cannot be put into a column of its type", sql);
    }
    column->data = calloc(BATCH_ROWS, target->size);
    column->validity = malloc(VALIDITY_WORDS * sizeof *column->validity);
    return column->data && column->validity ? 0 : fail(problem, "53200", "out of memory");
}

void arrow_column_free(ArrowColumn *column)
{
    free(column->data);
    free(column->validity);
    free(column->dictionary);
    free(column->dictionary_validity);
    *column = (ArrowColumn){0};
}

/* ---- Validity ---- */

/* Arrow does not promise aligned memory. */
#define LOAD(T, data, i)                                                                           \
    ({                                                                                             \
        T value_;                                                                                  \
        memcpy(&value_, (const char *)(data) + (size_t)(i) * sizeof value_, sizeof value_);        \
        value_;                                                                                    \
    })

static inline bool bit_at(const uint8_t *bits, int64_t i)
{
    return bits[i / 8] >> (i % 8) & 1;
}

static inline bool is_set(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static void clear_bit(uint64_t *bits, size_t i)
{
    bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

/* Rows `at` .. of a bitmap as words whose first bit is the row `at`. */
static void shift_bits(const uint8_t *bits, int64_t at, size_t n, uint64_t *out)
{
    for (size_t i = 0; i < n; i += 64) {
        uint64_t word = 0;
        size_t end = n - i < 64 ? n - i : 64;
        for (size_t b = 0; b < end; b++)
            word |= (uint64_t)bit_at(bits, at + (int64_t)(i + b)) << b;
        out[i / 64] = word;
    }
}

/* Which rows have a value; true when some have none. */
static bool read_validity(
    const ArrowColumn *column, const struct ArrowArray *array, int64_t at, size_t n)
{
    uint64_t *out = column->validity;
    const ArrowType *type = &column->type;
    bool marks = type->nan_is_null || type->nat_is_null;
    bool has_bits = array->null_count != 0 && array->n_buffers && array->buffers[0];
    if (type->kind == ARROW_NULL && !type->is_dictionary) {
        memset(out, 0, VALIDITY_WORDS * sizeof *out);
        return true;
    }
    if (!has_bits && !marks)
        return false;
    memset(out, 0xFF, VALIDITY_WORDS * sizeof *out);
    if (has_bits)
        shift_bits(array->buffers[0], at, n, out);
    if (type->nat_is_null) {
        for (size_t i = 0; i < n; i++)
            if (LOAD(int64_t, array->buffers[1], at + (int64_t)i) == INT64_MIN)
                clear_bit(out, i);
    }
    if (type->nan_is_null && type->kind == ARROW_FLOAT64) {
        for (size_t i = 0; i < n; i++)
            if (isnan(LOAD(double, array->buffers[1], at + (int64_t)i)))
                clear_bit(out, i);
    }
    if (type->nan_is_null && type->kind == ARROW_FLOAT32) {
        for (size_t i = 0; i < n; i++)
            if (isnan(LOAD(float, array->buffers[1], at + (int64_t)i)))
                clear_bit(out, i);
    }
    return true;
}

/* ---- Single values ---- */

static inline Int128 load_integer(ArrowKind kind, const void *data, int64_t i)
{
    switch ((int)kind) {
    case ARROW_BOOL:
        return bit_at(data, i);
    case ARROW_INT8:
        return LOAD(int8_t, data, i);
    case ARROW_UINT8:
        return LOAD(uint8_t, data, i);
    case ARROW_INT16:
        return LOAD(int16_t, data, i);
    case ARROW_UINT16:
        return LOAD(uint16_t, data, i);
    case ARROW_INT32:
    case ARROW_DATE32:
    case ARROW_TIME32:
    case ARROW_MONTHS:
        return LOAD(int32_t, data, i);
    case ARROW_UINT32:
        return LOAD(uint32_t, data, i);
    case ARROW_UINT64:
        return LOAD(uint64_t, data, i);
    default:
        return LOAD(int64_t, data, i);
    }
}

static double float_of_half(uint16_t half)
{
    int exponent = half >> 10 & 31;
    double fraction = half & 1023;
    double value = exponent == 31  ? (fraction != 0 ? (double)NAN : (double)INFINITY)
                   : exponent == 0 ? ldexp(fraction, -24)
                                   : ldexp(fraction + 1024, exponent - 25);
    return half >> 15 ? -value : value;
}

static inline double load_float(ArrowKind kind, const void *data, int64_t i)
{
    if (kind == ARROW_FLOAT64)
        return LOAD(double, data, i);
    if (kind == ARROW_FLOAT32)
        return (double)LOAD(float, data, i);
    if (kind == ARROW_FLOAT16)
        return float_of_half(LOAD(uint16_t, data, i));
    return (double)load_integer(kind, data, i);
}

/* False: more than 127 bits. */
static bool load_decimal(const ArrowType *type, const void *data, int64_t i, Int128 *out)
{
    if (type->kind != ARROW_DECIMAL) {
        *out = load_integer(type->kind, data, i);
    } else if (type->width == 4) {
        *out = LOAD(int32_t, data, i);
    } else if (type->width == 8) {
        *out = LOAD(int64_t, data, i);
    } else if (type->width == 16) {
        *out = LOAD(Int128, data, i);
    } else {
        *out = LOAD(Int128, data, 2 * i);
        return LOAD(Int128, data, 2 * i + 1) == (*out < 0 ? -1 : 0);
    }
    return true;
}

/* value * 10^by. Surplus digits are rounded half to even, or cut, as add_row does. */
static bool rescale(Int128 *value, int by, bool rounds)
{
    for (; by > 0 && *value; by--)
        if (__builtin_mul_overflow(*value, (Int128)10, value))
            return false;
    if (by >= 0)
        return true;
    Int128 divisor = 1;
    for (; by < 0; by++)
        if (__builtin_mul_overflow(divisor, (Int128)10, &divisor)) {
            *value = 0;
            return true;
        }
    Int128 rest = *value % divisor;
    Int128 sign = *value < 0 ? -1 : 1;
    *value /= divisor;
    rest *= sign;
    if (rounds && (rest > divisor / 2 || (rest == divisor / 2 && (*value & 1))))
        *value += sign;
    return true;
}

/* Whole units of `per_second` as microseconds, toward the past. */
static bool to_micros(int64_t value, int64_t per_second, int64_t *out)
{
    if (per_second <= 1000000)
        return !__builtin_mul_overflow(value, 1000000 / per_second, out);
    int64_t divisor = per_second / 1000000;
    *out = value / divisor - (value % divisor < 0);
    return true;
}

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static bool to_julian(const ArrowType *type, const void *data, int64_t i, int32_t *out)
{
    int64_t value = (int64_t)load_integer(type->kind, data, i);
    if (type->kind == ARROW_DATE64)
        value = floor_div(value, INT64_C(86400000));
    if (type->kind == ARROW_TIMESTAMP)
        value = floor_div(value, 86400 * type->per_second);
    int64_t julian;
    return !__builtin_add_overflow(value, (int64_t)UNIX_EPOCH_JULIAN, &julian) && julian >= 0 &&
           (*out = (int32_t)julian) == julian;
}

static bool to_timestamp(const ArrowType *type, const void *data, int64_t i, uint64_t *out)
{
    int64_t value = (int64_t)load_integer(type->kind, data, i);
    int64_t micros;
    bool ok = type->kind == ARROW_DATE32   ? !__builtin_mul_overflow(value, MICROS_PER_DAY, &micros)
              : type->kind == ARROW_DATE64 ? to_micros(value, 1000, &micros)
                                           : to_micros(value, type->per_second, &micros);
    if (!ok || micros < -UNIX_EPOCH_MICROS)
        return false;
    *out = (uint64_t)micros + (uint64_t)UNIX_EPOCH_MICROS;
    return true;
}

static bool to_interval(const ArrowType *type, const void *data, int64_t i, IntervalValue *out)
{
    *out = (IntervalValue){0};
    switch ((int)type->kind) {
    case ARROW_MONTHS:
        out->months = LOAD(int32_t, data, i);
        return true;
    case ARROW_DAY_TIME:
        out->days = LOAD(int32_t, data, 2 * i);
        out->micros = (int64_t)LOAD(int32_t, data, 2 * i + 1) * 1000;
        return true;
    case ARROW_MONTH_DAY_NANO:
        out->months = LOAD(int32_t, data, 4 * i);
        out->days = LOAD(int32_t, data, 4 * i + 1);
        return to_micros(LOAD(int64_t, data, 2 * i + 1), INT64_C(1000000000), &out->micros);
    default:
        return to_micros(LOAD(int64_t, data, i), type->per_second, &out->micros);
    }
}

/* ---- Strings ---- */

static inline void make_string(openhyper_string *out, const char *data, uint32_t len)
{
    *out = (openhyper_string){.len = len};
    if (len <= 12) {
        memcpy(out->prefix, data, len);
    } else {
        memcpy(out->prefix, data, 4);
        out->ptr = data;
    }
}

/* The bytes of value i; false when offsets or views point astray. */
static inline bool find_bytes(const ArrowType *type, const struct ArrowArray *array, int64_t i,
    const char **data, int64_t *len)
{
    if (type->kind == ARROW_FIXED) {
        *data = (const char *)array->buffers[1] + i * type->width;
        *len = type->width;
        return true;
    }
    if (type->kind == ARROW_STRING) {
        int64_t start = type->width == 4 ? LOAD(int32_t, array->buffers[1], i)
                                         : LOAD(int64_t, array->buffers[1], i);
        int64_t end = type->width == 4 ? LOAD(int32_t, array->buffers[1], i + 1)
                                       : LOAD(int64_t, array->buffers[1], i + 1);
        *data = (const char *)array->buffers[2] + start;
        *len = end - start;
        return start >= 0 && end >= start && (array->buffers[2] || end == start);
    }
    const char *view = (const char *)array->buffers[1] + 16 * i;
    *len = LOAD(int32_t, view, 0);
    *data = view + 4;
    if (*len <= 12)
        return *len >= 0;
    int64_t buffer = LOAD(int32_t, view, 2);
    int64_t offset = LOAD(int32_t, view, 3);
    int64_t n_variadic = array->n_buffers - 3;
    if (buffer < 0 || buffer >= n_variadic || offset < 0)
        return false;
    const int64_t *sizes = array->buffers[array->n_buffers - 1];
    *data = (const char *)array->buffers[2 + buffer] + offset;
    return *len <= sizes[buffer] && offset <= sizes[buffer] - *len;
}

static uint32_t first_code_point(const unsigned char *s, int64_t len)
{
    if (!len || s[0] == ' ')
        return 0;
    if (s[0] >= 0xF0 && len >= 4)
        return (uint32_t)(s[0] & 7) << 18 | (uint32_t)(s[1] & 63) << 12 |
               (uint32_t)(s[2] & 63) << 6 | (s[3] & 63);
    if (s[0] >= 0xE0 && len >= 3)
        return (uint32_t)(s[0] & 15) << 12 | (uint32_t)(s[1] & 63) << 6 | (s[2] & 63);
    if (s[0] >= 0xC0 && len >= 2)
        return (uint32_t)(s[0] & 31) << 6 | (s[1] & 63);
    return s[0] & 127;
}

static int convert_strings(ArrowColumn *column, const struct ArrowArray *array, int64_t at,
    size_t n, const uint64_t *valid, ArrowProblem *problem)
{
    openhyper_string *out = column->data;
    for (size_t i = 0; i < n; i++) {
        const char *data = "";
        int64_t len = 0;
        if ((!valid || is_set(valid, i)) &&
            !find_bytes(&column->type, array, at + (int64_t)i, &data, &len))
            return damaged(problem);
        if (column->target == KIND_CHAR1) {
            ((uint32_t *)column->data)[i] = first_code_point((const unsigned char *)data, len);
            continue;
        }
        if (column->target == KIND_CHAR)
            while (len && data[len - 1] == ' ')
                len--;
        if (len > UINT32_MAX)
            return out_of_range(problem, at + (int64_t)i);
        make_string(&out[i], data, (uint32_t)len);
    }
    return 0;
}

/* ---- Columns ---- */

#define EACH_VALUE(statement)                                                                      \
    for (size_t i = 0; i < n; i++) {                                                               \
        int64_t row = at + (int64_t)i;                                                             \
        if (valid && !is_set(valid, i)) {                                                          \
            memset((char *)column->data + i * column->size, 0, column->size);                      \
            continue;                                                                              \
        }                                                                                          \
        statement                                                                                  \
    }

#define STORE_INTEGER(T, low, high)                                                                \
    EACH_VALUE(Int128 value = load_integer(type->kind, data, row);                                 \
               if (value < (low) || value > (high)) return out_of_range(problem, row);             \
               ((T *)column->data)[i] = (T)value;)                                                 \
    return 0;

static int convert_integers(ArrowColumn *column, const void *data, int64_t at, size_t n,
    const uint64_t *valid, ArrowProblem *problem)
{
    const ArrowType *type = &column->type;
    switch ((int)column->target) {
    case KIND_BOOL:
        STORE_INTEGER(uint8_t, 0, 1)
    case KIND_INT2:
        STORE_INTEGER(int16_t, INT16_MIN, INT16_MAX)
    case KIND_INT4:
        STORE_INTEGER(int32_t, INT32_MIN, INT32_MAX)
    case KIND_OID:
        STORE_INTEGER(uint32_t, 0, UINT32_MAX)
    default:
        STORE_INTEGER(int64_t, INT64_MIN, INT64_MAX)
    }
}

static Int128 power_of_ten(int exponent)
{
    Int128 power = 1;
    for (; exponent > 0; exponent--)
        power *= 10;
    return power;
}

static int convert_numerics(ArrowColumn *column, const void *data, int64_t at, size_t n,
    const uint64_t *valid, ArrowProblem *problem)
{
    const ArrowType *type = &column->type;
    bool is_short = column->target == KIND_NUMERIC_SHORT;
    int by = column->target_scale - (type->kind == ARROW_DECIMAL ? type->scale : 0);
    Int128 limit = power_of_ten(column->target_precision ? column->target_precision : 38);
    EACH_VALUE(Int128 value;
               if (!load_decimal(type, data, row, &value) || !rescale(&value, by, is_short) ||
                   value >= limit || value <= -limit) return out_of_range(problem, row);
               if (is_short)((int64_t *)column->data)[i] = (int64_t)value;
               else memcpy((char *)column->data + 16 * i, &value, 16);)
    return 0;
}

static int convert_times(ArrowColumn *column, const void *data, int64_t at, size_t n,
    const uint64_t *valid, ArrowProblem *problem)
{
    const ArrowType *type = &column->type;
    int64_t micros;
    switch ((int)column->target) {
    case KIND_DATE:
        EACH_VALUE(if (!to_julian(type, data, row,
                           &((int32_t *)column->data)[i])) return out_of_range(problem, row);)
        return 0;
    case KIND_TIME:
        EACH_VALUE(if (!to_micros((int64_t)load_integer(type->kind, data, row), type->per_second,
                           &micros) ||
                       micros < 0 || micros >= MICROS_PER_DAY) return out_of_range(problem, row);
                   ((int64_t *)column->data)[i] = micros;)
        return 0;
    case KIND_INTERVAL:
        EACH_VALUE(if (!to_interval(type, data, row,
                           &((IntervalValue *)column->data)[i])) return out_of_range(problem, row);)
        return 0;
    default:
        EACH_VALUE(if (!to_timestamp(type, data, row,
                           &((uint64_t *)column->data)[i])) return out_of_range(problem, row);)
        return 0;
    }
}

static int convert_values(ArrowColumn *column, const struct ArrowArray *array, int64_t at, size_t n,
    const uint64_t *valid, ArrowProblem *problem)
{
    const ArrowType *type = &column->type;
    const void *data = type->kind == ARROW_NULL ? NULL : array->buffers[1];
    if (!data) {
        memset(column->data, 0, n * column->size);
        return 0;
    }
    switch (column->target) {
    case KIND_BOOL:
    case KIND_INT2:
    case KIND_INT4:
    case KIND_INT8:
    case KIND_OID:
        return convert_integers(column, data, at, n, valid, problem);
    case KIND_FLOAT4:
        EACH_VALUE(((float *)column->data)[i] = (float)load_float(type->kind, data, row);)
        return 0;
    case KIND_FLOAT8:
        EACH_VALUE(((double *)column->data)[i] = load_float(type->kind, data, row);)
        return 0;
    case KIND_NUMERIC_SHORT:
    case KIND_NUMERIC_LONG:
        return convert_numerics(column, data, at, n, valid, problem);
    case KIND_DATE:
    case KIND_TIME:
    case KIND_TIMESTAMP:
    case KIND_TIMESTAMPTZ:
    case KIND_INTERVAL:
        return convert_times(column, data, at, n, valid, problem);
    case KIND_UUID:
        memcpy(column->data, (const char *)data + 16 * at, 16 * n);
        return 0;
    case KIND_TEXT:
    case KIND_CHAR:
    case KIND_CHAR1:
    case KIND_BYTES:
    case KIND_ARRAY:
        break;
    }
    return convert_strings(column, array, at, n, valid, problem);
}

/* Whether the engine can read the values where they are. */
static bool has_same_form(const ArrowType *type, ValueKind target)
{
    return (type->kind == ARROW_INT16 && target == KIND_INT2) ||
           (type->kind == ARROW_INT32 && target == KIND_INT4) ||
           (type->kind == ARROW_INT64 && target == KIND_INT8) ||
           (type->kind == ARROW_UINT32 && target == KIND_OID) ||
           (type->kind == ARROW_FLOAT32 && target == KIND_FLOAT4) ||
           (type->kind == ARROW_FLOAT64 && target == KIND_FLOAT8);
}

static int convert_plain(ArrowColumn *column, const struct ArrowArray *array, int64_t first,
    size_t n, openhyper_column *out, ArrowProblem *problem)
{
    int64_t at = array->offset + first;
    bool has_nulls = read_validity(column, array, at, n);
    *out =
        (openhyper_column){.data = column->data, .validity = has_nulls ? column->validity : NULL};
    if (has_same_form(&column->type, column->target)) {
        const char *values = (const char *)array->buffers[1] + (size_t)at * column->size;
        if ((uintptr_t)values % column->size == 0) {
            out->data = values;
            return 0;
        }
    }
    return convert_values(column, array, at, n, out->validity, problem);
}

static int check_array(const ArrowType *type, const struct ArrowArray *array, ArrowProblem *problem)
{
    int64_t wanted = type->kind == ARROW_NULL     ? 0
                     : type->kind == ARROW_STRING ? 3
                     : type->kind == ARROW_VIEW   ? 3
                                                  : 2;
    bool ok = array->length >= 0 && array->offset >= 0 && array->n_buffers >= wanted &&
              array->length <= INT64_MAX / 64 - array->offset;
    if (ok && array->length && wanted)
        ok = array->buffers[1] != NULL;
    return ok ? 0 : damaged(problem);
}

static int convert_dictionary(
    ArrowColumn *column, const struct ArrowArray *array, ArrowProblem *problem)
{
    size_t n = (size_t)array->length;
    free(column->dictionary);
    free(column->dictionary_validity);
    column->dictionary_length = array->length;
    column->dictionary = malloc((n + 1) * column->size);
    column->dictionary_validity = malloc((n / 64 + VALIDITY_WORDS + 1) * sizeof(uint64_t));
    if (!column->dictionary || !column->dictionary_validity)
        return fail(problem, "53200", "out of memory");
    for (size_t first = 0; first < n; first += BATCH_ROWS) {
        openhyper_column part;
        size_t rows = n - first < BATCH_ROWS ? n - first : BATCH_ROWS;
        if (convert_plain(column, array, (int64_t)first, rows, &part, problem) < 0)
            return -1;
        memcpy((char *)column->dictionary + first * column->size, part.data, rows * column->size);
        uint64_t *validity = column->dictionary_validity + first / 64;
        if (part.validity)
            memcpy(validity, part.validity, VALIDITY_WORDS * sizeof *validity);
        else
            memset(validity, 0xFF, VALIDITY_WORDS * sizeof *validity);
    }
    return 0;
}

int arrow_column_begin(ArrowColumn *column, const struct ArrowArray *array, ArrowProblem *problem)
{
    static const ArrowType indices = {.kind = ARROW_INT64};
    if (!column->type.is_dictionary)
        return check_array(&column->type, array, problem);
    if (!array->dictionary)
        return damaged(problem);
    if (check_array(&indices, array, problem) < 0 ||
        check_array(&column->type, array->dictionary, problem) < 0)
        return -1;
    column->type.is_dictionary = false;
    int failed = convert_dictionary(column, array->dictionary, problem);
    column->type.is_dictionary = true;
    return failed;
}

/* The dictionary's values by the indices. */
static int gather(ArrowColumn *column, const struct ArrowArray *array, int64_t first, size_t n,
    openhyper_column *out, ArrowProblem *problem)
{
    int64_t at = array->offset + first;
    bool has_bits = array->null_count != 0 && array->buffers[0];
    const char *values = column->dictionary;
    *out = (openhyper_column){.data = column->data, .validity = column->validity};
    memset(column->validity, 0xFF, VALIDITY_WORDS * sizeof *column->validity);
    for (size_t i = 0; i < n; i++) {
        char *to = (char *)column->data + i * column->size;
        if (has_bits && !bit_at(array->buffers[0], at + (int64_t)i)) {
            clear_bit(column->validity, i);
            memset(to, 0, column->size);
            continue;
        }
        Int128 code = load_integer(column->type.index, array->buffers[1], at + (int64_t)i);
        if (code < 0 || code >= column->dictionary_length)
            return damaged(problem);
        if (!is_set(column->dictionary_validity, (size_t)code))
            clear_bit(column->validity, i);
        memcpy(to, values + (size_t)code * column->size, column->size);
    }
    return 0;
}

int arrow_column_convert(ArrowColumn *column, const struct ArrowArray *array, int64_t first,
    size_t n, openhyper_column *out, ArrowProblem *problem)
{
    return column->type.is_dictionary ? gather(column, array, first, n, out, problem)
                                      : convert_plain(column, array, first, n, out, problem);
}
