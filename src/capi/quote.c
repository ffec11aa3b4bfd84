/* Names and literals as SQL writes them. */
#include "capi/capi_internal.h"

#include <stdio.h>
#include <string.h>

/* Output that counts what it would take, and writes what there is space for. */
typedef struct Sink {
    char *target;
    size_t space;
    size_t len;
} Sink;

static void put(Sink *sink, char c)
{
    if (sink->len < sink->space)
        sink->target[sink->len] = c;
    sink->len++;
}

static void put_text(Sink *sink, const char *text)
{
    while (*text)
        put(sink, *text++);
}

static void write_identifier(Sink *sink, const char *value, size_t length)
{
    bool has_breaks = memchr(value, '\n', length) || memchr(value, '\r', length);
    put_text(sink, has_breaks ? "U&\"" : "\"");
    for (size_t i = 0; i < length; i++) {
        if (has_breaks && value[i] == '\n')
            put_text(sink, "\\000A");
        else if (has_breaks && value[i] == '\r')
            put_text(sink, "\\000D");
        else if (value[i] == '"' || (has_breaks && value[i] == '\\'))
            put(sink, value[i]), put(sink, value[i]);
        else
            put(sink, value[i]);
    }
    put(sink, '"');
}

static void write_escaped(Sink *sink, char c)
{
    char octal[8];
    switch (c) {
    case '\n':
        put_text(sink, "\\n");
        return;
    case '\r':
        put_text(sink, "\\r");
        return;
    case '\t':
        put_text(sink, "\\t");
        return;
    case '\\':
    case '\'':
        put(sink, c);
        put(sink, c);
        return;
    default:
        break;
    }
    if ((unsigned char)c >= 0x20) {
        put(sink, c);
        return;
    }
    snprintf(octal, sizeof octal, "\\%o", (unsigned)c);
    put_text(sink, octal);
}

static void write_literal(Sink *sink, const char *value, size_t length)
{
    bool needs_escapes = false;
    for (size_t i = 0; i < length; i++)
        if (value[i] == '\\' || (unsigned char)value[i] < 0x20)
            needs_escapes = true;
    put_text(sink, needs_escapes ? "E'" : "'");
    for (size_t i = 0; i < length; i++) {
        if (needs_escapes)
            write_escaped(sink, value[i]);
        else if (value[i] == '\'')
            put_text(sink, "''");
        else
            put(sink, value[i]);
    }
    put(sink, '\'');
}

typedef void (*Writer)(Sink *sink, const char *value, size_t length);

static size_t quote(Writer writer, char *target, size_t space, const char *value, size_t length)
{
    Sink count = {0};
    if (!value) {
        value = "";
        length = 0;
    }
    writer(&count, value, length);
    if (target && count.len <= space) {
        Sink out = {.target = target, .space = space};
        writer(&out, value, length);
    }
    return count.len;
}

size_t hyper_quote_sql_identifier(char *target, size_t space, const char *value, size_t length)
{
    return quote(write_identifier, target, space, value, length);
}

size_t hyper_quote_sql_literal(char *target, size_t space, const char *value, size_t length)
{
    return quote(write_literal, target, space, value, length);
}

static HyStatus append(HyBuffer *out, Writer writer, const char *value)
{
    size_t length = strlen(value);
    size_t needed = quote(writer, NULL, 0, value, length);
    HY_TRY(hy_buffer_reserve(out, needed));
    out->len += quote(writer, out->data + out->len, needed, value, length);
    return HY_OK;
}

HyStatus hy_capi_identifier(HyBuffer *out, const char *name)
{
    return append(out, write_identifier, name);
}

HyStatus hy_capi_literal(HyBuffer *out, const char *text)
{
    return append(out, write_literal, text);
}

HyStatus hy_capi_qualified(
    HyBuffer *out, const char *database, const char *schema, const char *name)
{
    const char *parts[] = {database, schema};
    for (size_t i = 0; i < HY_ARRAY_LEN(parts); i++)
        if (parts[i] && *parts[i]) {
            HY_TRY(hy_capi_identifier(out, parts[i]));
            HY_TRY(hy_buffer_append_char(out, '.'));
        }
    return hy_capi_identifier(out, name);
}
