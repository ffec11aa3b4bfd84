/* Text of values of every type. */
#include "base/json.h"
#include "base/utf8.h"
#include "types/array.h"
#include "types/cast.h"
#include "types/datetime.h"
#include "types/error_text.h"
#include "types/float_text.h"
#include "types/geography.h"
#include "types/interval.h"
#include "types/numeric.h"
#include "types/timezone.h"
#include "types/uuid_text.h"
#include <strings.h>

/* Longest text of a value of fixed width. */
_Static_assert(HY_INTERVAL_TEXT_MAX <= HY_FIXED_TEXT_MAX, "the longest of them");

static size_t format_char1(uint32_t code, char *out)
{
    size_t n = code ? hy_utf8_encode(code, out) : 0;
    if (n == 0) { /* a blank */
        out[0] = ' ';
        n = 1;
    }
    return n;
}

static HyStatus format_regtype(uint32_t oid, HyBuffer *out)
{
    HyType type = hy_type_from_oid(oid, -1);
    if (oid == hy_type_oid(hy_type(HY_TYPE_UNKNOWN)))
        return hy_buffer_append_str(out, "unknown");
    if (type.id == HY_TYPE_UNKNOWN)
        return hy_buffer_printf(out, "%u", oid);
    if (type.id == HY_TYPE_CHAR1 || type.id == HY_TYPE_CHAR) /* an OID has no length */
        return hy_buffer_append_str(out, "character");
    return type.id == HY_TYPE_NUMERIC ? hy_buffer_append_str(out, "numeric")
                                      : hy_type_format(type, out);
}

size_t hy_value_format_fixed(
    HyType type, const void *value, const HyTextStyle *style, char out[HY_FIXED_TEXT_MAX])
{
    switch (type.id) {
    case HY_TYPE_BOOL:
        out[0] = *(const uint8_t *)value ? 't' : 'f';
        return 1;
    case HY_TYPE_INT2:
        return hy_int64_format(hy_load_i16(value), out);
    case HY_TYPE_INT4:
        return hy_int64_format(hy_load_i32(value), out);
    case HY_TYPE_INT8:
        return hy_int64_format(hy_load_i64(value), out);
    case HY_TYPE_OID:
    case HY_TYPE_REGCLASS:
    case HY_TYPE_REGPROC:
        return hy_uint64_format(hy_load_u32(value), out);
    case HY_TYPE_FLOAT4:
        return style->extra_float_digits > 0
                   ? hy_float_format_shortest(hy_load_f32(value), out)
                   : hy_float_format(hy_load_f32(value), style->extra_float_digits, out);
    case HY_TYPE_FLOAT8:
        return style->extra_float_digits > 0
                   ? hy_double_format_shortest(hy_load_f64(value), out)
                   : hy_double_format(hy_load_f64(value), style->extra_float_digits, out);
    case HY_TYPE_NUMERIC: {
        bool wide = type.precision > HY_NUMERIC_MAX_SHORT_PRECISION;
        return hy_numeric_format(
            wide ? hy_load_i128(value) : (HyInt128)hy_load_i64(value), type.scale, out);
    }
    case HY_TYPE_CHAR1:
        return format_char1(hy_load_u32(value), out);
    case HY_TYPE_DATE:
        return hy_date_format(hy_load_i32(value), out);
    case HY_TYPE_TIME:
        return hy_time_format(hy_load_i64(value), out);
    case HY_TYPE_TIMESTAMP:
        return hy_timestamp_format(hy_load_u64(value), out);
    case HY_TYPE_TIMESTAMPTZ:
        return hy_timestamptz_format(hy_load_u64(value), style->time_zone, out);
    case HY_TYPE_INTERVAL: {
        HyInterval interval;
        memcpy(&interval, value, sizeof interval);
        return hy_interval_format(interval, style->interval_style, out);
    }
    case HY_TYPE_UUID:
        return hy_uuid_format(value, out);
    default:
        return 0;
    }
}

static HyStatus format_hex(const char *data, size_t len, HyBuffer *out)
{
    static const char digits[] = "0123456789abcdef";
    HY_TRY(hy_buffer_reserve(out, 2 * len + 2));
    char *p = out->data + out->len;
    *p++ = '\\';
    *p++ = 'x';
    for (size_t i = 0; i < len; i++) {
        *p++ = digits[(unsigned char)data[i] >> 4];
        *p++ = digits[(unsigned char)data[i] & 15];
    }
    out->len = (size_t)(p - out->data);
    return HY_OK;
}

