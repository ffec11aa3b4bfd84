/* Patterns as the server takes them (RE2's syntax), rewritten for PCRE2.
 *
 * RE2 promises time linear in the text and therefore has no back references, look-around, atomic
 * groups, possessive repetition, conditions and verbs; and it gives some escapes another meaning.
 * The translation refuses what RE2 refuses, and spells the rest so that PCRE2 means the same. */
#ifndef HY_FUNC_REGEX_SYNTAX_H
#define HY_FUNC_REGEX_SYNTAX_H

#include "base/buffer.h"
#include <stdbool.h>

/* Appends the translated pattern to `out`. *is_valid is false when RE2 would refuse the pattern;
 * what is in `out` then is of no use. Errors: 53200. */
HyStatus hy_regex_translate(
    const char *pattern, size_t len, HyBuffer *out, bool *is_valid) HY_MUST_CHECK;

/* Appends the regular expression of a SIMILAR TO pattern, in RE2's syntax: % and _ are any text and
 * any character, and the whole text must match. escape: one character or empty. */
HyStatus hy_regex_from_similar(const char *pattern, size_t len, const char *escape,
    size_t escape_len, HyBuffer *out) HY_MUST_CHECK;

#endif
