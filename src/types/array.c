#include "types/array.h"
#include "types/cast.h"
#include <assert.h>
#include <strings.h>

#define HEADER_BYTES 5

static HyStatus damaged(void)
{
    return hy_error("XX001", "damaged array value");
}

/* Checks that the length words of `count` strings stay inside. */
static bool strings_fit(const char *p, const char *end, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (end - p < 4)
            return false;
        uint32_t len = hy_load_u32(p);
        if ((size_t)(end - p - 4) < len)
            return false;
        p += 4 + (size_t)len;
    }
    return true;
}

HyStatus hy_array_open(HyType element, const HyString *array, HyArrayReader *out)
{
    const char *data = hy_string_data(array);
    if (array->len < HEADER_BYTES)
        return damaged();
    memset(out, 0, sizeof *out);
    out->element = element;
    out->count = hy_load_u32(data);
    out->end = data + array->len;
    const char *p = data + HEADER_BYTES;
    if (data[4]) {
        size_t bytes = ((size_t)out->count + 7) / 8;
        if ((size_t)(out->end - p) < bytes)
            return damaged();
        out->validity = (const uint8_t *)p;
        p += bytes;
    }
    HyPhysical physical = hy_type_physical(element);
    if (physical != HY_PHYS_STRING) {
        out->element_size = hy_physical_size(physical);
        if ((size_t)(out->end - p) / out->element_size < out->count)
            return damaged();
    } else if (!strings_fit(p, out->end, out->count)) {
        return damaged();
    }
    out->elements = p;
    out->next = p;
    return HY_OK;
}

bool hy_array_next(HyArrayReader *r)
{
    if (r->index >= r->count)
        return false;
    r->is_null = r->validity && !(r->validity[r->index / 8] >> (r->index % 8) & 1);
    if (r->element_size) {
        memcpy(r->payload, r->next, r->element_size);
        r->next += r->element_size;
    } else {
        uint32_t len = hy_load_u32(r->next);
        r->string = hy_string_view(r->next + 4, len);
        r->next += 4 + (size_t)len;
    }
    r->index++;
    return true;
}

void hy_array_seek(HyArrayReader *r, uint32_t index)
{
    assert(index < r->count);
    if (r->element_size) {
        r->next = r->elements + (size_t)index * r->element_size;
        r->index = index;
    } else {
        if (index < r->index) {
            r->next = r->elements;
            r->index = 0;
        }
        for (; r->index < index; r->index++)
            r->next += 4 + (size_t)hy_load_u32(r->next);
    }
    hy_array_next(r);
}

uint32_t hy_array_count(const HyString *array)
{
    return array->len < HEADER_BYTES ? 0 : hy_load_u32(hy_string_data(array));
}

void hy_array_builder_init(HyArrayBuilder *builder, HyType element)
{
    *builder = (HyArrayBuilder){.element = element};
}

HyStatus hy_array_builder_append(HyArrayBuilder *b, const void *payload)
{
    static const char zeros[16];
    HyPhysical physical = hy_type_physical(b->element);
    HyString s = {0};
    if (payload && physical == HY_PHYS_STRING)
        memcpy(&s, payload, sizeof s);
    if (b->count == UINT32_MAX - 8 || b->data.len + s.len > UINT32_MAX / 2)
        return hy_error("54000", "array is too large");
    HY_TRY(hy_buffer_append_char(&b->validity, payload != NULL));
    b->has_nulls |= payload == NULL;
    b->count++;
    if (physical == HY_PHYS_STRING) {
        HY_TRY(hy_buffer_append_u32(&b->data, s.len));
        return hy_buffer_append(&b->data, hy_string_data(&s), s.len);
    }
    return hy_buffer_append(&b->data, payload ? payload : zeros, hy_physical_size(physical));
}

HyStatus hy_array_builder_finish(HyArrayBuilder *b, HyArena *arena, HyString *out)
{
    size_t bits = b->has_nulls ? ((size_t)b->count + 7) / 8 : 0;
    size_t len = HEADER_BYTES + bits + b->data.len;
    char *bytes = hy_arena_zalloc(arena, len);
    if (HY_UNLIKELY(!bytes))
        return hy_error_oom(len);
    hy_store_u32(bytes, b->count);
    bytes[4] = b->has_nulls;
    for (uint32_t i = 0; bits && i < b->count; i++)
        bytes[HEADER_BYTES + i / 8] |= (char)(b->validity.data[i] << (i % 8));
    if (b->data.len)
        memcpy(bytes + HEADER_BYTES + bits, b->data.data, b->data.len);
    *out = hy_string_view(bytes, len);
    b->count = 0;
    b->has_nulls = false;
    b->validity.len = 0;
    b->data.len = 0;
    return HY_OK;
}

void hy_array_builder_destroy(HyArrayBuilder *builder)
{
    hy_buffer_free(&builder->validity);
    hy_buffer_free(&builder->data);
}

/* Numbers and booleans stand as they are, the rest in quotes. */
static bool needs_quotes(HyType type)
{
    return !(hy_type_is_integer(type) || type.id == HY_TYPE_BOOL || type.id == HY_TYPE_FLOAT4 ||
             type.id == HY_TYPE_FLOAT8 || type.id == HY_TYPE_NUMERIC || type.id == HY_TYPE_ARRAY);
}

