/* Values as pages hold them to values of SQL types. */
#include "io/parquet_internal.h"

#define EPOCH_MICROS ((uint64_t)HY_JULIAN_EPOCH * (uint64_t)HY_MICROS_PER_DAY)

size_t hy_parquet_raw_size(const HyParquetColumn *column)
{
    switch (column->physical) {
    case HY_PARQUET_BOOLEAN:
        return 1;
    case HY_PARQUET_INT32:
    case HY_PARQUET_FLOAT:
        return 4;
    case HY_PARQUET_INT64:
    case HY_PARQUET_DOUBLE:
        return 8;
    case HY_PARQUET_INT96:
        return 12;
    case HY_PARQUET_FIXED:
        return (size_t)column->fixed_bytes;
    case HY_PARQUET_BYTE_ARRAY:
        break;
    }
    return sizeof(HyString);
}

bool hy_parquet_is_direct(const HyParquetColumn *column, HyType type)
{
    size_t raw = hy_parquet_raw_size(column);
    if (column->conversion == HY_PARQUET_AS_IS)
        return raw == hy_physical_size(hy_type_physical(type));
    return column->conversion == HY_PARQUET_TO_UUID || column->conversion == HY_PARQUET_TO_TEXT ||
           (column->conversion == HY_PARQUET_TO_BYTES && column->physical == HY_PARQUET_BYTE_ARRAY);
}

/* ---- Integers ---- */

#define DEFINE_WIDEN(name, FROM, TO)                                                               \
    static void name(const void *raw, size_t n, void *out)                                         \
    {                                                                                              \
        const FROM *restrict from = raw;                                                           \
        TO *restrict to = out;                                                                     \
        for (size_t i = 0; i < n; i++)                                                             \
            to[i] = (TO)from[i];                                                                   \
    }
DEFINE_WIDEN(narrow_i32_i16, int32_t, int16_t)
DEFINE_WIDEN(widen_i32_i64, int32_t, int64_t)
DEFINE_WIDEN(widen_u32_i64, uint32_t, int64_t)
DEFINE_WIDEN(widen_i32_i128, int32_t, HyInt128)
DEFINE_WIDEN(widen_i64_i128, int64_t, HyInt128)
DEFINE_WIDEN(widen_u64_i128, uint64_t, HyInt128)

static void convert_integers(
    const HyParquetColumn *column, HyType type, const void *raw, size_t n, void *out)
{
    bool is_unsigned = column->conversion == HY_PARQUET_UNSIGNED;
    bool is_64 = column->physical == HY_PARQUET_INT64;
    size_t size = hy_physical_size(hy_type_physical(type));
    if (out == raw)
        return;
    if (size == 2)
        narrow_i32_i16(raw, n, out);
    else if (size == 4)
        memcpy(out, raw, n * 4);
    else if (size == 8 && is_64)
        memcpy(out, raw, n * 8);
    else if (size == 8)
        (is_unsigned ? widen_u32_i64 : widen_i32_i64)(raw, n, out);
    else if (is_64)
        (is_unsigned ? widen_u64_i128 : widen_i64_i128)(raw, n, out);
    else
        widen_i32_i128(raw, n, out);
}

/* Integers of 8 and 16 bits must be such; decimals must have no more digits than they say. */
static bool are_small(const int32_t *values, size_t n)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < n; i++)
        bad |= (uint32_t)(values[i] != (int16_t)values[i]);
    return !bad;
}

static HyUint128 power_of_ten(unsigned exponent)
{
    HyUint128 power = 1;
    while (exponent--)
        power *= 10;
    return power;
}

static bool fits_i64(const int64_t *values, size_t n, int64_t limit)
{
    uint64_t bad = 0;
    for (size_t i = 0; i < n; i++)
        bad |= (uint64_t)(values[i] >= limit) | (uint64_t)(values[i] <= -limit);
    return !bad;
}

static bool fits_i128(const HyInt128 *values, size_t n, HyInt128 limit)
{
    bool bad = false;
    for (size_t i = 0; i < n; i++)
        bad |= values[i] >= limit || values[i] <= -limit;
    return !bad;
}

static HyStatus check_digits(const HyParquetFile *file, const HyParquetColumn *column, HyType type,
    const void *out, size_t n)
{
    HyUint128 limit = power_of_ten(type.precision);
    bool fits = hy_type_physical(type) == HY_PHYS_I64 ? fits_i64(out, n, (int64_t)limit)
                                                      : fits_i128(out, n, (HyInt128)limit);
    return fits ? HY_OK
                : hy_error_detail(hy_error("22003", "numeric overflow"),
                      "column '%s' of Parquet file %s", column->name, file->path);
}

/* ---- Dates and times ---- */

static HyStatus out_of_range(const HyParquetFile *file, const HyParquetColumn *column)
{
    return hy_error_detail(hy_error("22008", "%s out of range",
                               column->conversion == HY_PARQUET_TO_DATE   ? "date"
                               : column->conversion == HY_PARQUET_TO_TIME ? "time"
                                                                          : "timestamp"),
        "column '%s' of Parquet file %s", column->name, file->path);
}

