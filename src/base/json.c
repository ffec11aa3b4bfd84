#include "base/json.h"
#include "base/utf8.h"
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 1000

/* Recursive descent over the text. Without an arena the parser only checks: nothing is allocated.
 * Elements of open arrays and objects collect on one stack and move to the arena when their
 * container is closed. */
typedef struct Item {
    const char *key;
    HyJson *value;
} Item;

typedef struct Parser {
    const char *text;
    size_t len;
    size_t pos; /* of the next byte; at a failure, of the offending one */
    int depth;
    HyArena *arena; /* or NULL */
    Item *stack;
    size_t stack_len;
    size_t stack_capacity;
    bool is_out_of_memory;
    bool is_too_deep;
} Parser;

static bool parse_value(Parser *p, HyJson **out);

static void skip_space(Parser *p)
{
    while (p->pos < p->len) {
        char c = p->text[p->pos];
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
            return;
        p->pos++;
    }
}

static bool next_is(const Parser *p, char c)
{
    return p->pos < p->len && p->text[p->pos] == c;
}

static bool accept(Parser *p, char c)
{
    if (!next_is(p, c))
        return false;
    p->pos++;
    return true;
}

static void *allocate(Parser *p, size_t size)
{
    void *result = hy_arena_zalloc(p->arena, size);
    p->is_out_of_memory |= !result;
    return result;
}

static bool push(Parser *p, Item item)
{
    if (!p->arena)
        return true;
    if (p->stack_len == p->stack_capacity) {
        size_t capacity = p->stack_capacity ? p->stack_capacity * 2 : 64;
        Item *stack = realloc(p->stack, hy_array_bytes(sizeof *stack, capacity));
        if (!stack) {
            p->is_out_of_memory = true;
            return false;
        }
        p->stack = stack;
        p->stack_capacity = capacity;
    }
    p->stack[p->stack_len++] = item;
    return true;
}

/* Moves the items above `base` of the stack into the container. */
static bool pop_items(Parser *p, size_t base, HyJson *container)
{
    if (!p->arena)
        return true;
    size_t n = p->stack_len - base;
    container->n_items = n;
    container->items = allocate(p, sizeof(HyJson *) * n);
    if (container->kind == HY_JSON_OBJECT)
        container->keys = allocate(p, sizeof(char *) * n);
    if (p->is_out_of_memory)
        return false;
    for (size_t i = 0; i < n; i++) {
        container->items[i] = p->stack[base + i].value;
        if (container->keys)
            container->keys[i] = p->stack[base + i].key;
    }
    p->stack_len = base;
    return true;
}

static bool parse_hex4(Parser *p, uint32_t *out)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++, p->pos++) {
        char c = p->pos < p->len ? p->text[p->pos] : 0;
        if (c >= '0' && c <= '9')
            value = value * 16 + (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value * 16 + (uint32_t)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            value = value * 16 + (uint32_t)(c - 'A' + 10);
        else
            return false;
    }
    *out = value;
    return true;
}

/* After \u: one code point, from two escapes when it is a surrogate pair. Lone surrogates are
 * refused, since they have no UTF-8 form. */
static bool parse_unicode_escape(Parser *p, uint32_t *out)
{
    size_t start = p->pos;
    uint32_t high;
    if (!parse_hex4(p, &high))
        return false;
    *out = high;
    if (high < 0xD800 || high > 0xDFFF)
        return true;
    uint32_t low = 0;
    if (high >= 0xDC00 || !accept(p, '\\') || !accept(p, 'u') || !parse_hex4(p, &low) ||
        low < 0xDC00 || low > 0xDFFF) {
        p->pos = start;
        return false;
    }
    *out = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

/* After a backslash: appends what it stands for to *out, which advances. */
static bool parse_escape(Parser *p, char **out)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    char c = p->pos < p->len ? p->text[p->pos] : 0;
    const char *name = c ? strchr(names, c) : NULL;
    char bytes[HY_UTF8_MAX_BYTES];
    size_t n = 1;
    if (name) {
        bytes[0] = values[name - names];
        p->pos++;
    } else if (c == 'u') {
        uint32_t code_point;
        p->pos++;
        if (!parse_unicode_escape(p, &code_point))
            return false;
        n = hy_utf8_encode(code_point, bytes);
    } else {
        return false;
    }
    if (*out) {
        memcpy(*out, bytes, n);
        *out += n;
    }
    return true;
}

