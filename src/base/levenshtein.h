/* The nearest of several names to one that is unknown, for "did you mean" hints.
 *
 *     HyNameMatch match = hy_name_match(text, len);
 *     for each candidate: hy_name_match_offer(&match, candidate->name, candidate->name_len);
 *     if (match.best) hint "did you mean '%.*s'?", (int)match.best_len, match.best */
#ifndef HY_BASE_LEVENSHTEIN_H
#define HY_BASE_LEVENSHTEIN_H

#include <stddef.h>
#include <stdint.h>

/* Damerau-Levenshtein distance (insertions, deletions, substitutions and swaps of neighbours;
 * optimal string alignment), ASCII letters compared without case; limit + 1 when it is above
 * `limit` or a text is longer than 64 bytes. */
size_t hy_edit_distance(const char *a, size_t a_len, const char *b, size_t b_len, size_t limit);

typedef struct HyNameMatch {
    const char *name; /* borrowed */
    size_t name_len;
    const char *best; /* borrowed from the candidate; NULL while none is near enough */
    size_t best_len;
    size_t limit; /* only what is at most so far is taken */
} HyNameMatch;

/* Takes candidates that differ in at most a third of the name's letters. */
HyNameMatch hy_name_match(const char *name, size_t len);
/* Remembers the candidate when it is nearer than all before. */
void hy_name_match_offer(HyNameMatch *match, const char *candidate, size_t len);

#endif
