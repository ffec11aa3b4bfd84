/* Reader of TZif files (RFC 8536), versions 2 and up. Files are small and trusted no more than any
 * input. */
#include "base/bytes.h"
#include "types/timezone_internal.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_FILE_BYTES (256 * 1024)
#define HEADER_BYTES   44

typedef struct Counts { /* of a data block, from its header */
    size_t ut, std, leap, time, type, chars;
} Counts;

static uint32_t load_be32(const uint8_t *p)
{
    return __builtin_bswap32(hy_load_u32(p));
}

static bool read_header(const uint8_t *p, size_t len, Counts *out)
{
    if (len < HEADER_BYTES || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
        return false;
    *out = (Counts){load_be32(p + 20), load_be32(p + 24), load_be32(p + 28), load_be32(p + 32),
        load_be32(p + 36), load_be32(p + 40)};
    return out->time < 10000 && out->type < 256 && out->chars < 1000 && out->leap < 1000 &&
           out->ut < 256 && out->std < 256;
}

static size_t block_bytes(const Counts *c, size_t time_bytes)
{
    return c->time * (time_bytes + 1) + c->type * 6 + c->chars + c->leap * (time_bytes + 4) +
           c->std + c->ut;
}

static bool read_kinds(HyTimeZone *zone, const Counts *c, const uint8_t *types)
{
    const char *chars = (const char *)types + c->type * 6;
    for (size_t i = 0; i < c->type; i++) {
        size_t at = types[i * 6 + 5];
        if (at >= c->chars)
            return false;
        zone->kinds[i].offset = (int32_t)load_be32(types + i * 6);
        if (zone->kinds[i].offset < -93600 || zone->kinds[i].offset > 93600)
            return false;
        size_t len = strnlen(chars + at, c->chars - at);
        if (len >= HY_ZONE_ABBREVIATION_MAX)
            len = HY_ZONE_ABBREVIATION_MAX - 1;
        memcpy(zone->kinds[i].abbreviation, chars + at, len);
    }
    return true;
}

static bool read_block(HyTimeZone *zone, const Counts *c, const uint8_t *p)
{
    if (c->type == 0)
        return false;
    zone->transitions = calloc(c->time + 1, sizeof *zone->transitions);
    zone->kind_of = calloc(c->time + 1, 1);
    zone->kinds = calloc(c->type, sizeof *zone->kinds);
    if (!zone->transitions || !zone->kind_of || !zone->kinds)
        return false;
    zone->n_transitions = c->time;
    zone->n_kinds = c->type;
    for (size_t i = 0; i < c->time; i++) {
        zone->transitions[i] = (int64_t)__builtin_bswap64(hy_load_u64(p + i * 8));
        zone->kind_of[i] = p[c->time * 8 + i];
        if (zone->kind_of[i] >= c->type || (i && zone->transitions[i] <= zone->transitions[i - 1]))
            return false;
    }
    return read_kinds(zone, c, p + c->time * 9);
}

/* The footer is a TZ value of POSIX: "CET-1CEST,M3.5.0,M10.5.0/3". Each function moves *p on. */
static bool rule_name(const char **p, char out[HY_ZONE_ABBREVIATION_MAX])
{
    const char *s = *p;
    bool quoted = *s == '<';
    s += quoted;
    const char *begin = s;
    while (quoted ? *s && *s != '>' : isalpha((unsigned char)*s))
        s++;
    size_t len = (size_t)(s - begin);
    if (len == 0 || len >= HY_ZONE_ABBREVIATION_MAX || (quoted && *s != '>'))
        return false;
    memcpy(out, begin, len);
    out[len] = 0;
    *p = s + quoted;
    return true;
}

static bool rule_number(const char **p, int max, int *out)
{
    int v = 0;
    const char *s = *p;
    for (; *s >= '0' && *s <= '9'; s++)
        if (v <= max)
            v = v * 10 + (*s - '0');
    if (s == *p || v > max)
        return false;
    *p = s;
    *out = v;
    return true;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool rule_time(const char **p, int32_t *out)
{
    int sign = **p == '-' ? -1 : 1;
    if (**p == '-' || **p == '+')
        (*p)++;
    int part[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++) {
        if (!rule_number(p, i ? 59 : 167, &part[i]))
            return false;
        if (**p != ':')
            break;
        (*p)++;
    }
    *out = sign * (part[0] * 3600 + part[1] * 60 + part[2]);
    return true;
}

static bool rule_date(const char **p, ZoneRule *out)
{
    if (**p != ',')
        return false;
    (*p)++;
    *out = (ZoneRule){.notation = 'n', .second = 7200};
    if (**p == 'M') {
        (*p)++;
        out->notation = 'M';
        if (!rule_number(p, 12, &out->month) || *(*p)++ != '.' || !rule_number(p, 5, &out->week) ||
            *(*p)++ != '.' || !rule_number(p, 6, &out->day) || out->month < 1 || out->week < 1)
            return false;
    } else {
        if (**p == 'J') {
            (*p)++;
            out->notation = 'J';
        }
        if (!rule_number(p, 365, &out->day))
            return false;
    }
    if (**p == '/') {
        (*p)++;
        return rule_time(p, &out->second);
    }
    return true;
}

static bool read_rule(HyTimeZone *zone, const char *p)
{
    int32_t west;
    if (!rule_name(&p, zone->standard.abbreviation) || !rule_time(&p, &west))
        return false;
    zone->standard.offset = -west;
    if (!*p)
        return true;
    if (!rule_name(&p, zone->summer.abbreviation))
        return false;
    zone->summer.offset = zone->standard.offset + 3600;
    if (*p && *p != ',') {
        if (!rule_time(&p, &west))
            return false;
        zone->summer.offset = -west;
    }
    zone->has_dst = true;
    return rule_date(&p, &zone->to_summer) && rule_date(&p, &zone->to_standard) && !*p;
}

static bool parse_file(HyTimeZone *zone, const uint8_t *data, size_t len)
{
    Counts first, counts;
    if (!read_header(data, len, &first))
        return false;
    size_t skip = HEADER_BYTES + block_bytes(&first, 4);
    if (skip > len || !read_header(data + skip, len - skip, &counts))
        return false;
    const uint8_t *block = data + skip + HEADER_BYTES;
    size_t left = len - skip - HEADER_BYTES, need = block_bytes(&counts, 8);
    if (need > left || !read_block(zone, &counts, block))
        return false;
    const char *footer = (const char *)block + need;
    left -= need;
    char rule[128];
    const char *end = left > 1 ? memchr(footer + 1, '\n', left - 1) : NULL;
    if (!end || footer[0] != '\n' || end == footer + 1 || end - footer > 100)
        return true; /* no rule */
    size_t rule_len = (size_t)(end - footer - 1);
    memcpy(rule, footer + 1, rule_len);
    rule[rule_len] = 0;
    zone->has_rule = read_rule(zone, rule);
    return zone->has_rule;
}

HyTimeZone *hy_time_zone_load(const char *path)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return NULL;
    uint8_t *data = malloc(MAX_FILE_BYTES);
    HyTimeZone *zone = calloc(1, sizeof *zone);
    size_t len = data ? fread(data, 1, MAX_FILE_BYTES, file) : 0;
    fclose(file);
    if (!zone || len == 0 || len == MAX_FILE_BYTES || !parse_file(zone, data, len)) {
        hy_time_zone_destroy(zone);
        zone = NULL;
    }
    free(data);
    return zone;
}

void hy_time_zone_destroy(HyTimeZone *zone)
{
    if (!zone)
        return;
    free(zone->name);
    free(zone->transitions);
    free(zone->kind_of);
    free(zone->kinds);
    free(zone);
}
