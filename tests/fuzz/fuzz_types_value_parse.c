/* Any text as a value of any type: what is accepted prints, and what was printed reads back as the
 * same text (arrays and geographies included). The first byte picks the type, the second the
 * session's settings. */
#include "types/cast.h"
#include "types/timezone.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static HyType pick_type(uint8_t byte)
{
    static const HyType int4 = {.id = HY_TYPE_INT4, .nullable = true};
    static const HyType text = {.id = HY_TYPE_TEXT, .nullable = true};
    HyType type = hy_type((HyTypeId)(HY_TYPE_BOOL + byte % (HY_TYPE_ARRAY - HY_TYPE_BOOL + 1)));
    if (type.id == HY_TYPE_NUMERIC)
        return byte & 0x80 ? hy_type_numeric(38, 10) : hy_type_numeric(10, 2);
    if (type.id == HY_TYPE_VARCHAR || type.id == HY_TYPE_CHAR)
        type.length = 5;
    if (type.id == HY_TYPE_ARRAY)
        type.element = byte & 0x80 ? &int4 : &text;
    return type;
}

static HyTextStyle pick_style(uint8_t byte)
{
    HyTextStyle style;
    hy_text_style_init(&style);
    style.date_order = (HyDateOrder)(byte % 3);
    style.date_lenient = byte & 8;
    if (byte & 16)
        style.time_zone = hy_time_zone_lookup("Europe/Berlin", 13);
    if (!style.time_zone)
        style.time_zone = hy_time_zone_utc();
    return style;
}

/* Types whose text depends on more than the value are only printed. */
static bool reads_back(HyType type, const HyTextStyle *style)
{
    bool plain_dates = style->date_order == HY_DATE_MDY && style->time_zone == hy_time_zone_utc();
    return type.id != HY_TYPE_GEOGRAPHY && type.id != HY_TYPE_INTERVAL &&
           type.id != HY_TYPE_REGTYPE && (plain_dates || !hy_type_is_datetime(type));
}

static void round_trip(
    HyArena *arena, HyType type, const HyTextStyle *style, const HyString *payload)
{
    HyBuffer first = {0}, second = {0};
    HyString again[1];
    require(hy_value_format(type, payload, style, &first) == HY_OK);
    if (reads_back(type, style)) {
        const char *text = first.data ? first.data : "";
        require(hy_value_parse(arena, type, style, text, first.len, again) == HY_OK);
        require(hy_value_format(type, again, style, &second) == HY_OK);
        require(first.len == second.len);
        require(first.len == 0 || memcmp(first.data, second.data, first.len) == 0);
    }
    hy_buffer_free(&first);
    hy_buffer_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    HyType type = pick_type(data[0]);
    HyTextStyle style = pick_style(data[1]);
    HyArena *arena = hy_arena_create();
    HyString payload[1]; /* 16 bytes for any type */
    memset(payload, 0, sizeof payload);
    HyStatus st = hy_value_parse(arena, type, &style, (const char *)data + 2, size - 2, payload);
    if (!st)
        round_trip(arena, type, &style, payload);
    hy_error_free(st);
    hy_arena_destroy(arena);
    return 0;
}