/* At the opening quote. Length of the raw string up to the closing quote, or false without one. */
static bool find_string_end(Parser *p, size_t *end)
{
    for (size_t i = p->pos; i < p->len; i++) {
        if (p->text[i] == '"') {
            *end = i;
            return true;
        }
        if (p->text[i] == '\\')
            i++;
    }
    p->pos = p->len;
    return false;
}

/* A quoted string; text and text_len are set when there is an arena. */
static bool parse_string(Parser *p, const char **text, size_t *text_len)
{
    if (!accept(p, '"'))
        return false;
    size_t end;
    if (!find_string_end(p, &end))
        return false;
    size_t valid_len;
    if (!hy_utf8_validate(p->text + p->pos, end - p->pos, &valid_len)) {
        p->pos += valid_len;
        return false;
    }
    /* Unescaping never makes a string longer. */
    char *copy = p->arena ? allocate(p, end - p->pos + 1) : NULL;
    if (p->is_out_of_memory)
        return false;
    char *to = copy;
    while (p->pos < end) {
        char c = p->text[p->pos];
        if ((unsigned char)c < 0x20)
            return false;
        p->pos++;
        if (c == '\\') {
            if (!parse_escape(p, &to))
                return false;
        } else if (to) {
            *to++ = c;
        }
    }
    p->pos = end + 1;
    *text = copy;
    *text_len = copy ? (size_t)(to - copy) : 0;
    return true;
}

static size_t skip_digits(Parser *p)
{
    size_t start = p->pos;
    while (p->pos < p->len && p->text[p->pos] >= '0' && p->text[p->pos] <= '9')
        p->pos++;
    return p->pos - start;
}

static locale_t c_locale;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static double to_double(const char *text)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_c_locale);
    return strtod_l(text, NULL, c_locale);
}

/* Digits with an optional minus; false when they do not fit. */
static bool to_int64(const char *text, size_t len, int64_t *out)
{
    bool is_negative = text[0] == '-';
    int64_t value = 0;
    for (size_t i = is_negative; i < len; i++) {
        int64_t digit = text[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, is_negative ? -digit : digit, &value))
            return false;
    }
    *out = value;
    return true;
}

static bool parse_number(Parser *p, HyJson *node)
{
    size_t start = p->pos;
    bool is_whole = true;
    (void)accept(p, '-');
    if (!accept(p, '0') && skip_digits(p) == 0)
        return false;
    if (accept(p, '.')) {
        is_whole = false;
        if (skip_digits(p) == 0)
            return false;
    }
    if (accept(p, 'e') || accept(p, 'E')) {
        is_whole = false;
        if (!accept(p, '+'))
            (void)accept(p, '-');
        if (skip_digits(p) == 0)
            return false;
    }
    node->kind = HY_JSON_NUMBER;
    if (!p->arena)
        return true;
    node->text_len = p->pos - start;
    node->text = hy_arena_strndup(p->arena, p->text + start, node->text_len);
    if (!node->text) {
        p->is_out_of_memory = true;
        return false;
    }
    node->number = to_double(node->text);
    node->is_integer = is_whole && to_int64(node->text, node->text_len, &node->integer);
    return true;
}

static bool parse_word(Parser *p, const char *word)
{
    size_t len = strlen(word);
    if (p->len - p->pos < len || memcmp(p->text + p->pos, word, len) != 0)
        return false;
    p->pos += len;
    return true;
}

/* One element of an array, or one member of an object with its key. */
static bool parse_item(Parser *p, HyJsonKind container)
{
    Item item = {0};
    skip_space(p);
    if (container == HY_JSON_OBJECT) {
        size_t key_len;
        if (!parse_string(p, &item.key, &key_len))
            return false;
        skip_space(p);
        if (!accept(p, ':'))
            return false;
        skip_space(p);
    }
    return parse_value(p, &item.value) && push(p, item);
}

static bool parse_container(Parser *p, HyJson *node, HyJsonKind kind)
{
    char close = kind == HY_JSON_ARRAY ? ']' : '}';
    size_t base = p->stack_len;
    node->kind = kind;
    if (p->depth == MAX_DEPTH) {
        p->is_too_deep = true;
        return false;
    }
    p->depth++;
    p->pos++;
    skip_space(p);
    if (!next_is(p, close)) {
        do {
            if (!parse_item(p, kind))
                return false;
            skip_space(p);
        } while (accept(p, ','));
    }
    p->depth--;
    return accept(p, close) && pop_items(p, base, node);
}