static HyStatus append_quoted(HyBuffer *out, const char *text, size_t len)
{
    HY_TRY(hy_buffer_reserve(out, 2 * len + 2));
    char *p = out->data + out->len;
    *p++ = '"';
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"' || text[i] == '\\')
            *p++ = '\\';
        *p++ = text[i];
    }
    *p++ = '"';
    out->len = (size_t)(p - out->data);
    return HY_OK;
}

static HyStatus format_element(
    const HyArrayReader *r, const HyTextStyle *style, HyBuffer *scratch, HyBuffer *out)
{
    if (r->is_null)
        return hy_buffer_append_str(out, "NULL");
    if (!needs_quotes(r->element))
        return hy_value_format(r->element, r->payload, style, out);
    scratch->len = 0;
    HY_TRY(hy_value_format(r->element, r->payload, style, scratch));
    return append_quoted(out, scratch->data ? scratch->data : "", scratch->len);
}

HyStatus hy_array_format(
    HyType element, const HyString *array, const HyTextStyle *style, HyBuffer *out)
{
    HyStatus st = HY_OK;
    HyBuffer scratch = {0};
    HyArrayReader reader;
    HY_GO(hy_array_open(element, array, &reader));
    HY_GO(hy_buffer_append_char(out, style->postgres_arrays ? '{' : '['));
    while (hy_array_next(&reader)) {
        if (reader.index > 1)
            HY_GO(hy_buffer_append_char(out, ','));
        HY_GO(format_element(&reader, style, &scratch, out));
    }
    HY_GO(hy_buffer_append_char(out, style->postgres_arrays ? '}' : ']'));
done:
    hy_buffer_free(&scratch);
    return st;
}

/* Text of an array while it is read. */
typedef struct ArrayText {
    const char *p, *end;
    char close; /* ']' or '}' */
} ArrayText;

static HyStatus bad_format(void)
{
    return hy_error("22P02", "invalid array format");
}

static void skip_blanks(ArrayText *t)
{
    while (t->p < t->end && (*t->p == ' ' || (*t->p >= '\t' && *t->p <= '\r')))
        t->p++;
}

/* Reads one element's text into `item` (unescaped); *quoted tells NULL from "NULL". */
static HyStatus read_item(ArrayText *t, HyBuffer *item, bool *quoted)
{
    item->len = 0;
    *quoted = t->p < t->end && *t->p == '"';
    if (!*quoted) {
        const char *begin = t->p;
        while (t->p < t->end && *t->p != ',' && *t->p != t->close)
            if (*t->p++ == '"')
                return bad_format();
        size_t len = (size_t)(t->p - begin);
        while (len && begin[len - 1] == ' ')
            len--;
        return len ? hy_buffer_append(item, begin, len) : bad_format();
    }
    for (t->p++; t->p < t->end && *t->p != '"'; t->p++) {
        if (*t->p == '\\' && ++t->p == t->end)
            return bad_format();
        HY_TRY(hy_buffer_append_char(item, *t->p));
    }
    if (t->p == t->end)
        return bad_format();
    t->p++;
    return HY_OK;
}

static HyStatus read_items(
    HyArena *arena, const HyTextStyle *style, ArrayText *t, HyArrayBuilder *builder, HyBuffer *item)
{
    for (;;) {
        bool quoted;
        skip_blanks(t);
        HY_TRY(read_item(t, item, &quoted));
        if (!quoted && item->len == 4 && strncasecmp(item->data, "null", 4) == 0) {
            if (!builder->element.nullable)
                return hy_error("23502", "non-NULL value required");
            HY_TRY(hy_array_builder_append(builder, NULL));
        } else {
            HyString payload[1]; /* 16 bytes for any type; views of `item` are copied by append */
            HY_TRY(hy_value_parse(
                arena, builder->element, style, item->data ? item->data : "", item->len, payload));
            HY_TRY(hy_array_builder_append(builder, payload));
        }
        skip_blanks(t);
        if (t->p == t->end)
            return bad_format();
        if (*t->p++ == t->close)
            return HY_OK;
        if (t->p[-1] != ',')
            return bad_format();
    }
}

HyStatus hy_array_parse(HyArena *arena, HyType element, const HyTextStyle *style, const char *text,
    size_t len, HyString *out)
{
    ArrayText t = {text, text + len, ']'};
    HyArrayBuilder builder;
    HyBuffer item = {0};
    HyStatus st = HY_OK;
    hy_array_builder_init(&builder, element);
    skip_blanks(&t);
    if (t.p < t.end && *t.p == '{' && style->postgres_arrays)
        t.close = '}';
    else if (t.p < t.end && *t.p == '{')
        HY_GO(hy_error_detail(bad_format(), "arrays are written in square brackets, [..], not in "
                                            "curly braces"));
    else if (t.p == t.end || *t.p != '[')
        HY_GO(bad_format());
    t.p++;
    skip_blanks(&t);
    if (t.p < t.end && *t.p == t.close)
        t.p++;
    else
        HY_GO(read_items(arena, style, &t, &builder, &item));
    skip_blanks(&t);
    if (t.p != t.end)
        HY_GO(bad_format());
    HY_GO(hy_array_builder_finish(&builder, arena, out));
done:
    hy_array_builder_destroy(&builder);
    hy_buffer_free(&item);
    return st;
}
