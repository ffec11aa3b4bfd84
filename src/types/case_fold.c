#include "types/case_fold.h"

#include "base/utf8.h"

#include <utf8proc.h>

typedef enum CaseKind { CASE_UPPER, CASE_LOWER } CaseKind;

static uint32_t map_code_point(CaseKind kind, uint32_t c)
{
    return (uint32_t)(kind == CASE_UPPER ? utf8proc_toupper((utf8proc_int32_t)c)
                                         : utf8proc_tolower((utf8proc_int32_t)c));
}

/* All-ASCII text keeps its length: one pass without decoding. */
static HyStatus map_ascii(
    HyArena *arena, CaseKind kind, const char *text, size_t len, const char **out)
{
    const char first = kind == CASE_UPPER ? 'a' : 'A';
    char *copy = hy_arena_alloc(arena, len);
    if (!copy)
        return hy_error_oom(len);
    for (size_t i = 0; i < len; i++)
        copy[i] = (char)(text[i] ^ ((unsigned char)(text[i] - first) < 26 ? 0x20 : 0));
    *out = copy;
    return HY_OK;
}

static HyStatus map_text(
    HyArena *arena, CaseKind kind, const char *text, size_t len, const char **out, size_t *out_len)
{
    *out_len = len;
    if (hy_utf8_is_ascii(text, len))
        return map_ascii(arena, kind, text, len, out);
    /* A mapped character may take more bytes than the original, never more than four. */
    char *copy = hy_arena_alloc(arena, len * HY_UTF8_MAX_BYTES);
    size_t n = 0;
    if (!copy)
        return hy_error_oom(len * HY_UTF8_MAX_BYTES);
    for (size_t i = 0; i < len;) {
        uint32_t c;
        size_t step = hy_utf8_decode(text + i, len - i, &c);
        if (step == 0) { /* not valid: kept as it is */
            copy[n++] = text[i++];
            continue;
        }
        n += hy_utf8_encode(map_code_point(kind, c), copy + n);
        i += step;
    }
    *out = copy;
    *out_len = n;
    return HY_OK;
}

HyStatus hy_text_upper(
    HyArena *arena, const char *text, size_t len, const char **out, size_t *out_len)
{
    return map_text(arena, CASE_UPPER, text, len, out, out_len);
}

HyStatus hy_text_lower(
    HyArena *arena, const char *text, size_t len, const char **out, size_t *out_len)
{
    return map_text(arena, CASE_LOWER, text, len, out, out_len);
}

HyStatus hy_text_fold_case(
    HyArena *arena, const char *text, size_t len, const char **out, size_t *out_len)
{
    return map_text(arena, CASE_LOWER, text, len, out, out_len);
}
