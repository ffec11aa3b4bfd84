/* Patterns of to_char, to_date and to_timestamp: "DD.MM.YYYY HH24:MI" taken apart into fields and
 * the characters between them. */
#ifndef HY_FUNC_DATETIME_PATTERN_H
#define HY_FUNC_DATETIME_PATTERN_H

#include "base/arena.h"

typedef enum HyPatternField {
    HY_PATTERN_LITERAL, /* one character, itself */
    HY_PATTERN_AD,      /* BC, AD; with dots: B.C., A.D. */
    HY_PATTERN_AM,      /* AM, PM; with dots */
    HY_PATTERN_CC,
    HY_PATTERN_DAY,
    HY_PATTERN_DY,
    HY_PATTERN_DDD,
    HY_PATTERN_DD,
    HY_PATTERN_D,
    HY_PATTERN_HH24,
    HY_PATTERN_HH12, /* and HH */
    HY_PATTERN_IDDD,
    HY_PATTERN_ID,
    HY_PATTERN_IW,
    HY_PATTERN_IYYY, /* and IYY, IY, I: see `digits` */
    HY_PATTERN_J,
    HY_PATTERN_MI,
    HY_PATTERN_MM,
    HY_PATTERN_MONTH,
    HY_PATTERN_MON,
    HY_PATTERN_MS,
    HY_PATTERN_OF,
    HY_PATTERN_Q,
    HY_PATTERN_RM,
    HY_PATTERN_SSSS,
    HY_PATTERN_SS,
    HY_PATTERN_TZH,
    HY_PATTERN_TZM,
    HY_PATTERN_TZ,
    HY_PATTERN_US,
    HY_PATTERN_WW,
    HY_PATTERN_W,
    HY_PATTERN_Y_YYY,
    HY_PATTERN_YYYY /* and YYY, YY, Y */
} HyPatternField;

typedef struct HyPatternNode {
    HyPatternField field;
    const char *text; /* as written: its case is the case of what is put out; static or within the
                         pattern */
    uint8_t len;      /* bytes of text */
    uint8_t digits;   /* usual number of digits; 0: the field is no number */
    bool is_filled;   /* no FM before it: padded to its width */
    char ordinal[2];  /* TH, th .. behind it, else zero bytes */
} HyPatternNode;

typedef struct HyPattern {
    HyPatternNode *nodes;
    size_t n;
} HyPattern;

/* `pattern` must live as long as the result. Errors: 0A000 for the prefix TM. */
HyStatus hy_pattern_parse(
    HyArena *arena, const char *pattern, size_t len, HyPattern *out) HY_MUST_CHECK;

/* Roman months, "I" .. "XII"; index 0-based. */
extern const char *const hy_roman_months[12];

#endif
