#include "types/case_special.h"

#include "base/utf8.h"

#include <utf8proc.h>

/* SpecialCasing.txt of Unicode 14, but for the Greek letters with iota subscript, which follow a
 * rule. Sorted. */
typedef struct Expansion {
    uint16_t from;
    uint16_t to[HY_CASE_EXPANSION_MAX];
} Expansion;

static const Expansion expansions[] = {{0xdf, {0x53, 0x53}}, {0x149, {0x2bc, 0x4e}},
    {0x1f0, {0x4a, 0x30c}}, {0x390, {0x399, 0x308, 0x301}}, {0x3b0, {0x3a5, 0x308, 0x301}},
    {0x587, {0x535, 0x552}}, {0x1e96, {0x48, 0x331}}, {0x1e97, {0x54, 0x308}},
    {0x1e98, {0x57, 0x30a}}, {0x1e99, {0x59, 0x30a}}, {0x1e9a, {0x41, 0x2be}},
    {0x1f50, {0x3a5, 0x313}}, {0x1f52, {0x3a5, 0x313, 0x300}}, {0x1f54, {0x3a5, 0x313, 0x301}},
    {0x1f56, {0x3a5, 0x313, 0x342}}, {0x1fb2, {0x1fba, 0x399}}, {0x1fb3, {0x391, 0x399}},
    {0x1fb4, {0x386, 0x399}}, {0x1fb6, {0x391, 0x342}}, {0x1fb7, {0x391, 0x342, 0x399}},
    {0x1fbc, {0x391, 0x399}}, {0x1fc2, {0x1fca, 0x399}}, {0x1fc3, {0x397, 0x399}},
    {0x1fc4, {0x389, 0x399}}, {0x1fc6, {0x397, 0x342}}, {0x1fc7, {0x397, 0x342, 0x399}},
    {0x1fcc, {0x397, 0x399}}, {0x1fd2, {0x399, 0x308, 0x300}}, {0x1fd3, {0x399, 0x308, 0x301}},
    {0x1fd6, {0x399, 0x342}}, {0x1fd7, {0x399, 0x308, 0x342}}, {0x1fe2, {0x3a5, 0x308, 0x300}},
    {0x1fe3, {0x3a5, 0x308, 0x301}}, {0x1fe4, {0x3a1, 0x313}}, {0x1fe6, {0x3a5, 0x342}},
    {0x1fe7, {0x3a5, 0x308, 0x342}}, {0x1ff2, {0x1ffa, 0x399}}, {0x1ff3, {0x3a9, 0x399}},
    {0x1ff4, {0x38f, 0x399}}, {0x1ff6, {0x3a9, 0x342}}, {0x1ff7, {0x3a9, 0x342, 0x399}},
    {0x1ffc, {0x3a9, 0x399}}, {0xfb00, {0x46, 0x46}}, {0xfb01, {0x46, 0x49}},
    {0xfb02, {0x46, 0x4c}}, {0xfb03, {0x46, 0x46, 0x49}}, {0xfb04, {0x46, 0x46, 0x4c}},
    {0xfb05, {0x53, 0x54}}, {0xfb06, {0x53, 0x54}}, {0xfb13, {0x544, 0x546}},
    {0xfb14, {0x544, 0x535}}, {0xfb15, {0x544, 0x53b}}, {0xfb16, {0x54e, 0x546}},
    {0xfb17, {0x544, 0x53d}}};

size_t hy_case_special_upper(uint32_t c, uint32_t out[HY_CASE_EXPANSION_MAX])
{
    static const uint16_t greek_rows[3] = {0x1f08, 0x1f28, 0x1f68};
    if (c >= 0x1f80 && c <= 0x1faf) {
        out[0] = greek_rows[(c - 0x1f80) / 16] + (c & 7);
        out[1] = 0x399;
        return 2;
    }
    size_t low = 0;
    size_t high = sizeof expansions / sizeof expansions[0];
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (expansions[mid].from < c)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == sizeof expansions / sizeof expansions[0] || expansions[low].from != c)
        return 0;
    size_t n = 0;
    for (; n < HY_CASE_EXPANSION_MAX && expansions[low].to[n]; n++)
        out[n] = expansions[low].to[n];
    return n;
}

typedef enum Casing { CASED, IGNORABLE, UNCASED } Casing;

static Casing casing_of(uint32_t c)
{
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
        return CASED;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
        return IGNORABLE;
    default:
        return c == '\'' || c == '.' || c == ':' || c == 0xb7 || c == 0x2019 ? IGNORABLE : UNCASED;
    }
}

bool hy_case_is_final_sigma(const char *text, size_t len, size_t at)
{
    Casing before = IGNORABLE;
    Casing behind = IGNORABLE;
    uint32_t c;
    for (size_t i = at; i > 0 && before == IGNORABLE;) {
        do
            i--;
        while (i > 0 && ((unsigned char)text[i] & 0xC0) == 0x80);
        before = hy_utf8_decode(text + i, len - i, &c) ? casing_of(c) : UNCASED;
    }
    for (size_t i = at + 2; i < len && behind == IGNORABLE;) {
        size_t step = hy_utf8_decode(text + i, len - i, &c);
        behind = step ? casing_of(c) : UNCASED;
        i += step ? step : 1;
    }
    return before == CASED && behind != CASED;
}