static bool parse_into(Parser *p, HyJson *node)
{
    switch (p->pos < p->len ? p->text[p->pos] : 0) {
    case '{':
        return parse_container(p, node, HY_JSON_OBJECT);
    case '[':
        return parse_container(p, node, HY_JSON_ARRAY);
    case '"':
        node->kind = HY_JSON_STRING;
        return parse_string(p, &node->text, &node->text_len);
    case 't':
    case 'f':
        node->kind = HY_JSON_BOOL;
        node->boolean = p->text[p->pos] == 't';
        return parse_word(p, node->boolean ? "true" : "false");
    case 'n':
        node->kind = HY_JSON_NULL;
        return parse_word(p, "null");
    default:
        return parse_number(p, node);
    }
}

/* At the first byte of a value. */
static bool parse_value(Parser *p, HyJson **out)
{
    HyJson scratch = {0};
    HyJson *node = &scratch;
    if (p->arena) {
        node = allocate(p, sizeof *node);
        if (!node)
            return false;
    }
    size_t start = p->pos;
    if (!parse_into(p, node))
        return false;
    if (!p->arena)
        return true;
    node->source = p->text + start;
    node->source_len = p->pos - start;
    *out = node;
    return true;
}

static bool parse_document(Parser *p, HyJson **out)
{
    skip_space(p);
    if (!parse_value(p, out))
        return false;
    skip_space(p);
    return p->pos == p->len;
}

HyStatus hy_json_parse(HyArena *arena, const char *text, size_t len, HyJson **out)
{
    Parser p = {.text = text, .len = len, .arena = arena};
    HyJson *root = NULL;
    bool is_valid = parse_document(&p, &root);
    free(p.stack);
    if (is_valid) {
        *out = root;
        return HY_OK;
    }
    if (p.is_out_of_memory)
        return hy_error_oom(len);
    HyStatus st = hy_error("22P02", "invalid JSON document");
    if (p.is_too_deep)
        return hy_error_detail(
            st, "more than %d nested levels at byte offset %zu", MAX_DEPTH, p.pos);
    if (p.pos >= len)
        return hy_error_detail(st, "unexpected end at byte offset %zu", len);
    return hy_error_detail(st, "unexpected byte 0x%02x at byte offset %zu",
        (unsigned)(unsigned char)text[p.pos], p.pos);
}

bool hy_json_is_valid(const char *text, size_t len)
{
    Parser p = {.text = text, .len = len};
    HyJson *unused;
    return parse_document(&p, &unused);
}

const HyJson *hy_json_get(const HyJson *object, const char *key)
{
    if (!object || object->kind != HY_JSON_OBJECT)
        return NULL;
    for (size_t i = object->n_items; i-- > 0;)
        if (strcmp(object->keys[i], key) == 0)
            return object->items[i];
    return NULL;
}

static HyStatus append_escaped(HyBuffer *buf, unsigned char c)
{
    switch (c) {
    case '"':
        return hy_buffer_append_str(buf, "\\\"");
    case '\\':
        return hy_buffer_append_str(buf, "\\\\");
    case '\b':
        return hy_buffer_append_str(buf, "\\b");
    case '\f':
        return hy_buffer_append_str(buf, "\\f");
    case '\n':
        return hy_buffer_append_str(buf, "\\n");
    case '\r':
        return hy_buffer_append_str(buf, "\\r");
    case '\t':
        return hy_buffer_append_str(buf, "\\t");
    default:
        return hy_buffer_printf(buf, "\\u%04x", c);
    }
}

HyStatus hy_json_append_string(HyBuffer *buf, const char *text, size_t len)
{
    HY_TRY(hy_buffer_append_char(buf, '"'));
    size_t start = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (HY_LIKELY(c >= 0x20 && c != '"' && c != '\\'))
            continue;
        HY_TRY(hy_buffer_append(buf, text + start, i - start));
        HY_TRY(append_escaped(buf, c));
        start = i + 1;
    }
    HY_TRY(hy_buffer_append(buf, text + start, len - start));
    return hy_buffer_append_char(buf, '"');
}
