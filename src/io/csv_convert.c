/* Columns of fields become columns of values. The usual spellings of the usual types are read here;
 * everything else, and whatever looks wrong, goes to hy_csv_convert_field. */
#include "io/csv_internal.h"
#include "types/datetime.h"
#include "types/float_text.h"
#include "types/numeric.h"
#include "types/timezone.h"

#define INLINE __attribute__((always_inline)) static inline

/* What the loop over a column needs, in one place. */
typedef struct Cursor {
    const char *data;
    const uint32_t *ends; /* of the field before, of record 0 */
    size_t n_fields;
    bool strip_cr; /* last column of a file with CR LF */
    const char *null_text;
    size_t null_len; /* SIZE_MAX: nothing is NULL */
    HyType type;
    size_t max_bytes; /* texts up to this length need no look */
    /* The month of the date seen last: its text, the day before its first, its number of days. */
    uint64_t month_key;
    int32_t month_base;
    int32_t month_days;
    const HyTimeZone *zone;
} Cursor;

static Cursor open_cursor(const HyCsvParser *parser, const HyCsvTarget *target)
{
    const HyCsvReader *reader = parser->reader;
    const HyCsvColumn *column = target->column;
    Cursor c = {.data = hy_csv_data(parser),
        .ends = parser->index.ends + target->field,
        .n_fields = parser->index.n_fields,
        .strip_cr = parser->index.has_cr && target->field + 1 == parser->index.n_fields,
        .null_text = reader->null_text,
        .null_len = reader->null_len,
        .type = column->type,
        .max_bytes = column->type.length > 0 ? (size_t)column->type.length : SIZE_MAX,
        .zone = reader->options.style.time_zone};
    if (column->force_not_null)
        c.null_len = SIZE_MAX;
    return c;
}

typedef struct Span {
    const char *text;
    size_t len;
    bool is_special;
} Span;

INLINE Span span_at(const Cursor *c, size_t row)
{
    const uint32_t *ends = c->ends + row * c->n_fields;
    uint32_t begin = (ends[0] & HY_CSV_OFFSET) + 1, end = ends[1] & HY_CSV_OFFSET;
    end -= c->strip_cr && end > begin && c->data[end - 1] == '\r';
    return (Span){c->data + begin, end - begin, ends[1] >> 31};
}

INLINE bool span_is_null(const Cursor *c, Span span)
{
    return span.len == c->null_len &&
           (span.len == 0 || memcmp(span.text, c->null_text, span.len) == 0);
}

/* ---- Digits ---- */

#define ZEROS UINT64_C(0x3030303030303030)

