#include "types/case_fold.h"

#include "base/utf8.h"
#include "types/case_special.h"

#include <string.h>
#include <utf8proc.h>

typedef enum CaseKind { CASE_UPPER, CASE_LOWER, CASE_FOLD } CaseKind;

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

/* Writes the mapped form of the code point c at text[at]; returns the bytes written. */
static size_t put_mapped(
    CaseKind kind, uint32_t c, const char *text, size_t len, size_t at, char *out)
{
    uint32_t several[HY_CASE_EXPANSION_MAX];
    size_t n_several = kind == CASE_UPPER && c >= 0xdf ? hy_case_special_upper(c, several) : 0;
    size_t n = 0;
    for (size_t i = 0; i < n_several; i++)
        n += hy_utf8_encode(several[i], out + n);
    if (n_several)
        return n;
    if (kind == CASE_LOWER && c == 0x130) { /* I with dot keeps the dot */
        memcpy(out, "i\xcc\x87", 3);
        return 3;
    }
    if (kind == CASE_LOWER && c == 0x3a3 && hy_case_is_final_sigma(text, len, at))
        return hy_utf8_encode(0x3c2, out);
    if (kind == CASE_FOLD && c == 0x130)
        return hy_utf8_encode(c, out);
    return hy_utf8_encode(map_code_point(kind, c), out);
}

static HyStatus map_text(
    HyArena *arena, CaseKind kind, const char *text, size_t len, const char **out, size_t *out_len)
{
    *out_len = len;
    if (hy_utf8_is_ascii(text, len))
        return map_ascii(arena, kind, text, len, out);
    /* A mapped character takes at most four times the bytes of the original. */
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
        n += put_mapped(kind, c, text, len, i, copy + n);
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
    return map_text(arena, CASE_FOLD, text, len, out, out_len);
}
