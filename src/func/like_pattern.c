#include "func/like_pattern.h"

#include "base/utf8.h"
#include "func/text_collate.h"

#include <string.h>

typedef struct Compiler {
    HyArena *arena;
    HyLikePattern *out;
    char *text; /* of the segment being built: room for the whole pattern */
    bool *any;
    size_t len;
    bool has_any;
} Compiler;

static HyStatus end_segment(Compiler *c)
{
    if (c->len == 0)
        return HY_OK;
    HyLikeSegment *s = &c->out->segments[c->out->n_segments++];
    *s = (HyLikeSegment){.text = c->text, .len = c->len, .has_any = c->has_any, .any = c->any};
    c->text += c->len;
    c->any += c->len;
    c->len = 0;
    c->has_any = false;
    return HY_OK;
}

static void add_byte(Compiler *c, char byte, bool is_any)
{
    c->text[c->len] = byte;
    c->any[c->len++] = is_any;
    c->has_any |= is_any;
}

HyStatus hy_like_compile(HyArena *arena, const char *pattern, size_t len, const char *escape,
    size_t escape_len, bool folds_case, const HyCollation *collation, HyLikePattern *out)
{
    Compiler c = {.arena = arena, .out = out};
    *out = (HyLikePattern){.folds_case = folds_case, .collation = collation};
    HY_ARENA_NEW(arena, c.text, len + 1);
    HY_ARENA_NEW(arena, c.any, len + 1);
    HY_ARENA_NEW(arena, out->segments, len + 1);
    bool after_percent = false;
    for (size_t i = 0; i < len;) {
        after_percent = false;
        if (escape_len && i + escape_len <= len && memcmp(pattern + i, escape, escape_len) == 0 &&
            !(folds_case && i + escape_len == len)) {
            i += escape_len;
            if (i >= len)
                return hy_error_detail(
                    hy_error(
                        "42601", "LIKE pattern must not end with an unescaped escape character"),
                    "Pattern - `%.*s`", (int)len, pattern);
            add_byte(&c, pattern[i++], false);
        } else if (pattern[i] == '%') {
            HY_TRY(end_segment(&c));
            out->starts_open |= out->n_segments == 0;
            after_percent = true;
            i++;
        } else {
            add_byte(&c, pattern[i], pattern[i] == '_');
            i++;
        }
    }
    HY_TRY(end_segment(&c));
    out->ends_open = after_percent;
    return HY_OK;
}

static bool is_literal(const HyLikePattern *p, const HyLikeSegment *s)
{
    return !s->has_any && !p->collation;
}

/* Bytes of the text that the literal run s->text[from..to) matches, or SIZE_MAX. */
static size_t match_run(const HyLikePattern *p, const HyLikeSegment *s, size_t from, size_t to,
    const char *text, size_t len)
{
    if (p->collation)
        return hy_collated_prefix(p->collation, text, len, s->text + from, to - from);
    return to - from <= len && memcmp(text, s->text + from, to - from) == 0 ? to - from : SIZE_MAX;
}

/* Length of the text that the segment matches right at `text`, or SIZE_MAX. `_` takes one code
 * point. */
static size_t match_here(
    const HyLikePattern *p, const HyLikeSegment *s, const char *text, size_t len)
{
    size_t at = 0;
    for (size_t i = 0; i < s->len;) {
        size_t end = i;
        size_t n = 1;
        if (s->any[i]) {
            uint32_t code_point;
            if (at >= len)
                return SIZE_MAX;
            n = hy_utf8_decode(text + at, len - at, &code_point);
            n = n ? n : 1;
            end++;
        } else {
            while (end < s->len && !s->any[end])
                end++;
            n = match_run(p, s, i, end, text + at, len - at);
            if (n == SIZE_MAX)
                return SIZE_MAX;
        }
        at += n;
        i = end;
    }
    return at;
}

/* Offset behind the first match of the segment from `from` on, or SIZE_MAX. */
static size_t find_segment(
    const HyLikePattern *p, const HyLikeSegment *s, const char *text, size_t len, size_t from)
{
    if (is_literal(p, s)) {
        const char *hit = hy_text_find(text + from, len - from, s->text, s->len);
        return hit ? (size_t)(hit - text) + s->len : SIZE_MAX;
    }
    for (size_t at = from; at < len; at++) {
        if (((unsigned char)text[at] & 0xC0) == 0x80)
            continue; /* inside a character */
        size_t n = match_here(p, s, text + at, len - at);
        if (n != SIZE_MAX)
            return at + n;
    }
    return SIZE_MAX;
}

/* Whether the segment matches exactly the last part of text[from..len). */
static bool match_end(
    const HyLikePattern *p, const HyLikeSegment *s, const char *text, size_t len, size_t from)
{
    if (is_literal(p, s))
        return len - from >= s->len && memcmp(text + len - s->len, s->text, s->len) == 0;
    for (size_t at = from; at < len; at++)
        if (((unsigned char)text[at] & 0xC0) != 0x80 &&
            match_here(p, s, text + at, len - at) == len - at)
            return true;
    return false;
}

bool hy_like_match(const HyLikePattern *p, const char *text, size_t len)
{
    size_t at = 0;
    size_t first = 0;
    size_t end = p->n_segments;
    if (end == 0)
        return p->starts_open || len == 0;
    if (!p->starts_open) {
        at = match_here(p, &p->segments[0], text, len);
        if (at == SIZE_MAX)
            return false;
        first = 1;
    }
    if (!p->ends_open) {
        if (first == end)
            return at == len; /* no % at all */
        end--;
    }
    for (size_t i = first; i < end; i++) {
        at = find_segment(p, &p->segments[i], text, len, at);
        if (at == SIZE_MAX)
            return false;
    }
    return p->ends_open || match_end(p, &p->segments[end], text, len, at);
}