static bool convert_dates(const int32_t *raw, size_t n, int32_t *out)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t day = (int32_t)((uint32_t)raw[i] + HY_JULIAN_EPOCH);
        bad |= (uint32_t)(day < HY_DATE_MIN) | (uint32_t)(day > HY_DATE_MAX) |
               (uint32_t)(raw[i] > HY_DATE_MAX);
        out[i] = day;
    }
    return !bad;
}

static bool convert_timestamps(
    const HyParquetColumn *column, const int64_t *raw, size_t n, uint64_t *out)
{
    const int64_t limit = column->scale_up ? INT64_MAX / column->scale_up : INT64_MAX;
    const int64_t scale = column->scale_up ? column->scale_up : 1;
    const int64_t units = column->units;
    uint64_t bad = 0;
    if (scale == 1 && units == 1) {
        for (size_t i = 0; i < n; i++) {
            uint64_t ts = (uint64_t)raw[i] + EPOCH_MICROS;
            bad |= (uint64_t)(ts < HY_TIMESTAMP_MIN) | (uint64_t)(ts > HY_TIMESTAMP_MAX);
            out[i] = ts;
        }
        return !bad;
    }
    for (size_t i = 0; i < n; i++) {
        bad |= (uint64_t)(raw[i] > limit) | (uint64_t)(raw[i] < -limit);
        int64_t micros = units == 1 ? (int64_t)((uint64_t)raw[i] * (uint64_t)scale) : raw[i] / 1000;
        uint64_t ts = (uint64_t)micros + EPOCH_MICROS;
        bad |= (uint64_t)(ts < HY_TIMESTAMP_MIN) | (uint64_t)(ts > HY_TIMESTAMP_MAX);
        out[i] = ts;
    }
    return !bad;
}

/* Nanoseconds of the day and a Julian day. */
static bool convert_int96(const uint8_t *raw, size_t n, uint64_t *out)
{
    bool bad = false;
    for (size_t i = 0; i < n; i++, raw += 12) {
        int64_t nanos = hy_load_i64(raw);
        int32_t day = hy_load_i32(raw + 8);
        bad |= day < HY_DATE_MIN || day > HY_DATE_MAX;
        uint64_t ts =
            (uint64_t)(int64_t)day * (uint64_t)HY_MICROS_PER_DAY + (uint64_t)(nanos / 1000);
        bad |= ts < HY_TIMESTAMP_MIN || ts > HY_TIMESTAMP_MAX;
        out[i] = ts;
    }
    return !bad;
}

static bool convert_times(const HyParquetColumn *column, const void *raw, size_t n, int64_t *out)
{
    const int32_t *raw32 = raw;
    const int64_t *raw64 = raw;
    bool is_64 = column->physical == HY_PARQUET_INT64;
    uint64_t bad = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t value = is_64 ? raw64[i] : raw32[i];
        bad |= (uint64_t)(value < 0) | (uint64_t)(value > HY_MICROS_PER_DAY * 1000);
        value = column->units == 1 ? (int64_t)((uint64_t)value * (uint64_t)column->scale_up)
                                   : value / column->units;
        bad |= (uint64_t)(value > HY_MICROS_PER_DAY);
        out[i] = value;
    }
    return !bad;
}

/* ---- Bytes ---- */

/* Big-endian two's complement. False: it does not fit. */
static bool decimal_from_bytes(const uint8_t *bytes, size_t len, HyInt128 *out)
{
    uint8_t sign = len > 0 && bytes[0] & 0x80 ? 0xff : 0;
    while (len > 16) {
        if (*bytes != sign)
            return false;
        bytes++;
        len--;
    }
    HyUint128 value = sign ? ~(HyUint128)0 : 0;
    for (size_t i = 0; i < len; i++)
        value = value << 8 | bytes[i];
    *out = (HyInt128)value;
    return true;
}

static void short_decimals(const uint8_t *raw, size_t len, size_t n, int64_t *out)
{
    for (size_t i = 0; i < n; i++, raw += len) {
        uint64_t value = 0;
        for (size_t k = 0; k < len; k++)
            value = value << 8 | raw[k];
        out[i] = (int64_t)(value << (64 - 8 * len)) >> (64 - 8 * len);
    }
}

static bool convert_decimals(
    const HyParquetColumn *column, HyType type, const void *raw, size_t n, void *out)
{
    bool is_short = hy_type_physical(type) == HY_PHYS_I64;
    bool is_fixed = column->physical == HY_PARQUET_FIXED;
    size_t len = (size_t)column->fixed_bytes;
    if (is_short && is_fixed && len <= 8) {
        short_decimals(raw, len, n, out);
        return true;
    }
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        HyInt128 value = 0;
        const HyString *s = (const HyString *)raw + i;
        if (is_fixed)
            ok &= decimal_from_bytes((const uint8_t *)raw + i * len, len, &value);
        else
            ok &= decimal_from_bytes((const uint8_t *)hy_string_data(s), s->len, &value);
        if (is_short) {
            ok &= value == (int64_t)value;
            ((int64_t *)out)[i] = (int64_t)value;
        } else {
            ((HyInt128 *)out)[i] = value;
        }
    }
    return ok;
}