static HyStatus format_escaped(const char *data, size_t len, HyBuffer *out)
{
    HY_TRY(hy_buffer_reserve(out, 4 * len));
    char *p = out->data + out->len;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c == '\\') {
            *p++ = '\\';
            *p++ = '\\';
        } else if (c < 0x20 || c > 0x7e) {
            *p++ = '\\';
            *p++ = (char)('0' + (c >> 6));
            *p++ = (char)('0' + (c >> 3 & 7));
            *p++ = (char)('0' + (c & 7));
        } else {
            *p++ = (char)c;
        }
    }
    out->len = (size_t)(p - out->data);
    return HY_OK;
}

/* char(n) goes out padded with blanks. */
static HyStatus format_char(HyType type, const HyString *s, HyBuffer *out)
{
    const char *data = hy_string_data(s);
    HY_TRY(hy_buffer_append(out, data, s->len));
    size_t n = hy_utf8_length(data, s->len);
    if (type.length <= 0 || n >= (size_t)type.length)
        return HY_OK;
    size_t blanks = (size_t)type.length - n;
    HY_TRY(hy_buffer_reserve(out, blanks));
    memset(out->data + out->len, ' ', blanks);
    out->len += blanks;
    return HY_OK;
}

HyStatus hy_value_format(HyType type, const void *value, const HyTextStyle *style, HyBuffer *out)
{
    if (hy_type_physical(type) != HY_PHYS_STRING) {
        if (type.id == HY_TYPE_REGTYPE)
            return format_regtype(hy_load_u32(value), out);
        if (type.id == HY_TYPE_REGCLASS && style->names)
            return style->names->format_relation(style->names->session, hy_load_u32(value), out);
        HY_TRY(hy_buffer_reserve(out, HY_FIXED_TEXT_MAX));
        out->len += hy_value_format_fixed(type, value, style, out->data + out->len);
        return HY_OK;
    }
    HyString s;
    memcpy(&s, value, sizeof s);
    const char *data = hy_string_data(&s);
    switch (type.id) {
    case HY_TYPE_CHAR:
        return format_char(type, &s, out);
    case HY_TYPE_BYTEA:
        return style->bytea_escape ? format_escaped(data, s.len, out)
                                   : format_hex(data, s.len, out);
    case HY_TYPE_GEOGRAPHY:
        return hy_geography_format(data, s.len, out);
    case HY_TYPE_ARRAY:
        if (type.element)
            return hy_array_format(*type.element, &s, style, out);
        break;
    default:
        break;
    }
    return hy_buffer_append(out, data, s.len);
}

/* ---- input ---- */

static void trim(const char **text, size_t *len)
{
    const char *p = *text;
    size_t n = *len;
    while (n && (*p == ' ' || (*p >= '\t' && *p <= '\r'))) {
        p++;
        n--;
    }
    while (n && (p[n - 1] == ' ' || (p[n - 1] >= '\t' && p[n - 1] <= '\r')))
        n--;
    *text = p;
    *len = n;
}

static HyStatus parse_bool(const char *text, size_t len, uint8_t *out)
{
    static const char *const words[2][6] = {
        {"f", "false", "0", "n", "no", "off"}, {"t", "true", "1", "y", "yes", "on"}};
    const char *p = text;
    size_t n = len;
    trim(&p, &n);
    for (uint8_t value = 0; value < 2; value++) {
        for (size_t i = 0; i < HY_ARRAY_LEN(words[0]); i++) {
            if (strlen(words[value][i]) == n && strncasecmp(p, words[value][i], n) == 0) {
                *out = value;
                return HY_OK;
            }
        }
    }
    return hy_error_syntax_of("bool", text, len);
}

#define GROUPED_ROOM 64

/* " -1,234,567.8" without its commas; 0 when they do not part the whole digits by threes. The
 * original reads integers and doubles like that, but no numerics. */
static size_t ungroup(const char *text, size_t len, char *out)
{
    size_t i = 0, n = 0, n_digits = 0;
    bool has_comma = false;
    if (len > GROUPED_ROOM)
        return 0;
    while (i < len && (text[i] == ' ' || text[i] == '-' || text[i] == '+'))
        out[n++] = text[i++];
    if (i < len && text[i] == '0')
        return 0;
    for (; i < len && (text[i] == ',' || (text[i] >= '0' && text[i] <= '9')); i++) {
        if (text[i] != ',') {
            out[n++] = text[i];
            n_digits++;
            continue;
        }
        if (has_comma ? n_digits != 3 : n_digits < 1 || n_digits > 3)
            return 0;
        has_comma = true;
        n_digits = 0;
    }
    if (!has_comma || n_digits != 3)
        return 0;
    while (i < len)
        out[n++] = text[i++];
    return n;
}

