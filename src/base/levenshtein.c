#include "base/levenshtein.h"
#include <string.h>

#define LONGEST 64

static unsigned char fold(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t hy_edit_distance(const char *a, size_t a_len, const char *b, size_t b_len, size_t limit)
{
    size_t difference = a_len > b_len ? a_len - b_len : b_len - a_len;
    if (a_len > LONGEST || b_len > LONGEST || difference > limit)
        return limit + 1;

    /* rows[i % 3][j]: distance of the first i bytes of a to the first j of b. */
    size_t rows[3][LONGEST + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        size_t nearest = row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replace = above[j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));
            row[j] = smaller(replace, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]))
                row[j] = smaller(row[j], rows[(i - 2) % 3][j - 2] + 1);
            nearest = smaller(nearest, row[j]);
        }
        /* Later rows cannot be nearer: not by a swap either, since row i holds what it starts from,
         * one deletion dearer. */
        if (nearest > limit)
            return limit + 1;
    }
    return smaller(rows[a_len % 3][b_len], limit + 1);
}

HyNameMatch hy_name_match(const char *name, size_t len)
{
    return (HyNameMatch){.name = name, .name_len = len, .limit = (len + 2) / 3};
}

void hy_name_match_offer(HyNameMatch *match, const char *candidate, size_t len)
{
    size_t distance = hy_edit_distance(match->name, match->name_len, candidate, len, match->limit);
    /* A name of which every letter would be replaced is no likeness. */
    if (distance > match->limit || distance >= len)
        return;
    if (match->best && distance == match->limit)
        return;
    match->best = candidate;
    match->best_len = len;
    match->limit = distance;
}
