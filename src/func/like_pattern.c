#include "func/like_pattern.h"

#include "base/utf8.h"
#include "func/text_search.h"

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
    size_t escape_len, bool folds_case, HyLikePattern *out)
{
    Compiler c = {.arena = arena, .out = out};
    *out = (HyLikePattern){.folds_case = folds_case};
    HY_ARENA_NEW(arena, c.text, len + 1);
    HY_ARENA_NEW(arena, c.any, len + 1);
    HY_ARENA_NEW(arena, out->segments, len + 1);
    bool after_percent = false;
    for (size_t i = 0; i < len;) {
        after_percent = false;
        if (escape_len && i + escape_len <= len && memcmp(pattern + i, escape, escape_len) == 0) {
            i += escape_len;
            if (i >= len)
                return hy_error("22025", "LIKE pattern must not end with escape character");
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

/* Length of the text that the segment matches right at `text`, or SIZE_MAX. `_` takes one code
 * point. */
static size_t match_here(const HyLikeSegment *s, const char *text, size_t len)
{
    if (!s->has_any)
        return s->len <= len && memcmp(s->text, text, s->len) == 0 ? s->len : SIZE_MAX;
    size_t at = 0;
    for (size_t i = 0; i < s->len; i++) {
        if (at >= len)
            return SIZE_MAX;
        if (s->any[i]) {
            uint32_t code_point;
            size_t n = hy_utf8_decode(text + at, len - at, &code_point);
            at += n ? n : 1;
        } else if (text[at++] != s->text[i]) {
            return SIZE_MAX;
        }
    }
    return at;
}

/* Offset behind the first match of the segment from `from` on, or SIZE_MAX. */
static size_t find_segment(const HyLikeSegment *s, const char *text, size_t len, size_t from)
{
    if (!s->has_any) {
        const char *hit = hy_text_find(text + from, len - from, s->text, s->len);
        return hit ? (size_t)(hit - text) + s->len : SIZE_MAX;
    }
    for (size_t at = from; at < len; at++) {
        if (((unsigned char)text[at] & 0xC0) == 0x80)
            continue; /* inside a character */
        size_t n = match_here(s, text + at, len - at);
        if (n != SIZE_MAX)
            return at + n;
    }
    return SIZE_MAX;
}

/* Whether the segment matches exactly the last part of text[from..len). */
static bool match_end(const HyLikeSegment *s, const char *text, size_t len, size_t from)
{
    if (!s->has_any)
        return len - from >= s->len && memcmp(text + len - s->len, s->text, s->len) == 0;
    for (size_t at = from; at < len; at++)
        if (((unsigned char)text[at] & 0xC0) != 0x80 &&
            match_here(s, text + at, len - at) == len - at)
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
        at = match_here(&p->segments[0], text, len);
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
        at = find_segment(&p->segments[i], text, len, at);
        if (at == SIZE_MAX)
            return false;
    }
    return p->ends_open || match_end(&p->segments[end], text, len, at);
}
