/* Stored geography values: decoding to WKT. spec/hyper-file-blocks.md section 11. */
#include "types/geography.h"
#include "types/geography_internal.h"
#include <math.h>

const char *const hy_geo_names[8] = {"", "POINT", "LINESTRING", "POLYGON", "MULTIPOINT",
    "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"};
const uint8_t hy_geo_magic[3] = {0x07, 0xaa, 0x02};

uint32_t hy_geo_crc32(const uint8_t *data, size_t len)
{
    static const uint32_t nibbles[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190,
        0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t crc = ~UINT32_C(0);
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        crc = crc >> 4 ^ nibbles[crc & 15];
        crc = crc >> 4 ^ nibbles[crc & 15];
    }
    return ~crc;
}

typedef struct Reader {
    const uint8_t *p, *end;
    double unit; /* degrees of one step */
    bool bad;
    HyBuffer *out;
} Reader;

static uint64_t varint(Reader *r)
{
    uint64_t v = 0;
    for (int shift = 0; r->p < r->end && shift < 64; shift += 7) {
        uint8_t byte = *r->p++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
    r->bad = true;
    return 0;
}

/* A number of things of which each takes at least `min_bytes`. */
static uint64_t counter(Reader *r, size_t min_bytes)
{
    uint64_t n = varint(r);
    if (n > (uint64_t)(r->end - r->p) / min_bytes)
        r->bad = true;
    return r->bad ? 0 : n;
}

static int64_t zigzag(Reader *r)
{
    uint64_t v = varint(r);
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

typedef struct Point {
    uint64_t lat, lon; /* steps as two's complement; sums of damaged values may wrap */
} Point;

static HyStatus put_point(Reader *r, Point p)
{
    double lon = (double)(int64_t)p.lon * r->unit, lat = (double)(int64_t)p.lat * r->unit;
    lon = round(lon * 1e7) / 1e7 + 0.0; /* no minus before a zero */
    lat = round(lat * 1e7) / 1e7 + 0.0;
    return hy_buffer_printf(r->out, "%.7f %.7f", lon, lat);
}

typedef enum PointStyle { POINTS_PLAIN, POINTS_CLOSED, POINTS_BRACKETED } PointStyle;

static HyStatus put_points(Reader *r, uint64_t n, PointStyle style)
{
    Point p = {0}, first = {0};
    for (uint64_t i = 0; i < n && !r->bad; i++) {
        p.lat += (uint64_t)zigzag(r);
        p.lon += (uint64_t)zigzag(r);
        if (i == 0)
            first = p;
        HY_TRY(hy_buffer_append_str(r->out, i ? ", " : ""));
        HY_TRY(hy_buffer_append_str(r->out, style == POINTS_BRACKETED ? "(" : ""));
        HY_TRY(put_point(r, p));
        HY_TRY(hy_buffer_append_str(r->out, style == POINTS_BRACKETED ? ")" : ""));
    }
    if (style == POINTS_CLOSED && n && !r->bad) {
        HY_TRY(hy_buffer_append_str(r->out, ", "));
        return put_point(r, first);
    }
    return HY_OK;
}

static HyStatus put_path(Reader *r, PointStyle style)
{
    varint(r); /* bytes that follow */
    uint64_t n = counter(r, 2);
    HY_TRY(hy_buffer_append_str(r->out, "("));
    HY_TRY(put_points(r, n, style));
    return hy_buffer_append_str(r->out, ")");
}

static HyStatus put_part(Reader *r, unsigned kind, bool has_flag, int depth);

static HyStatus put_collection(Reader *r, int depth)
{
    uint64_t n = counter(r, 2);
    for (uint64_t i = 0; i < n && !r->bad; i++) {
        uint64_t kind = varint(r);
        if (kind < HY_GEO_POINT || kind > HY_GEO_COLLECTION)
            r->bad = true;
        if (r->bad)
            break;
        HY_TRY(hy_buffer_append_str(r->out, i ? ", " : ""));
        HY_TRY(hy_buffer_append_str(r->out, hy_geo_names[kind]));
        HY_TRY(put_part(r, (unsigned)kind, kind != HY_GEO_POINT, depth + 1));
    }
    return HY_OK;
}

/* What stands between the outer parentheses. */
static HyStatus put_inside(Reader *r, unsigned kind, int depth)
{
    uint64_t n;
    switch (kind) {
    case HY_GEO_POINT:
        return put_points(r, 1, POINTS_PLAIN);
    case HY_GEO_POLYGON:
        n = counter(r, 2);
        for (uint64_t i = 0; i < n && !r->bad; i++) {
            HY_TRY(hy_buffer_append_str(r->out, i ? ", " : ""));
            HY_TRY(put_path(r, POINTS_CLOSED));
        }
        return HY_OK;
    case HY_GEO_MULTIPOINT:
        varint(r);
        return put_points(r, counter(r, 2), POINTS_BRACKETED);
    case HY_GEO_MULTILINESTRING:
    case HY_GEO_MULTIPOLYGON:
        n = counter(r, 2);
        for (uint64_t i = 0; i < n && !r->bad; i++) {
            HY_TRY(hy_buffer_append_str(r->out, i ? ", " : ""));
            HY_TRY(put_part(r, kind - 3, true, depth + 1));
        }
        return HY_OK;
    default:
        return put_collection(r, depth);
    }
}

static HyStatus put_part(Reader *r, unsigned kind, bool has_flag, int depth)
{
    if (depth > HY_GEO_MAX_DEPTH || (has_flag && r->p == r->end)) {
        r->bad = true;
        return HY_OK;
    }
    r->p += has_flag; /* always 0 */
    if (kind == HY_GEO_LINESTRING)
        return put_path(r, POINTS_PLAIN);
    HY_TRY(hy_buffer_append_str(r->out, "("));
    HY_TRY(put_inside(r, kind, depth));
    return hy_buffer_append_str(r->out, ")");
}

HyStatus hy_geography_format(const char *stored, size_t len, HyBuffer *out)
{
    const uint8_t *data = (const uint8_t *)stored;
    if (len < 10 || memcmp(data, hy_geo_magic, 3) != 0 || data[8] < HY_GEO_POINT ||
        data[8] > HY_GEO_COLLECTION ||
        hy_geo_crc32(data + 9, len - 9) != __builtin_bswap32(hy_load_u32(data + 3)))
        return hy_error("XX001", "damaged geography value");
    Reader r = {.p = data + 9, .end = data + len, .out = out};
    r.unit = pow(10.0, -(double)varint(&r)) * HY_GEO_DEGREES;
    size_t start = out->len, body;
    HY_TRY(hy_buffer_append_str(out, hy_geo_names[data[8]]));
    body = out->len;
    HY_TRY(put_part(&r, data[8], true, 0));
    if (r.bad) {
        out->len = start;
        return hy_error("XX001", "damaged geography value");
    }
    if (out->len - body == 2) { /* "()" */
        out->len = body;
        return hy_buffer_append_str(out, " EMPTY");
    }
    return HY_OK;
}