static HyStatus parse_integer(const char *text, size_t len, int64_t min, int64_t max, int64_t *out)
{
    char plain[GROUPED_ROOM];
    HyIntParse result = hy_int64_parse(text, len, out);
    size_t plain_len = result == HY_INT_SYNTAX ? ungroup(text, len, plain) : 0;
    if (plain_len)
        result = hy_int64_parse(plain, plain_len, out);
    bool fits = result != HY_INT_RANGE && *out >= min && *out <= max;
    if (HY_LIKELY(result == HY_INT_OK && fits))
        return HY_OK;
    if (fits) /* too many digits come first, as where the digits are followed by nonsense */
        return hy_error_syntax_of("integer", text, len);
    return hy_error_in_text("22003", "numeric overflow", text, len, 1, len);
}

static HyStatus parse_oid(const char *text, size_t len, uint32_t *out)
{
    int64_t v;
    HyIntParse result = hy_int64_parse(text, len, &v);
    if (result == HY_INT_SYNTAX || len == 0 || text[0] == '-' || text[0] == '+' ||
        text[len - 1] == '.')
        return hy_error("22P02", "invalid oid");
    if (result == HY_INT_RANGE || v > UINT32_MAX)
        return hy_error_in_text("22003", "numeric overflow", text, len, 1, len);
    *out = (uint32_t)v;
    return HY_OK;
}

/* Numbers, and the names of built-in types; names of other objects need the catalog, which is above
 * this layer. */
static HyStatus parse_registry(
    HyTypeId id, const char *text, size_t len, const HyObjectNames *names, uint32_t *out)
{
    int64_t v;
    if (hy_int64_parse(text, len, &v) == HY_INT_OK && v >= 0 && v <= UINT32_MAX) {
        *out = (uint32_t)v;
        return HY_OK;
    }
    if (id == HY_TYPE_REGCLASS && names)
        return names->parse_relation(names->session, text, len, out);
    if (id == HY_TYPE_REGPROC && names)
        return names->parse_function(names->session, text, len, out);
    int shown = len < 200 ? (int)len : 200;
    if (id == HY_TYPE_REGCLASS)
        return hy_error("42P01", "table %.*s does not exist", shown, text);
    if (id == HY_TYPE_REGPROC)
        return hy_error("42883", "function %.*s does not exist", shown, text);
    char name[64];
    HyType type;
    HyStatus st = HY_OK;
    if (len < sizeof name) {
        memcpy(name, text, len);
        name[len] = 0;
        st = hy_type_from_name(name, NULL, 0, &type);
        if (!st) {
            *out = hy_type_oid(type);
            return HY_OK;
        }
        hy_error_free(st);
    }
    return hy_error("42704", "type %.*s does not exist", shown, text);
}

static HyStatus parse_numeric(HyType type, const char *text, size_t len, void *payload)
{
    HyInt128 v;
    HY_TRY(hy_numeric_parse(text, len, type.precision, type.scale, &v));
    if (type.precision > HY_NUMERIC_MAX_SHORT_PRECISION)
        hy_store_i128(payload, v);
    else
        hy_store_i64(payload, (int64_t)v);
    return HY_OK;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes behind \x into `out`; returns the count or -1. */
static ptrdiff_t parse_hex(const char *text, size_t len, char *out)
{
    if (len % 2)
        return -1;
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_value(text[i]), low = hex_value(text[i + 1]);
        if (high < 0 || low < 0)
            return -1;
        *out++ = (char)(high << 4 | low);
    }
    return (ptrdiff_t)(len / 2);
}

static ptrdiff_t parse_escaped(const char *text, size_t len, char *out)
{
    char *p = out;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\\') {
            *p++ = text[i];
            continue;
        }
        if (i + 1 < len && text[i + 1] == '\\') {
            *p++ = '\\';
            i++;
            continue;
        }
        if (i + 3 >= len)
            return -1;
        int value = 0;
        for (size_t k = 1; k <= 3; k++) {
            int digit = text[i + k] - '0';
            if (digit < 0 || digit > 7)
                return -1;
            value = value * 8 + digit;
        }
        if (value > 255)
            return -1;
        *p++ = (char)value;
        i += 3;
    }
    return p - out;
}

static HyStatus parse_bytea(HyArena *arena, const char *text, size_t len, HyString *out)
{
    char *bytes = hy_arena_alloc(arena, len);
    if (HY_UNLIKELY(!bytes))
        return hy_error_oom(len);
    bool hex = len >= 2 && text[0] == '\\' && text[1] == 'x';
    ptrdiff_t n = hex ? parse_hex(text + 2, len - 2, bytes) : parse_escaped(text, len, bytes);
    if (n < 0)
        return hy_error("22P02", "invalid bytes format");
    *out = hy_string_view(bytes, (size_t)n);
    return HY_OK;
}