static float half_value(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 31;
    uint32_t fraction = half & 1023;
    if (exponent == 0) {
        float value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    uint32_t bits = sign | fraction << 13 | (exponent == 31 ? 255u << 23 : (exponent + 112) << 23);
    return hy_load_f32(&bits);
}

static HyStatus check_text(
    const HyParquetFile *file, const HyParquetColumn *column, const HyString *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!hy_utf8_validate(hy_string_data(&values[i]), values[i].len, NULL))
            return hy_error_detail(hy_error("22021", "invalid UTF-8 sequence"),
                "column '%s' of Parquet file %s", column->name, file->path);
    }
    return HY_OK;
}

/* varchar(n) and char(n): at most n code points; blanks at the end of a char do not count. */
static HyStatus fit_text(const HyParquetFile *file, const HyParquetColumn *column, HyType type,
    HyString *values, size_t n)
{
    size_t limit = (size_t)type.length;
    for (size_t i = 0; i < n; i++) {
        const char *text = hy_string_data(&values[i]);
        size_t len = values[i].len;
        while (type.id == HY_TYPE_CHAR && len > 0 && text[len - 1] == ' ')
            len--;
        if (len > limit && hy_utf8_length(text, len) > limit)
            return hy_error_detail(hy_error("22P02", "string too large for target string type"),
                "column '%s' of Parquet file %s", column->name, file->path);
        if (len < values[i].len) {
            char copy[HY_STRING_INLINE];
            if (len <= HY_STRING_INLINE)
                text = memcpy(copy, text, len);
            values[i] = hy_string_view(text, len);
        }
    }
    return HY_OK;
}

static void fixed_strings(const uint8_t *raw, size_t len, size_t n, HyString *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = hy_string_view((const char *)raw + i * len, len);
}

/* ---- All ---- */

static HyStatus convert_numbers(const HyParquetFile *file, const HyParquetColumn *column,
    HyType type, const void *raw, size_t n, void *out)
{
    if (column->type.id == HY_TYPE_INT2 && !are_small(raw, n))
        return hy_parquet_damaged(file, "Column '%s' has values beyond its 16 bits.", column->name);
    if (column->physical == HY_PARQUET_BOOLEAN || column->physical == HY_PARQUET_FLOAT ||
        column->physical == HY_PARQUET_DOUBLE) {
        if (out != raw)
            memcpy(out, raw, n * hy_parquet_raw_size(column));
    } else {
        convert_integers(column, type, raw, n, out);
    }
    return type.id == HY_TYPE_NUMERIC ? check_digits(file, column, type, out, n) : HY_OK;
}

HyStatus hy_parquet_convert(const HyParquetFile *file, const HyParquetColumn *column, HyType type,
    const void *raw, size_t n, void *out)
{
    bool ok = true;
    switch (column->conversion) {
    case HY_PARQUET_AS_IS:
    case HY_PARQUET_UNSIGNED:
        return convert_numbers(file, column, type, raw, n, out);
    case HY_PARQUET_TO_DATE:
        ok = convert_dates(raw, n, out);
        break;
    case HY_PARQUET_TO_TIME:
        ok = convert_times(column, raw, n, out);
        break;
    case HY_PARQUET_TO_TIMESTAMP:
        ok = column->physical == HY_PARQUET_INT96 ? convert_int96(raw, n, out)
                                                  : convert_timestamps(column, raw, n, out);
        break;
    case HY_PARQUET_TO_DECIMAL:
        if (!convert_decimals(column, type, raw, n, out))
            return hy_parquet_damaged(
                file, "Column '%s' has decimals that are too long.", column->name);
        return check_digits(file, column, type, out, n);
    case HY_PARQUET_TO_HALF:
        for (size_t i = 0; i < n; i++)
            ((float *)out)[i] = half_value(hy_load_u16((const uint8_t *)raw + 2 * i));
        return HY_OK;
    case HY_PARQUET_TO_UUID:
        if (out != raw)
            memcpy(out, raw, n * 16);
        return HY_OK;
    case HY_PARQUET_TO_TEXT:
        if (out != raw)
            memcpy(out, raw, n * sizeof(HyString));
        HY_TRY(check_text(file, column, out, n));
        return type.length > 0 ? fit_text(file, column, type, out, n) : HY_OK;
    case HY_PARQUET_TO_BYTES:
        if (column->physical == HY_PARQUET_FIXED)
            fixed_strings(raw, (size_t)column->fixed_bytes, n, out);
        else if (out != raw)
            memcpy(out, raw, n * sizeof(HyString));
        return HY_OK;
    }
    return ok ? HY_OK : out_of_range(file, column);
}