/* Up to 8 digits, no sign. Bytes behind the text are read. */
INLINE bool read_digits(const char *text, size_t len, uint32_t *out)
{
    uint64_t w = hy_load_u64(text) ^ ZEROS;
    w <<= 64 - 8 * len; /* digits missing in front are 0 */
    if ((w | (w + UINT64_C(0x7676767676767676))) & UINT64_C(0x8080808080808080))
        return false;
    w = (w * 10 + (w >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
    w = (w * 100 + (w >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
    *out = (uint32_t)(w * 10000 + (w >> 32));
    return true;
}

/* Up to 16 digits after an optional minus. */
INLINE bool read_integer(const char *text, size_t len, int64_t *out)
{
    bool is_negative = len > 1 && text[0] == '-';
    uint32_t high = 0, low;
    text += is_negative;
    len -= is_negative;
    if (len == 0 || len > 16)
        return false;
    if (len > 8) {
        if (!read_digits(text, len - 8, &high))
            return false;
        text += len - 8;
        len = 8;
    }
    if (!read_digits(text, len, &low))
        return false;
    int64_t value = (int64_t)high * 100000000 + low;
    *out = is_negative ? -value : value;
    return true;
}

INLINE bool read_int2(Cursor *c, Span span, int16_t *out)
{
    int64_t v;
    (void)c;
    bool is_read = read_integer(span.text, span.len, &v) && v >= INT16_MIN && v <= INT16_MAX;
    if (is_read)
        *out = (int16_t)v;
    return is_read;
}

INLINE bool read_int4(Cursor *c, Span span, int32_t *out)
{
    int64_t v;
    (void)c;
    bool is_read = read_integer(span.text, span.len, &v) && v >= INT32_MIN && v <= INT32_MAX;
    if (is_read)
        *out = (int32_t)v;
    return is_read;
}

INLINE bool read_int8(Cursor *c, Span span, int64_t *out)
{
    (void)c;
    return read_integer(span.text, span.len, out);
}

/* Digits with at most one point: *value without the point, *scale the digits behind it. At most 18
 * digits in all. */
INLINE bool read_decimal(const char *text, size_t len, int64_t *value, size_t *scale)
{
    bool is_negative = len > 1 && text[0] == '-';
    size_t i = is_negative, point = len;
    uint64_t v = 0;
    if (len - i > 19)
        return false;
    for (; i < len; i++) {
        unsigned digit = (unsigned char)text[i] - (unsigned)'0';
        if (digit > 9) {
            if (text[i] != '.' || point != len)
                return false;
            point = i;
            continue;
        }
        v = v * 10 + digit;
    }
    size_t n_digits = len - is_negative - (point != len);
    if (n_digits == 0 || n_digits > 18)
        return false;
    *scale = point == len ? 0 : len - point - 1;
    *value = is_negative ? -(int64_t)v : (int64_t)v;
    return true;
}

INLINE bool read_numeric(const Cursor *c, Span span, HyInt128 *out)
{
    int64_t v;
    size_t scale;
    if (!read_decimal(span.text, span.len, &v, &scale) || scale > c->type.scale)
        return false;
    HyInt128 scaled = (HyInt128)v * hy_numeric_pow10[c->type.scale - scale];
    if (c->type.scale - scale > 18 || !hy_numeric_fits(scaled, c->type.precision))
        return false;
    *out = scaled;
    return true;
}

INLINE bool read_numeric_short(Cursor *c, Span span, int64_t *out)
{
    HyInt128 v;
    if (!read_numeric(c, span, &v))
        return false;
    *out = (int64_t)v;
    return true;
}

INLINE bool read_numeric_long(Cursor *c, Span span, HyInt128 *out)
{
    return read_numeric(c, span, out);
}

/* Exact when both the digits and the power of ten are exact doubles (Clinger 1990). */
INLINE bool read_float8(Cursor *c, Span span, double *out)
{
    static const double pow10[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
    const int64_t max = INT64_C(1) << 53;
    int64_t v;
    size_t scale;
    (void)c;
    if (read_decimal(span.text, span.len, &v, &scale) && v <= max && v >= -max &&
        (v != 0 || span.text[0] != '-')) {
        *out = (double)v / pow10[scale];
        return true;
    }
    return hy_double_parse(span.text, span.len, out);
}

INLINE bool read_float4(Cursor *c, Span span, float *out)
{
    (void)c;
    return hy_float_parse(span.text, span.len, out);
}

INLINE bool read_bool(Cursor *c, Span span, uint8_t *out)
{
    (void)c;
    if (span.len == 1 && (span.text[0] == 't' || span.text[0] == '1'))
        *out = 1;
    else if (span.len == 1 && (span.text[0] == 'f' || span.text[0] == '0'))
        *out = 0;
    else if (span.len == 4 && memcmp(span.text, "true", 4) == 0)
        *out = 1;
    else if (span.len == 5 && memcmp(span.text, "false", 5) == 0)
        *out = 0;
    else
        return false;
    return true;
}

/* ---- Dates and times ---- */

static bool look_up_month(Cursor *c, const char *text, uint64_t key)
{
    uint32_t year, month;
    if (!read_digits(text, 4, &year) || !read_digits(text + 5, 2, &month) || year < 1000 ||
        month < 1 || month > 12)
        return false;
    c->month_key = key;
    c->month_base = hy_date_from_ymd(year, (int)month, 1) - 1;
    c->month_days = hy_month_days(year, (int)month);
    return true;
}

/* YYYY-MM-DD, of which 10 bytes exist. Neighbouring rows are mostly of the same month. */
INLINE bool read_iso_date(Cursor *c, const char *text, int32_t *out)
{
    uint64_t key = hy_load_u64(text);
    uint32_t day;
    if ((key & UINT64_C(0xFF0000FF00000000)) != UINT64_C(0x2D00002D00000000))
        return false;
    if (key != c->month_key && !look_up_month(c, text, key))
        return false;
    if (!read_digits(text + 8, 2, &day) || day < 1 || day > (uint32_t)c->month_days)
        return false;
    *out = c->month_base + (int32_t)day;
    return true;
}

INLINE bool read_date(Cursor *c, Span span, int32_t *out)
{
    return span.len == 10 && read_iso_date(c, span.text, out);
}

/* HH:MM:SS, of which 8 bytes exist, below 24:00:00. */
INLINE bool read_iso_time(const char *text, uint64_t *micros)
{
    const uint64_t colons = UINT64_C(0x00003A00003A0000);
    uint64_t w = hy_load_u64(text);
    if ((w & UINT64_C(0x0000FF0000FF0000)) != colons)
        return false;
    w = (w & ~UINT64_C(0x0000FF0000FF0000)) | (ZEROS & UINT64_C(0x0000FF0000FF0000));
    w ^= ZEROS;
    if ((w | (w + UINT64_C(0x7676767676767676))) & UINT64_C(0x8080808080808080))
        return false;
    uint64_t pairs = w * 10 + (w >> 8);
    uint64_t hour = pairs & 0xFF, minute = pairs >> 24 & 0xFF, second = pairs >> 48 & 0xFF;
    *micros = (hour * 3600 + minute * 60 + second) * 1000000;
    return hour < 24 && minute < 60 && second < 60;
}

/* The digits behind the point, up to 6; *taken with the point. */
INLINE bool read_fraction(const char *text, size_t len, uint64_t *micros, size_t *taken)
{
    size_t i = 1;
    uint32_t value = 0;
    for (; i < len && i <= 6 && (unsigned char)text[i] - (unsigned)'0' <= 9; i++)
        value = value * 10 + ((unsigned char)text[i] - (unsigned)'0');
    if (i == 1)
        return false;
    *taken = i;
    for (; i <= 6; i++)
        value *= 10;
    *micros += value;
    return true;
}

/* Date, blank or T, time, fraction; *taken of them. */
INLINE bool read_local(Cursor *c, Span span, uint64_t *out, size_t *taken)
{
    int32_t day;
    uint64_t micros;
    if (span.len < 19 || !read_iso_date(c, span.text, &day) ||
        (span.text[10] != ' ' && span.text[10] != 'T') || !read_iso_time(span.text + 11, &micros))
        return false;
    size_t n = 0;
    if (span.len > 19 && span.text[19] == '.' &&
        !read_fraction(span.text + 19, span.len - 19, &micros, &n))
        return false;
    *taken = 19 + n;
    *out = hy_timestamp_from_date(day) + micros;
    return true;
}

INLINE bool read_timestamp(Cursor *c, Span span, uint64_t *out)
{
    size_t taken;
    if (span.len == 10) {
        int32_t day;
        if (!read_iso_date(c, span.text, &day))
            return false;
        *out = hy_timestamp_from_date(day);
        return true;
    }
    return read_local(c, span, out, &taken) && taken == span.len;
}

/* Z, +HH or +HH:MM. */
static bool read_offset(const char *text, size_t len, int64_t *micros)
{
    uint32_t hours, minutes = 0;
    *micros = 0;
    if (len == 1 && text[0] == 'Z')
        return true;
    if ((len != 3 && len != 6) || (text[0] != '+' && text[0] != '-') ||
        !read_digits(text + 1, 2, &hours) || hours > 14)
        return false;
    if (len == 6 && (text[3] != ':' || !read_digits(text + 4, 2, &minutes) || minutes > 59))
        return false;
    int64_t offset = (int64_t)hours * HY_MICROS_PER_HOUR + (int64_t)minutes * HY_MICROS_PER_MINUTE;
    *micros = text[0] == '-' ? -offset : offset;
    return true;
}

INLINE bool read_timestamptz(Cursor *c, Span span, uint64_t *out)
{
    uint64_t local;
    size_t taken;
    int64_t offset;
    if (!read_local(c, span, &local, &taken))
        return false;
    if (taken == span.len) {
        *out = c->zone == hy_time_zone_utc() ? local : hy_time_zone_to_utc(c->zone, local);
        return true;
    }
    if (!read_offset(span.text + taken, span.len - taken, &offset))
        return false;
    *out = local - (uint64_t)offset;
    return true;
}

/* ---- Loops ---- */

#define DEFINE_CONVERT(name, T)                                                                    \
    static void convert_##name(HyCsvParser *parser, HyCsvTarget *target)                           \
    {                                                                                              \
        Cursor c = open_cursor(parser, target);                                                    \
        T *out = (T *)(void *)target->data;                                                        \
        bool has_nulls = false;                                                                    \
        for (size_t row = 0; row < parser->n_rows; row++) {                                        \
            Span span = span_at(&c, row);                                                          \
            if (HY_LIKELY(!span.is_special)) {                                                     \
                bool is_null = span_is_null(&c, span);                                             \
                if (is_null && c.type.nullable) {                                                  \
                    out[row] = 0;                                                                  \
                    hy_bitmap_clear(target->validity, row);                                        \
                    has_nulls = true;                                                              \
                    continue;                                                                      \
                }                                                                                  \
                if (HY_LIKELY(!is_null && read_##name(&c, span, &out[row])))                       \
                    continue;                                                                      \
            }                                                                                      \
            hy_csv_convert_field(parser, target, row, span.text, span.len, span.is_special);       \
        }                                                                                          \
        target->has_nulls |= has_nulls;                                                            \
    }
DEFINE_CONVERT(int2, int16_t)
DEFINE_CONVERT(int4, int32_t)
DEFINE_CONVERT(int8, int64_t)
DEFINE_CONVERT(float4, float)
DEFINE_CONVERT(float8, double)
DEFINE_CONVERT(numeric_short, int64_t)
DEFINE_CONVERT(numeric_long, HyInt128)
DEFINE_CONVERT(bool, uint8_t)
DEFINE_CONVERT(date, int32_t)
DEFINE_CONVERT(timestamp, uint64_t)
DEFINE_CONVERT(timestamptz, uint64_t)

/* The masks of the two halves of a HyString of 0 to 12 bytes. */
static const uint32_t prefix_mask[HY_STRING_INLINE + 1] = {0, 0xFF, 0xFFFF, 0xFFFFFF, UINT32_MAX,
    UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
static const uint64_t rest_mask[HY_STRING_INLINE + 1] = {0, 0, 0, 0, 0, 0xFF, 0xFFFF, 0xFFFFFF,
    0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF, UINT64_MAX};

/* hy_string_view without a copy of variable length: 12 bytes behind any text are readable. Returns
 * the bytes of a short text, or'ed together in some way. */
INLINE uint64_t put_view(HyString *out, const char *text, size_t len)
{
    uint32_t prefix = hy_load_u32(text);
    uint64_t rest = (uint64_t)(uintptr_t)text;
    if (len <= HY_STRING_INLINE) {
        prefix &= prefix_mask[len];
        rest = hy_load_u64(text + 4) & rest_mask[len];
    }
    hy_store_u64(out, len | (uint64_t)prefix << 32);
    hy_store_u64((char *)out + 8, rest);
    return prefix | rest;
}

#define HIGH_BITS UINT64_C(0x8080808080808080)

static bool has_high_bytes(const char *text, size_t len)
{
    uint64_t all = 0;
    size_t i = 0;
    for (; i + 8 <= len; i += 8)
        all |= hy_load_u64(text + i);
    if (i < len)
        all |= hy_load_u64(text + i) & (UINT64_MAX >> 8 * (8 - (len - i)));
    return all & HIGH_BITS;
}

static void convert_text(HyCsvParser *parser, HyCsvTarget *target)
{
    Cursor c = open_cursor(parser, target);
    HyString *out = (HyString *)(void *)target->data;
    const bool check = parser->check_text, is_char = c.type.id == HY_TYPE_CHAR;
    const bool null_is_empty = c.null_len == 0;
    bool has_nulls = false;
    for (size_t row = 0; row < parser->n_rows; row++) {
        Span span = span_at(&c, row);
        bool is_null = null_is_empty ? span.len == 0 : span_is_null(&c, span);
        if (HY_UNLIKELY(span.is_special || span.len > c.max_bytes ||
                        (is_null && !c.type.nullable) ||
                        (is_char && span.len > 0 && span.text[span.len - 1] == ' '))) {
            hy_csv_convert_field(parser, target, row, span.text, span.len, span.is_special);
            continue;
        }
        uint64_t bytes = put_view(&out[row], span.text, is_null ? 0 : span.len);
        if (check && (span.len <= HY_STRING_INLINE ? (bytes & HIGH_BITS) != 0
                                                   : has_high_bytes(span.text, span.len))) {
            hy_csv_convert_field(parser, target, row, span.text, span.len, false);
            continue;
        }
        has_nulls |= is_null;
        target->validity[row >> 6] &= ~((uint64_t)is_null << (row & 63));
    }
    target->has_nulls |= has_nulls;
}

/* Whatever has no fast way. */
static void convert_any(HyCsvParser *parser, HyCsvTarget *target)
{
    Cursor c = open_cursor(parser, target);
    for (size_t row = 0; row < parser->n_rows; row++) {
        Span span = span_at(&c, row);
        hy_csv_convert_field(parser, target, row, span.text, span.len, span.is_special);
    }
}

void hy_csv_convert_row(HyCsvParser *parser, HyCsvTarget *target, size_t row)
{
    Cursor c = open_cursor(parser, target);
    Span span = span_at(&c, row);
    hy_csv_convert_field(parser, target, row, span.text, span.len, span.is_special);
}

void hy_csv_convert(HyCsvParser *parser, HyCsvTarget *target)
{
    static void (*const loops[])(HyCsvParser *, HyCsvTarget *) = {
        [HY_CSV_CONVERT_ANY] = convert_any,
        [HY_CSV_CONVERT_INT2] = convert_int2,
        [HY_CSV_CONVERT_INT4] = convert_int4,
        [HY_CSV_CONVERT_INT8] = convert_int8,
        [HY_CSV_CONVERT_FLOAT4] = convert_float4,
        [HY_CSV_CONVERT_FLOAT8] = convert_float8,
        [HY_CSV_CONVERT_NUMERIC_SHORT] = convert_numeric_short,
        [HY_CSV_CONVERT_NUMERIC_LONG] = convert_numeric_long,
        [HY_CSV_CONVERT_BOOL] = convert_bool,
        [HY_CSV_CONVERT_DATE] = convert_date,
        [HY_CSV_CONVERT_TIMESTAMP] = convert_timestamp,
        [HY_CSV_CONVERT_TIMESTAMPTZ] = convert_timestamptz,
        [HY_CSV_CONVERT_TEXT] = convert_text,
    };
    memset(target->validity, 0xFF, HY_VECTOR_SIZE / 8);
    target->has_nulls = false;
    loops[target->convert](parser, target);
}

/* ---- Choice ---- */

static HyCsvConvert choose(HyType type, const HyTextStyle *style)
{
    switch (type.id) {
    case HY_TYPE_INT2:
        return HY_CSV_CONVERT_INT2;
    case HY_TYPE_INT4:
        return HY_CSV_CONVERT_INT4;
    case HY_TYPE_INT8:
        return HY_CSV_CONVERT_INT8;
    case HY_TYPE_FLOAT4:
        return HY_CSV_CONVERT_FLOAT4;
    case HY_TYPE_FLOAT8:
        return HY_CSV_CONVERT_FLOAT8;
    case HY_TYPE_NUMERIC:
        return type.precision <= HY_NUMERIC_MAX_SHORT_PRECISION ? HY_CSV_CONVERT_NUMERIC_SHORT
                                                                : HY_CSV_CONVERT_NUMERIC_LONG;
    case HY_TYPE_BOOL:
        return HY_CSV_CONVERT_BOOL;
    case HY_TYPE_TEXT:
    case HY_TYPE_VARCHAR:
    case HY_TYPE_CHAR:
        return HY_CSV_CONVERT_TEXT;
    default:
        break;
    }
    if (style->date_order == HY_DATE_DMY) /* the general parser knows what that means */
        return HY_CSV_CONVERT_ANY;
    if (type.id == HY_TYPE_DATE)
        return HY_CSV_CONVERT_DATE;
    if (type.id == HY_TYPE_TIMESTAMP)
        return HY_CSV_CONVERT_TIMESTAMP;
    return type.id == HY_TYPE_TIMESTAMPTZ ? HY_CSV_CONVERT_TIMESTAMPTZ : HY_CSV_CONVERT_ANY;
}

void hy_csv_target_init(HyCsvTarget *target, const HyCsvColumn *column, const HyCsvOptions *options)
{
    target->column = column;
    target->convert = choose(column->type, &options->style);
    target->value_bytes = hy_physical_size(hy_type_physical(column->type));
}