static HyStatus parse_geography(HyArena *arena, const char *text, size_t len, HyString *out)
{
    HyBuffer stored = {0};
    HyStatus st = hy_geography_parse(text, len, &stored);
    if (!st) {
        char *bytes = hy_arena_strndup(arena, stored.data ? stored.data : "", stored.len);
        if (bytes)
            *out = hy_string_view(bytes, stored.len);
        else
            st = hy_error_oom(stored.len);
    }
    hy_buffer_free(&stored);
    return st;
}

static HyStatus parse_string(HyArena *arena, HyType type, const HyTextStyle *style,
    const char *text, size_t len, HyString *out)
{
    if (len > UINT32_MAX)
        return hy_error("54000", "text is too long");
    switch (type.id) {
    case HY_TYPE_VARCHAR:
    case HY_TYPE_CHAR:
        if (type.length > 0 && len > (size_t)type.length)
            len = hy_utf8_offset(text, len, (size_t)type.length);
        if (type.id == HY_TYPE_CHAR)
            while (len && text[len - 1] == ' ')
                len--;
        break;
    case HY_TYPE_BYTEA:
        return parse_bytea(arena, text, len, out);
    case HY_TYPE_JSON:
        if (!hy_json_is_valid(text, len))
            return hy_error("22P02", "invalid JSON document");
        break;
    case HY_TYPE_GEOGRAPHY:
        return parse_geography(arena, text, len, out);
    case HY_TYPE_ARRAY:
        if (type.element)
            return hy_array_parse(arena, *type.element, style, text, len, out);
        break;
    default:
        break;
    }
    *out = hy_string_view(text, len);
    return HY_OK;
}

static HyStatus parse_float(HyType type, const char *text, size_t len, void *payload)
{
    char plain[GROUPED_ROOM];
    size_t plain_len = 0;
    if (memchr(text, ',', len))
        plain_len = ungroup(text, len, plain);
    if (plain_len) {
        text = plain;
        len = plain_len;
    }
    if (type.id == HY_TYPE_FLOAT8) {
        double d;
        if (!hy_double_parse(text, len, &d))
            return hy_error_syntax_of("double precision", text, len);
        hy_store_f64(payload, d);
        return HY_OK;
    }
    float f;
    if (!hy_float_parse(text, len, &f))
        return hy_error_syntax_of("real", text, len);
    hy_store_f32(payload, f);
    return HY_OK;
}

static uint32_t parse_char1(const char *text, size_t len)
{
    uint32_t code = 0;
    if (len && hy_utf8_decode(text, len, &code) == 0)
        code = 0xfffd;
    return code == ' ' ? 0 : code;
}

HyStatus hy_value_parse(HyArena *arena, HyType type, const HyTextStyle *style, const char *text,
    size_t len, void *payload)
{
    int64_t i64;
    switch (type.id) {
    case HY_TYPE_BOOL:
        return parse_bool(text, len, payload);
    case HY_TYPE_INT2:
        HY_TRY(parse_integer(text, len, INT16_MIN, INT16_MAX, &i64));
        hy_store_i16(payload, (int16_t)i64);
        return HY_OK;
    case HY_TYPE_INT4:
        HY_TRY(parse_integer(text, len, INT32_MIN, INT32_MAX, &i64));
        hy_store_i32(payload, (int32_t)i64);
        return HY_OK;
    case HY_TYPE_INT8:
        return parse_integer(text, len, INT64_MIN, INT64_MAX, payload);
    case HY_TYPE_FLOAT4:
    case HY_TYPE_FLOAT8:
        return parse_float(type, text, len, payload);
    case HY_TYPE_NUMERIC:
        return parse_numeric(type, text, len, payload);
    case HY_TYPE_CHAR1:
        hy_store_u32(payload, parse_char1(text, len));
        return HY_OK;
    case HY_TYPE_DATE:
        return hy_date_parse(style, text, len, payload);
    case HY_TYPE_TIME:
        return hy_time_parse(style, text, len, payload);
    case HY_TYPE_TIMESTAMP:
        return hy_timestamp_parse(style, text, len, payload);
    case HY_TYPE_TIMESTAMPTZ:
        return hy_timestamptz_parse(style, text, len, payload);
    case HY_TYPE_INTERVAL:
        return hy_interval_parse(text, len, payload);
    case HY_TYPE_UUID:
        if (!hy_uuid_parse(text, len, payload))
            return hy_error("22P02", "invalid input syntax for uuid");
        return HY_OK;
    case HY_TYPE_OID:
        return parse_oid(text, len, payload);
    case HY_TYPE_REGCLASS:
    case HY_TYPE_REGTYPE:
    case HY_TYPE_REGPROC:
        return parse_registry(type.id, text, len, style->names, payload);
    default:
        return parse_string(arena, type, style, text, len, payload);
    }
}
