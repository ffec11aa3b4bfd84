/* LIKE patterns, compiled once and matched many times. */
#ifndef HY_FUNC_LIKE_PATTERN_H
#define HY_FUNC_LIKE_PATTERN_H

#include "types/collation.h"

/* The pattern cut at its `%`: segments that must occur one after the other, the first at the start
 * and the last at the end of the text unless a `%` stands there. */
typedef struct HyLikeSegment {
    const char *text; /* literal bytes; `_` positions are marked in `any` */
    size_t len;
    bool has_any;    /* contains `_` */
    const bool *any; /* per byte of text: starts a `_`; NULL without */
} HyLikeSegment;

typedef struct HyLikePattern {
    HyLikeSegment *segments;
    size_t n_segments;
    bool starts_open;             /* begins with % */
    bool ends_open;               /* ends with % */
    bool folds_case;              /* ILIKE: pattern and texts are compared folded */
    const HyCollation *collation; /* under which the literal parts are compared; NULL: by bytes */
} HyLikePattern;

/* collation: NULL or one that takes different strings for equal. escape: the escape character's
 * bytes, len 0 for none. Errors: 42601 for a LIKE pattern that ends in its escape character; 53200.
 */
HyStatus hy_like_compile(HyArena *arena, const char *pattern, size_t len, const char *escape,
    size_t escape_len, bool folds_case, const HyCollation *collation,
    HyLikePattern *out) HY_MUST_CHECK;
bool hy_like_match(const HyLikePattern *pattern, const char *text, size_t len);

#endif
