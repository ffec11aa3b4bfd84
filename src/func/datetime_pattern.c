#include "func/datetime_pattern.h"

#include "base/utf8.h"

#include <string.h>

const char *const hy_roman_months[12] = {
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"};

typedef struct Word {
    const char *text;
    HyPatternField field;
    uint8_t digits;
} Word;

/* Longer words go before those that they begin with. Numbers are known in upper and in lower case,
 * names also capitalized. */
static const Word words[] = {
    {"A.D.", HY_PATTERN_AD, 0},
    {"a.d.", HY_PATTERN_AD, 0},
    {"B.C.", HY_PATTERN_AD, 0},
    {"b.c.", HY_PATTERN_AD, 0},
    {"AD", HY_PATTERN_AD, 0},
    {"ad", HY_PATTERN_AD, 0},
    {"BC", HY_PATTERN_AD, 0},
    {"bc", HY_PATTERN_AD, 0},
    {"A.M.", HY_PATTERN_AM, 0},
    {"a.m.", HY_PATTERN_AM, 0},
    {"P.M.", HY_PATTERN_AM, 0},
    {"p.m.", HY_PATTERN_AM, 0},
    {"AM", HY_PATTERN_AM, 0},
    {"am", HY_PATTERN_AM, 0},
    {"PM", HY_PATTERN_AM, 0},
    {"pm", HY_PATTERN_AM, 0},
    {"CC", HY_PATTERN_CC, 2},
    {"cc", HY_PATTERN_CC, 2},
    {"DAY", HY_PATTERN_DAY, 0},
    {"Day", HY_PATTERN_DAY, 0},
    {"day", HY_PATTERN_DAY, 0},
    {"DDD", HY_PATTERN_DDD, 3},
    {"ddd", HY_PATTERN_DDD, 3},
    {"DD", HY_PATTERN_DD, 2},
    {"dd", HY_PATTERN_DD, 2},
    {"DY", HY_PATTERN_DY, 0},
    {"Dy", HY_PATTERN_DY, 0},
    {"dy", HY_PATTERN_DY, 0},
    {"D", HY_PATTERN_D, 1},
    {"d", HY_PATTERN_D, 1},
    {"HH24", HY_PATTERN_HH24, 2},
    {"hh24", HY_PATTERN_HH24, 2},
    {"HH12", HY_PATTERN_HH12, 2},
    {"hh12", HY_PATTERN_HH12, 2},
    {"HH", HY_PATTERN_HH12, 2},
    {"hh", HY_PATTERN_HH12, 2},
    {"IDDD", HY_PATTERN_IDDD, 3},
    {"iddd", HY_PATTERN_IDDD, 3},
    {"ID", HY_PATTERN_ID, 1},
    {"id", HY_PATTERN_ID, 1},
    {"IW", HY_PATTERN_IW, 2},
    {"iw", HY_PATTERN_IW, 2},
    {"IYYY", HY_PATTERN_IYYY, 4},
    {"iyyy", HY_PATTERN_IYYY, 4},
    {"IYY", HY_PATTERN_IYYY, 3},
    {"iyy", HY_PATTERN_IYYY, 3},
    {"IY", HY_PATTERN_IYYY, 2},
    {"iy", HY_PATTERN_IYYY, 2},
    {"I", HY_PATTERN_IYYY, 1},
    {"i", HY_PATTERN_IYYY, 1},
    {"J", HY_PATTERN_J, 1},
    {"j", HY_PATTERN_J, 1},
    {"MI", HY_PATTERN_MI, 2},
    {"mi", HY_PATTERN_MI, 2},
    {"MM", HY_PATTERN_MM, 2},
    {"mm", HY_PATTERN_MM, 2},
    {"MONTH", HY_PATTERN_MONTH, 0},
    {"Month", HY_PATTERN_MONTH, 0},
    {"month", HY_PATTERN_MONTH, 0},
    {"MON", HY_PATTERN_MON, 0},
    {"Mon", HY_PATTERN_MON, 0},
    {"mon", HY_PATTERN_MON, 0},
    {"MS", HY_PATTERN_MS, 3},
    {"ms", HY_PATTERN_MS, 3},
    {"OF", HY_PATTERN_OF, 0},
    {"Q", HY_PATTERN_Q, 1},
    {"q", HY_PATTERN_Q, 1},
    {"RM", HY_PATTERN_RM, 0},
    {"rm", HY_PATTERN_RM, 0},
    {"SSSS", HY_PATTERN_SSSS, 4},
    {"ssss", HY_PATTERN_SSSS, 4},
    {"SS", HY_PATTERN_SS, 2},
    {"ss", HY_PATTERN_SS, 2},
    {"TZH", HY_PATTERN_TZH, 0},
    {"TZM", HY_PATTERN_TZM, 0},
    {"TZ", HY_PATTERN_TZ, 0},
    {"tz", HY_PATTERN_TZ, 0},
    {"US", HY_PATTERN_US, 6},
    {"us", HY_PATTERN_US, 6},
    {"WW", HY_PATTERN_WW, 2},
    {"ww", HY_PATTERN_WW, 2},
    {"W", HY_PATTERN_W, 1},
    {"w", HY_PATTERN_W, 1},
    {"Y,YYY", HY_PATTERN_Y_YYY, 4},
    {"y,yyy", HY_PATTERN_Y_YYY, 4},
    {"YYYY", HY_PATTERN_YYYY, 4},
    {"yyyy", HY_PATTERN_YYYY, 4},
    {"YYY", HY_PATTERN_YYYY, 3},
    {"yyy", HY_PATTERN_YYYY, 3},
    {"YY", HY_PATTERN_YYYY, 2},
    {"yy", HY_PATTERN_YYYY, 2},
    {"Y", HY_PATTERN_YYYY, 1},
    {"y", HY_PATTERN_YYYY, 1},
};

static bool begins_with(const char *text, const char *end, const char *word)
{
    size_t len = strlen(word);
    return (size_t)(end - text) >= len && memcmp(text, word, len) == 0;
}

static const Word *find_word(const char *text, const char *end)
{
    for (size_t i = 0; i < HY_ARRAY_LEN(words); i++)
        if (begins_with(text, end, words[i].text))
            return &words[i];
    return NULL;
}

/* The two letters at text in any case. */
static bool is_pair(const char *text, const char *end, char first, char second)
{
    return end - text >= 2 && (text[0] | 0x20) == first && (text[1] | 0x20) == second;
}

static const char *add_literal(HyPattern *out, const char *text, const char *end)
{
    uint32_t c;
    size_t step = hy_utf8_decode(text, (size_t)(end - text), &c);
    step = step ? step : 1;
    out->nodes[out->n++] =
        (HyPatternNode){.field = HY_PATTERN_LITERAL, .text = text, .len = (uint8_t)step};
    return text + step;
}

/* Behind the opening quote; a backslash takes the next character as it is. */
static const char *add_quoted(HyPattern *out, const char *p, const char *end)
{
    while (p < end && *p != '"') {
        if (*p == '\\' && p + 1 < end)
            p++;
        p = add_literal(out, p, end);
    }
    return p < end ? p + 1 : p;
}

static const char *add_field(
    HyPattern *out, const Word *word, bool is_filled, const char *p, const char *end)
{
    HyPatternNode *node = &out->nodes[out->n++];
    *node = (HyPatternNode){.field = word->field,
        .text = word->text,
        .len = (uint8_t)strlen(word->text),
        .digits = word->digits,
        .is_filled = is_filled};
    p += node->len;
    if (is_pair(p, end, 't', 'h')) {
        memcpy(node->ordinal, p, 2);
        p += 2;
    } else if (begins_with(p, end, "SP") || begins_with(p, end, "sp")) {
        p += 2; /* "spell mode": without effect */
    }
    return p;
}

HyStatus hy_pattern_parse(HyArena *arena, const char *pattern, size_t len, HyPattern *out)
{
    const char *end = pattern + len;
    *out = (HyPattern){0};
    HY_ARENA_NEW(arena, out->nodes, len + 1);
    for (const char *p = pattern; p < end;) {
        bool is_filled = true;
        for (;; p += 2) {
            if (begins_with(p, end, "FM") || begins_with(p, end, "fm"))
                is_filled = false;
            else if (begins_with(p, end, "TM") || begins_with(p, end, "tm"))
                return hy_error("0A000", "the translation mode option (`TM`) is not supported");
            else if (!begins_with(p, end, "FX") && !begins_with(p, end, "fx"))
                break;
        }
        if (p == end)
            break;
        const Word *word = find_word(p, end);
        if (word)
            p = add_field(out, word, is_filled, p, end);
        else if (*p == '"')
            p = add_quoted(out, p + 1, end);
        else if (*p == '\\' && p + 1 < end && p[1] == '"')
            p = add_literal(out, p + 1, end);
        else
            p = add_literal(out, p, end);
    }
    return HY_OK;
}
