/* Regular expressions with the meaning they have in RE2, run by PCRE2: Perl's syntax without what
 * needs backtracking (regex_syntax.h), `.` matches line ends, ^ and $ are the ends of the text,
 * \d \w \s \b know ASCII only. */
#ifndef HY_FUNC_REGEX_H
#define HY_FUNC_REGEX_H

#include "base/arena.h"

typedef struct HyRegex HyRegex;
typedef struct HyRegexMatch HyRegexMatch;

typedef enum HyRegexFlags {
    HY_REGEX_PLAIN = 0,
    HY_REGEX_FOLD_CASE = 1,
    HY_REGEX_LITERAL = 2, /* the pattern is plain text */
    HY_REGEX_SIMILAR = 4, /* a SIMILAR TO pattern */
    HY_REGEX_REUSED = 8   /* compile to machine code: pays for many matches */
} HyRegexFlags;

/* A compiled pattern may be used by several threads at once. `escape`: of SIMILAR TO patterns, else
 * NULL. Errors: 2201B `invalid regular expression` with the pattern in the detail. */
HyStatus hy_regex_compile(const char *pattern, size_t len, unsigned flags, const char *escape,
    size_t escape_len, HyRegex **out) HY_MUST_CHECK;
void hy_regex_destroy(HyRegex *regex);
/* Number of groups in parentheses. */
uint32_t hy_regex_group_count(const HyRegex *regex);

/* Room for the result of a match; for one thread. May be used for any regex with no more groups
 * than the one it was made for. */
HyStatus hy_regex_match_create(const HyRegex *regex, HyRegexMatch **out) HY_MUST_CHECK;
void hy_regex_match_destroy(HyRegexMatch *match);

/* The first match that starts at or behind byte `from`; what is before serves as context of \b and
 * ^. Errors: 54001 when the expression is too complex for the text. */
HyStatus hy_regex_search(const HyRegex *regex, HyRegexMatch *match, const char *text, size_t len,
    size_t from, bool *found) HY_MUST_CHECK;
/* Bytes [*start, *end) of group `group` (0: all) of the last match; false: took no part. */
bool hy_regex_group(const HyRegexMatch *match, uint32_t group, size_t *start, size_t *end);
/* Whether there is a match at all; never too complex. */
HyStatus hy_regex_test(const HyRegex *regex, HyRegexMatch *match, const char *text, size_t len,
    bool *found) HY_MUST_CHECK;

#endif
